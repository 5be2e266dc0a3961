/** Collects the index entries of one resource, each once. */
import type { IndexEntry } from '../storage/store.js';

const LONGEST_NAME = 200;

/**
 * Names under which a parameter's entries stand besides its own code; a store compares them as opaque texts. Codes of search
 * parameters hold neither `|` nor `~` nor `$` nor `:`, so no qualifier can be taken for another parameter.
 */
export const qualifiers = {
  /** Tokens with their system: `system|code`, `system|`, `|code`. */
  system: (param: string): string => `${param}|`,
  text: (param: string): string => `${param}:text`,
  ofType: (param: string): string => `${param}:of-type`,
  exact: (param: string): string => `${param}:exact`,
  identifier: (param: string): string => `${param}:identifier`,
  below: (param: string): string => `${param}:below`,
  /** Quantities in base units of one dimension. */
  dimension: (param: string, unit: string): string => `${param}~${unit}`,
  /** Quantities of one unit; the system is empty where only code or unit counts. */
  unit: (param: string, system: string, code: string): string => `${param}|${cut(system)}|${cut(code)}`,
  /** The last component of a composite, where the others have this term. */
  component: (param: string, term: string): string => `${param}$${term}`,
};

/** A store keeps every name that it has seen: what a caller makes up is known by its beginning. */
function cut(text: string): string {
  return text.length > LONGEST_NAME ? text.slice(0, LONGEST_NAME) : text;
}

/** So many entries are looked through one by one, which few resources exceed. */
const SCANNED = 24;

/**
 * Of one resource: they are made in one go and stored in one go, while other callers wait. Of R4's definitions and examples, and
 * of HL7's terminology, the largest has 26,179.
 */
export const MOST_ENTRIES = 100_000;

/** The resource has more than may be indexed. */
export class IndexOverflow extends Error {
  /** What there may not be more of: `100000 index entries`. */
  readonly most: string;

  constructor(most: string) {
    super(`More than ${most}`);
    this.most = most;
    this.name = 'IndexOverflow';
  }
}

/** Values by the param of their entries. */
type Seen = Map<string, Set<string>>;

/** No resource of real life has so many different ones. */
const MOST_UNITS = 2000;

export class IndexWriter {
  readonly entries: IndexEntry[] = [];
  /** Where the entries of the current parameter begin: only among these can there be a duplicate. */
  #start = 0;
  /** The current parameter's entries, where they are many. */
  #seen: Readonly<Record<IndexEntry['kind'], Seen>> | undefined;

  #units: Set<string> | undefined;

  /** Call before a unit is converted, which is slow. Throws IndexOverflow. */
  unit(code: string): void {
    this.#units ??= new Set();
    if (this.#units.size < this.#units.add(code).size && this.#units.size > MOST_UNITS)
      throw new IndexOverflow(`${MOST_UNITS} different units`);
  }

  /** Call before each parameter. */
  begin(): void {
    this.#start = this.entries.length;
    this.#seen = undefined;
  }

  /** Whether the current parameter has any entry yet. */
  get isEmpty(): boolean {
    return this.entries.length === this.#start;
  }

  term(param: string, value: string): void {
    this.#add({ kind: 'term', param, value });
  }

  string(param: string, value: string): void {
    this.#add({ kind: 'string', param, value });
  }

  range(param: string, low: number, high: number): void {
    this.#add({ kind: 'range', param, low, high });
  }

  /** Throws IndexOverflow. */
  #add(entry: IndexEntry): void {
    if (!this.#isNew(entry)) return;
    if (this.entries.length === MOST_ENTRIES) throw new IndexOverflow(`${MOST_ENTRIES} index entries`);
    this.entries.push(entry);
  }

  #isNew(entry: IndexEntry): boolean {
    const { entries } = this;
    if (entries.length - this.#start < SCANNED) {
      for (let index = this.#start; index < entries.length; index += 1) if (isSame(entry, entries[index] as IndexEntry)) return false;
      return true;
    }
    if (this.#seen === undefined) {
      this.#seen = { term: new Map(), string: new Map(), range: new Map() };
      for (let index = this.#start; index < entries.length; index += 1) addTo(this.#seen, entries[index] as IndexEntry);
    }
    return addTo(this.#seen, entry);
  }
}

function isSame(a: IndexEntry, b: IndexEntry): boolean {
  if (a.param !== b.param) return false;
  if (a.kind === 'range') return b.kind === 'range' && a.low === b.low && a.high === b.high;
  return a.kind === b.kind && a.value === b.value;
}

/** Whether it was not among them. */
function addTo(seen: Readonly<Record<IndexEntry['kind'], Seen>>, entry: IndexEntry): boolean {
  const byParam = seen[entry.kind];
  let values = byParam.get(entry.param);
  if (values === undefined) {
    values = new Set();
    byParam.set(entry.param, values);
  }
  const { size } = values;
  return values.add(entry.kind === 'range' ? `${entry.low} ${entry.high}` : entry.value).size > size;
}
