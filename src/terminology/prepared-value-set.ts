/** ValueSet.compose turned into tests of a code: https://hl7.org/fhir/R4/valueset.html#compositions */
import type { ValueSet, ValueSetComposeInclude, ValueSetExpansionContains } from 'fhir/r4.js';
import { wholePattern } from '../fhir/bounded-pattern.js';
import { isInactive, isVersion, type LoadedCodeSystem } from './code-system.js';
import { selectCodes } from './code-system-filter.js';
import type { KnownSystem } from './known-systems.js';
import type { Membership, PreparedValueSet } from './terminology-service.js';

/** What a value set's parts are looked up by. */
export interface TerminologySource {
  codeSystem(url: string, version: string | undefined): LoadedCodeSystem | undefined;
  /** What adds properties and designations to a system's codes. */
  supplementsOf(url: string): readonly LoadedCodeSystem[];
  knownSystem(url: string): KnownSystem | undefined;
  valueSet(canonical: string): ValueSetTest | undefined;
}

/** A prepared value set, as another one includes it. */
export interface ValueSetTest extends PreparedValueSet {
  collectUnchecked(into: Set<string>, visited: Set<ValueSetTest>): void;
}

/** One include or exclude. */
export interface Clause {
  /** Undefined: any system that its value sets have. */
  readonly system: string | undefined;
  readonly version: string | undefined;
  test(system: string | undefined, code: string, version: string | undefined): Membership;
  collectUnchecked(into: Set<string>, visited: Set<ValueSetTest>): void;
}

/** Every one must have the code. */
function both(left: Membership, right: () => Membership): Membership {
  if (left === 'not-member') return left;
  const other = right();
  return other === 'member' ? left : other;
}

/** One of them must have the code. */
export function anyOf(clauses: readonly Clause[], system: string | undefined, code: string, version: string | undefined): Membership {
  let result: Membership = 'not-member';
  for (const clause of clauses) {
    const membership = clause.test(system, code, version);
    if (membership === 'member') return membership;
    if (membership === 'unknown') result = membership;
  }
  return result;
}

class ComposedValueSet implements ValueSetTest {
  readonly canonical: string;
  readonly #includes: readonly Clause[];
  readonly #excludes: readonly Clause[];
  readonly #expansion: Expansion | undefined;
  /** Clauses that may have codes of a system: those of that system, and those of none. */
  readonly #includesBySystem = new Map<string, readonly Clause[]>();
  #unchecked: readonly string[] | undefined;
  #isBusy = false;

  constructor(canonical: string, resource: ValueSet, source: TerminologySource) {
    this.canonical = canonical;
    const activeOnly = resource.compose?.inactive === false;
    this.#includes = (resource.compose?.include ?? []).map((include) => toClause(include, source, activeOnly));
    this.#excludes = (resource.compose?.exclude ?? []).map((exclude) => toClause(exclude, source, false));
    this.#expansion = resource.expansion === undefined ? undefined : new Expansion(resource.expansion);
  }

  get unchecked(): readonly string[] {
    if (this.#unchecked === undefined) {
      const found = new Set<string>();
      this.collectUnchecked(found, new Set());
      this.#unchecked = [...found];
    }
    return this.#unchecked;
  }

