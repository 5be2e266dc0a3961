/**
 * The codes of a value set, in the order of its definition: https://hl7.org/fhir/R4/valueset.html#expansion
 * What is listed is made of the same clauses by which codes are tested, so that a code is in the expansion when it is in the value set.
 */
import type { CodeSystemConceptDesignation, ValueSet, ValueSetComposeInclude, ValueSetExpansionContains } from 'fhir/r4.js';
import { type Concept, isAbstract, isInactive, type LoadedCodeSystem } from './code-system.js';
import { selectCodes } from './code-system-filter.js';
import { anyOf, type TerminologySource, toClause } from './prepared-value-set.js';

export interface ExpandedCode {
  readonly system: string | undefined;
  /** That which is loaded, where the value set names one that is not. */
  readonly version: string | undefined;
  readonly code: string;
  readonly display: string | undefined;
  readonly isAbstract: boolean;
  readonly isInactive: boolean;
  /** Of the value set, and those of the code system. */
  readonly designation: readonly CodeSystemConceptDesignation[];
  /** Where the code system has it: for its language and its place in the hierarchy. */
  readonly origin: { readonly codeSystem: LoadedCodeSystem; readonly concept: Concept } | undefined;
}

export type Expansion = { readonly codes: readonly ExpandedCode[] } | { readonly obstacle: string };

/** What a value set's parts are looked up by, with their definitions. */
export interface ExpansionSource extends TerminologySource {
  definition(canonical: string): { readonly resource: ValueSet; readonly source: ExpansionSource } | undefined;
}

/** Codes looked at, and tests of codes, of one expansion: some tenths of a second. */
const MOST_STEPS = 300_000;
/** Value sets that include one another, one below the other. */
const MOST_LEVELS = 50;

class Obstacle extends Error {}

/** For one expansion. */
export class Expander {
  #steps = 0;

  expand(resource: ValueSet, source: ExpansionSource): Expansion {
    try {
      return { codes: [...this.#valueSet(resource, source, []).values()] };
    } catch (error) {
      if (error instanceof Obstacle) return { obstacle: error.message };
      throw error;
    }
  }

  /** `open`: the value sets that this one is being expanded for; one that includes itself adds nothing to itself. */
  #valueSet(resource: ValueSet, source: ExpansionSource, open: readonly ValueSet[]): ReadonlyMap<string, ExpandedCode> {
    if (open.includes(resource)) return new Map();
    if (open.length >= MOST_LEVELS) throw new Obstacle(`value sets include one another more than ${MOST_LEVELS} deep`);
    const { compose, expansion } = resource;
    if (compose === undefined || compose.include.length === 0) return expansion === undefined ? new Map() : this.#expanded(resource);
    try {
      return this.#composed(compose, source, [...open, resource]);
    } catch (error) {
      // what came with the resource stands in where compose cannot be worked out here
      if (!(error instanceof Obstacle) || expansion === undefined || !isComplete(expansion)) throw error;
      return this.#expanded(resource);
    }
  }

  #composed(
    { include, exclude = [], inactive }: NonNullable<ValueSet['compose']>,
    source: ExpansionSource,
    open: readonly ValueSet[],
  ): ReadonlyMap<string, ExpandedCode> {
    const codes = new Map<string, ExpandedCode>();
    const excludes = exclude.map((one) => toClause(one, source, false));
    for (const one of include) {
      for (const candidate of this.#include(one, source, inactive === false, open)) {
        const key = keyOf(candidate);
        if (codes.has(key)) continue;
        this.#step(excludes.length);
        const { system, code, version } = candidate;
        const excluded = excludes.length === 0 ? 'not-member' : anyOf(excludes, system, code, version);
        if (excluded === 'unknown') throw new Obstacle(`whether the code '${code}' of ${system} is excluded cannot be told`);
        if (excluded === 'not-member') codes.set(key, candidate);
      }
    }
    return codes;
  }

