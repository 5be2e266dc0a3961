/** Collects the index entries of one resource, each once. */
import type { IndexEntry } from '../storage/store.js';

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
  unit: (param: string, system: string, code: string): string => `${param}|${system}|${code}`,
  /** The last component of a composite, where the others have this term. */
  component: (param: string, term: string): string => `${param}$${term}`,
};

export class IndexWriter {
  readonly entries: IndexEntry[] = [];
  /** Where the entries of the current parameter begin: only among these can there be a duplicate. */
  #start = 0;

  /** Call before each parameter. */
  begin(): void {
    this.#start = this.entries.length;
  }

  /** Whether the current parameter has any entry yet. */
  get isEmpty(): boolean {
    return this.entries.length === this.#start;
  }

  term(param: string, value: string): void {
    this.#text('term', param, value);
  }

  string(param: string, value: string): void {
    this.#text('string', param, value);
  }

  range(param: string, low: number, high: number): void {
    for (let index = this.#start; index < this.entries.length; index += 1) {
      const entry = this.entries[index] as IndexEntry;
      if (entry.kind === 'range' && entry.low === low && entry.high === high && entry.param === param) return;
    }
    this.entries.push({ kind: 'range', param, low, high });
  }

  #text(kind: 'term' | 'string', param: string, value: string): void {
    for (let index = this.#start; index < this.entries.length; index += 1) {
      const entry = this.entries[index] as IndexEntry;
      if (entry.kind === kind && entry.value === value && entry.param === param) return;
    }
    this.entries.push({ kind, param, value });
  }
}