  collectUnchecked(into: Set<string>, visited: Set<ValueSetTest>): void {
    if (visited.has(this) || this.#expansion?.isComplete === true) return;
    visited.add(this);
    for (const clause of this.#includes) clause.collectUnchecked(into, visited);
    for (const clause of this.#excludes) clause.collectUnchecked(into, visited);
  }

  check(system: string | undefined, code: string, version?: string): Membership {
    // a value set that includes itself, through whatever others, adds nothing to itself
    if (this.#isBusy) return 'not-member';
    this.#isBusy = true;
    try {
      const composed = this.#compose(system, code, version);
      return this.#expansion === undefined || (composed !== 'unknown' && this.#includes.length > 0)
        ? composed
        : this.#expansion.check(system, code);
    } finally {
      this.#isBusy = false;
    }
  }

  #compose(system: string | undefined, code: string, version: string | undefined): Membership {
    const included = anyOf(system === undefined ? this.#includes : this.#includesOf(system), system, code, version);
    if (included === 'not-member' || this.#excludes.length === 0) return included;
    const excluded = anyOf(this.#excludes, system, code, version);
    if (excluded === 'not-member') return included;
    return excluded === 'member' ? 'not-member' : 'unknown';
  }

  #includesOf(system: string): readonly Clause[] {
    let clauses = this.#includesBySystem.get(system);
    if (clauses === undefined) {
      clauses = this.#includes.filter((clause) => clause.system === undefined || clause.system === system);
      // callers may ask for any system: only those of the set are worth remembering
      if (clauses.some((clause) => clause.system === system)) this.#includesBySystem.set(system, clauses);
    }
    return clauses;
  }
}

/** Reads what it needs of the resource; sets are made when first asked for. */
export function prepareComposed(canonical: string, resource: ValueSet, source: TerminologySource): ValueSetTest {
  return new ComposedValueSet(canonical, resource, source);
}

/** All codes of one system. */
export function wholeSystem(url: string, system: string, version: string | undefined): ValueSet {
  const include: ValueSetComposeInclude = version === undefined ? { system } : { system, version };
  return { resourceType: 'ValueSet', url, ...(version !== undefined && { version }), status: 'active', compose: { include: [include] } };
}

/** One include or exclude made ready. */
export function toClause(include: ValueSetComposeInclude, source: TerminologySource, activeOnly: boolean): Clause {
  const { system, version } = include;
  const systemTest = system === undefined ? undefined : new SystemTest(include, system, source, activeOnly);
  const imported = (include.valueSet ?? []).map((canonical) => new ImportedValueSet(canonical, source));
  return {
    system,
    version,
    test: (asked, code, askedVersion) => {
      if (system !== undefined && asked !== undefined && asked !== system) return 'not-member';
      let result: Membership = systemTest?.test(code, askedVersion) ?? 'member';
      for (const valueSet of imported) {
        if (result === 'not-member') return result;
        result = both(result, () => valueSet.check(asked ?? system, code, askedVersion));
      }
      return systemTest === undefined && imported.length === 0 ? 'not-member' : result;
    },
    collectUnchecked: (into, visited) => {
      systemTest?.collectUnchecked(into);
      for (const valueSet of imported) valueSet.collectUnchecked(into, visited);
    },
  };
}

/** The part of an include that is about its system: listed concepts, filters, or all of it. */
class SystemTest {
  readonly #include: ValueSetComposeInclude;
  readonly #system: string;
  readonly #source: TerminologySource;
  readonly #activeOnly: boolean;
  #test: ((code: string) => Membership) | undefined;
  #isVersionLoaded = false;
  #unchecked: string | undefined;

  constructor(include: ValueSetComposeInclude, system: string, source: TerminologySource, activeOnly: boolean) {
    this.#include = include;
    this.#system = system;
    this.#source = source;
    this.#activeOnly = activeOnly;
  }

  test(code: string, version: string | undefined): Membership {
    this.#test ??= this.#prepare();
    const membership = this.#test(code);
    const wanted = this.#include.version;
    if (version === undefined || wanted === undefined || isVersion(version, wanted)) return membership;
    // the set speaks of another version of the system than the code does: what its own has is known where that one is loaded
    if (this.#isVersionLoaded) return 'not-member';
    return membership === 'not-member' ? 'unknown' : membership;
  }

  collectUnchecked(into: Set<string>): void {
    this.#test ??= this.#prepare();
    if (this.#unchecked !== undefined) into.add(this.#unchecked);
  }

  #prepare(): (code: string) => Membership {
    const { concept, filter, version } = this.#include;
    const system = this.#source.codeSystem(this.#system, version);
    this.#isVersionLoaded = version !== undefined && system?.version !== undefined && isVersion(system.version, version);
    if (concept !== undefined)
      return listTest(
        concept.map(({ code }) => code),
        system,
      );
    const known = this.#source.knownSystem(this.#system);
    if (system === undefined || (!system.isComplete && system.size === 0)) return this.#prepareUnloaded(known);
    if (!system.isComplete) this.#unchecked = this.#system;
    const codes =
      filter === undefined || filter.length === 0 ? undefined : selectCodes(system, filter, this.#source.supplementsOf(this.#system));
    if (filter !== undefined && filter.length > 0 && codes === undefined) {
      this.#unchecked = `${this.#system} (${filter.map(({ property, op, value }) => `${property} ${op} ${value}`).join(', ')})`;
      return (code) => (system.find(code) === undefined && system.isComplete ? 'not-member' : 'unknown');
    }
    return (code) => {
      const found = system.find(code);
      if (found === undefined) return system.isComplete ? 'not-member' : 'unknown';
      if (this.#activeOnly && isInactive(found.definition)) return 'not-member';
      return codes === undefined || codes.has(found.definition.code) ? 'member' : 'not-member';
    };
  }

  #prepareUnloaded(known: KnownSystem | undefined): (code: string) => Membership {
    const filters = this.#include.filter ?? [];
    const ofSystem = (code: string): Membership => known?.check(code) ?? 'unknown';
    if (known === undefined) this.#unchecked = this.#system;
    if (filters.length === 0) {
      if (known?.check('') === 'unknown') this.#unchecked = this.#system;
      return ofSystem;
    }
    // of the filters only a pattern of the code itself can be tried without the system
    const patterns = filters.map(({ property, op, value }) => (op === 'regex' && property === 'code' ? wholePattern(value) : undefined));
    if (patterns.includes(undefined)) {
      this.#unchecked = `${this.#system} (${filters.map(({ property, op, value }) => `${property} ${op} ${value}`).join(', ')})`;
    }
    return (code) => {
      if (patterns.some((pattern) => pattern !== undefined && !pattern.test(code))) return 'not-member';
      const membership = ofSystem(code);
      return membership === 'member' && patterns.includes(undefined) ? 'unknown' : membership;
    };
  }
}

/** Listed codes, in any letter case where the system says that it does not count. */
function listTest(codes: readonly string[], system: LoadedCodeSystem | undefined): (code: string) => Membership {
  const asInSystem = (code: string): string => system?.find(code)?.definition.code ?? code;
  const listed = new Set(codes.flatMap((code) => [code, asInSystem(code)]));
  return (code) => (listed.has(code) || listed.has(asInSystem(code)) ? 'member' : 'not-member');
}

/** Looked up when first asked for, so that value sets may include each other in circles. */
class ImportedValueSet {
  readonly #canonical: string;
  readonly #source: TerminologySource;
  #found: ValueSetTest | undefined;
  #isSought = false;

  constructor(canonical: string, source: TerminologySource) {
    this.#canonical = canonical;
    this.#source = source;
  }

  check(system: string | undefined, code: string, version: string | undefined): Membership {
    return this.#valueSet()?.check(system, code, version) ?? 'unknown';
  }

  collectUnchecked(into: Set<string>, visited: Set<ValueSetTest>): void {
    const valueSet = this.#valueSet();
    if (valueSet === undefined) into.add(this.#canonical);
    else valueSet.collectUnchecked(into, visited);
  }

  #valueSet(): ValueSetTest | undefined {
    if (!this.#isSought) {
      this.#isSought = true;
      this.#found = this.#source.valueSet(this.#canonical);
    }
    return this.#found;
  }
}

/** An expansion that came with the resource; it decides where compose cannot. */
class Expansion {
  readonly isComplete: boolean;
  readonly #systems = new Map<string, Set<string>>();
  #size = 0;

  constructor(expansion: NonNullable<ValueSet['expansion']>) {
    this.#add(expansion.contains);
    const isPart = expansion.offset !== undefined && expansion.offset > 0;
    this.isComplete = !isPart && (expansion.total === undefined || expansion.total <= this.#size);
  }

  #add(contains: readonly ValueSetExpansionContains[] | undefined): void {
    for (const { system, code, abstract, contains: below } of contains ?? []) {
      if (code !== undefined && abstract !== true) {
        const codes = this.#systems.get(system ?? '') ?? new Set<string>();
        codes.add(code);
        this.#systems.set(system ?? '', codes);
      }
      this.#size++;
      this.#add(below);
    }
  }

  check(system: string | undefined, code: string): Membership {
    const sets = system === undefined ? [...this.#systems.values()] : [this.#systems.get(system), this.#systems.get('')];
    if (sets.some((codes) => codes?.has(code) === true)) return 'member';
    return this.isComplete ? 'not-member' : 'unknown';
  }
}