  #include(
    include: ValueSetComposeInclude,
    source: ExpansionSource,
    activeOnly: boolean,
    open: readonly ValueSet[],
  ): readonly ExpandedCode[] {
    const { system, valueSet: imported = [] } = include;
    if (system !== undefined) {
      const candidates = this.#ofSystem(include, system, source, activeOnly);
      return imported.length === 0 ? candidates : this.#restrict(candidates, include, source, activeOnly);
    }
    const [first, ...others] = imported;
    if (first === undefined) return [];
    const definition = source.definition(first);
    if (definition === undefined) throw new Obstacle(`the value set ${first} is not loaded`);
    const candidates = [...this.#valueSet(definition.resource, definition.source, open).values()];
    this.#step(candidates.length);
    return others.length === 0 ? candidates : this.#restrict(candidates, include, source, activeOnly);
  }

  /** Those that every value set of the include has too. */
  #restrict(
    candidates: readonly ExpandedCode[],
    include: ValueSetComposeInclude,
    source: ExpansionSource,
    activeOnly: boolean,
  ): readonly ExpandedCode[] {
    const clause = toClause(include, source, activeOnly);
    this.#step(candidates.length * (include.valueSet?.length ?? 0));
    return candidates.filter(({ system, code, version }) => {
      const membership = clause.test(system, code, version);
      if (membership !== 'unknown') return membership === 'member';
      throw new Obstacle(`whether the code '${code}' of ${system} is in ${(include.valueSet ?? []).join(', ')} cannot be told`);
    });
  }

  #ofSystem(
    { concept: listed, filter = [], version }: ValueSetComposeInclude,
    system: string,
    source: ExpansionSource,
    activeOnly: boolean,
  ): readonly ExpandedCode[] {
    const codeSystem = source.codeSystem(system, version);
    if (listed !== undefined) {
      this.#step(listed.length);
      return listed.map(({ code, display, designation = [] }) => {
        const known = codeSystem?.find(code);
        const origin = codeSystem === undefined || known === undefined ? undefined : { codeSystem, concept: known };
        const own = origin === undefined ? undefined : fromConcept(origin);
        return {
          system,
          version: own?.version ?? version,
          code,
          display: display ?? own?.display,
          isAbstract: own?.isAbstract ?? false,
          isInactive: own?.isInactive ?? false,
          designation: [...designation, ...(own?.designation ?? [])],
          origin,
        };
      });
    }
    const codes = codeSystem?.isComplete === true || filter.length > 0 ? undefined : source.knownSystem(system)?.codes;
    if (codes !== undefined) return [...codes].map((code) => bare(system, version, code));
    if (codeSystem?.isComplete !== true) throw new Obstacle(describeMissing(system, codeSystem, source));
    this.#step(codeSystem.size * (filter.length + 1));
    const selected = filter.length === 0 ? undefined : selectCodes(codeSystem, filter, source.supplementsOf(system));
    if (filter.length > 0 && selected === undefined) {
      const told = filter.map(({ property, op, value }) => `'${property} ${op} ${value}'`).join(', ');
      throw new Obstacle(`the filter ${told} asks for what the code system ${system} does not state`);
    }
    const found: ExpandedCode[] = [];
    for (const concept of codeSystem.concepts()) {
      if (selected !== undefined && !selected.has(concept.definition.code)) continue;
      const expanded = fromConcept({ codeSystem, concept });
      if (!activeOnly || !expanded.isInactive) found.push(expanded);
    }
    return found;
  }

  /** The expansion that came with the resource. */
  #expanded({ url, expansion }: ValueSet): ReadonlyMap<string, ExpandedCode> {
    if (expansion === undefined || !isComplete(expansion))
      throw new Obstacle(`the value set ${url} came with a part of its expansion only`);
    const codes = new Map<string, ExpandedCode>();
    for (const item of flatten(expansion.contains)) {
      this.#step(1);
      const { system, version, code, display, abstract = false, inactive = false, designation = [] } = item;
      if (code === undefined) continue;
      const expanded = { system, version, code, display, isAbstract: abstract, isInactive: inactive, designation, origin: undefined };
      codes.set(keyOf(expanded), expanded);
    }
    return codes;
  }

  #step(count: number): void {
    this.#steps += count;
    if (this.#steps > MOST_STEPS) throw new Obstacle('it takes too many steps');
  }
}

function keyOf({ system, code }: Pick<ExpandedCode, 'system' | 'code'>): string {
  return `${system ?? ''}\n${code}`;
}

function fromConcept(origin: NonNullable<ExpandedCode['origin']>): ExpandedCode {
  const { codeSystem, concept } = origin;
  const { code, display, designation = [] } = concept.definition;
  return {
    system: codeSystem.url,
    version: codeSystem.version,
    code,
    display,
    isAbstract: isAbstract(concept.definition),
    isInactive: isInactive(concept.definition),
    designation,
    origin,
  };
}

/** Of a code nothing else is known. */
function bare(system: string, version: string | undefined, code: string): ExpandedCode {
  return { system, version, code, display: undefined, isAbstract: false, isInactive: false, designation: [], origin: undefined };
}

function describeMissing(system: string, codeSystem: LoadedCodeSystem | undefined, source: ExpansionSource): string {
  if (source.knownSystem(system) !== undefined) return `the codes of ${system} follow a rule, and cannot be listed`;
  if (codeSystem === undefined || codeSystem.size === 0) return `the code system ${system} is not loaded with its codes`;
  return `the code system ${system} is loaded in part only`;
}

function isComplete({ total, offset = 0, contains }: NonNullable<ValueSet['expansion']>): boolean {
  return offset === 0 && (total === undefined || total <= flatten(contains).length);
}

function flatten(contains: readonly ValueSetExpansionContains[] = []): readonly ValueSetExpansionContains[] {
  return contains.flatMap((item) => [item, ...flatten(item.contains)]);
}
