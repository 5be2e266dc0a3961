/** Terminology of what a registry has loaded: https://hl7.org/fhir/R4/terminology-service.html */
import type { CodeSystem, ValueSet } from 'fhir/r4.js';
import type { ConformanceEntry, ConformanceRegistry } from '../conformance/conformance-registry.js';
import { isR4Package } from '../conformance/definitions-format.js';
import { toCanonical } from '../fhir/canonical.js';
import { isInactive, LoadedCodeSystem } from './code-system.js';
import { createKnownSystems, type KnownSystem, type UcumCheck } from './known-systems.js';
import { prepareComposed, prepareWholeSystem, type TerminologySource, type ValueSetTest } from './prepared-value-set.js';
import type { CodeLookup, Display, PreparedValueSet, TerminologyService } from './terminology-service.js';

export interface TerminologyServiceOptions {
  readonly conformance: ConformanceRegistry;
  /** Grammar of UCUM codes; without it they are unknown. */
  readonly ucum?: UcumCheck;
}

const NOTHING_KNOWN: CodeLookup = { display: undefined, displays: [], inactive: false };

/** Value sets and code systems are read when first asked for, and kept. */
export function createTerminologyService(options: TerminologyServiceOptions): TerminologyService {
  return new RegistryTerminology(options);
}

class RegistryTerminology implements TerminologyService {
  readonly #conformance: ConformanceRegistry;
  readonly #knownSystems: ReadonlyMap<string, KnownSystem>;
  readonly #valueSets = new Map<string, { readonly resource: unknown; readonly valueSet: ValueSetTest }>();
  readonly #codeSystems = new Map<string, { readonly resource: unknown; readonly codeSystem: LoadedCodeSystem }>();
  readonly #implicit = new ImplicitValueSets();

  constructor(options: TerminologyServiceOptions) {
    this.#conformance = options.conformance;
    this.#implicit.refresh(options.conformance);
    this.#knownSystems = createKnownSystems(options.ucum);
  }

  prepareValueSet(canonical: string, from?: string): PreparedValueSet | undefined {
    this.#implicit.refresh(this.#conformance);
    return this.#valueSet(canonical, from);
  }

  lookup(system: string, code: string, version?: string): CodeLookup | 'unknown-code' | 'unknown-system' | 'no-code-system' {
    const loaded = this.#codeSystem(system, version, undefined);
    if (loaded === undefined ? this.#conformance.find('ValueSet', system) !== undefined : loaded.isSupplement) return 'no-code-system';
    const concept = loaded?.find(code);
    if (loaded !== undefined && concept !== undefined) {
      const { definition } = concept;
      const displays = [...loaded.displaysOf(definition), ...this.#implicit.supplementedDisplays(system, code)];
      return { display: definition.display, displays, inactive: isInactive(definition) };
    }
    // another version may have codes that this one lacks
    const isOther = version !== undefined && loaded?.version !== undefined && loaded.version !== version;
    if (loaded?.isComplete === true && !isOther) return 'unknown-code';
    const known = this.#knownSystems.get(system)?.check(code);
    return known === 'member' ? NOTHING_KNOWN : known === 'not-member' ? 'unknown-code' : 'unknown-system';
  }

  #valueSet(canonical: string, from: string | undefined): ValueSetTest | undefined {
    const entry = this.#conformance.find('ValueSet', canonical, from) as ConformanceEntry<ValueSet> | undefined;
    if (entry === undefined) return this.#implicitValueSet(canonical, from);
    const key = `${entry.packageId} ${entry.url}|${entry.version}`;
    const kept = this.#valueSets.get(key);
    const resource = entry.resource;
    if (kept !== undefined && isSame(kept.resource, resource)) return kept.valueSet;
    const valueSet = prepareComposed(toCanonical(entry.url, entry.version), resource, this.#source(entry.packageId));
    this.#valueSets.set(key, { resource, valueSet });
    return valueSet;
  }

  /** Value sets that nobody has to define: https://hl7.org/fhir/R4/terminologies-systems.html */
  #implicitValueSet(canonical: string, from: string | undefined): ValueSetTest | undefined {
    const kept = this.#valueSets.get(canonical);
    if (kept !== undefined) return kept.valueSet;
    const system = this.#implicitSystem(canonical, from);
    if (system === undefined) return undefined;
    const valueSet = prepareWholeSystem(canonical, system.url, system.version, this.#source(from));
    this.#valueSets.set(canonical, { resource: undefined, valueSet });
    return valueSet;
  }

  #implicitSystem(canonical: string, from: string | undefined): { readonly url: string; readonly version: string | undefined } | undefined {
    // a part of SNOMED CT or LOINC: only that the code is of that system can be told
    if (/^http:\/\/snomed\.info\/sct(\/[\d/a-z]*)?\?fhir_vs/.test(canonical)) return { url: 'http://snomed.info/sct', version: undefined };
    if (/^http:\/\/loinc\.org\/vs(\/|$)/.test(canonical)) return { url: 'http://loinc.org', version: undefined };
    const bar = canonical.indexOf('|');
    const url = bar < 0 ? canonical : canonical.slice(0, bar);
    const version = bar < 0 ? undefined : canonical.slice(bar + 1);
    const system = this.#implicit.systemOf(url, this.#conformance);
    if (system === undefined) return undefined;
    return this.#codeSystem(system, version, from) === undefined ? undefined : { url: system, version };
  }

  #codeSystem(url: string, version: string | undefined, from: string | undefined): LoadedCodeSystem | undefined {
    const exact = version === undefined ? undefined : this.#conformance.find('CodeSystem', `${url}|${version}`, from);
    const entry = exact ?? this.#conformance.find('CodeSystem', url, from);
    if (entry === undefined) return undefined;
    const key = `${entry.packageId} ${entry.url}|${entry.version}`;
    const kept = this.#codeSystems.get(key);
    const resource = entry.resource;
    if (kept !== undefined && isSame(kept.resource, resource)) return kept.codeSystem;
    const codeSystem = new LoadedCodeSystem(resource as unknown as CodeSystem);
    this.#codeSystems.set(key, { resource, codeSystem });
    return codeSystem;
  }

  #source(from: string | undefined): TerminologySource {
    return {
      codeSystem: (url, version) => this.#codeSystem(url, version, from),
      knownSystem: (url) => this.#knownSystems.get(url),
      valueSet: (canonical) => this.#valueSet(canonical, from),
    };
  }
}

/** Whether a definition is still the one that was prepared. */
function isSame(kept: unknown, resource: unknown): boolean {
  return kept === resource;
}

/** What CodeSystems say of others: the value set of all their codes, and the system that they supplement. */
class ImplicitValueSets {
  readonly #read = new Set<string>();
  #listed = 0;
  readonly #systemByValueSet = new Map<string, string>();
  readonly #supplements = new Map<string, LoadedCodeSystem[]>();

  /** Goes through CodeSystems that were not there before. Value sets are prepared seldom, codes looked up often: so it happens then. */
  refresh(conformance: ConformanceRegistry): void {
    const entries = conformance.list('CodeSystem');
    if (entries.length === this.#listed) return;
    this.#listed = entries.length;
    // R4's own has a thousand: they are gone through for a value set of HL7 that nothing else explains
    this.#readAll(entries.filter((entry) => !isR4Package(entry.packageId)));
  }

  systemOf(valueSet: string, conformance: ConformanceRegistry): string | undefined {
    const found = this.#systemByValueSet.get(valueSet);
    if (found !== undefined || !/^http:\/\/(terminology\.)?hl7\.org\//.test(valueSet)) return found;
    this.#readAll(conformance.list('CodeSystem'));
    return this.#systemByValueSet.get(valueSet);
  }

  supplementedDisplays(system: string, code: string): readonly Display[] {
    return (this.#supplements.get(system) ?? []).flatMap((supplement) => {
      const found = supplement.find(code);
      return found === undefined ? [] : supplement.displaysOf(found.definition);
    });
  }

  /** Of so many only those that add to others are parsed. */
  #readAll(entries: readonly ConformanceEntry[]): void {
    for (const entry of entries) {
      const key = `${entry.packageId} ${entry.url}|${entry.version}`;
      if (this.#read.has(key)) continue;
      this.#read.add(key);
      const { supplements, valueSet } = entry.detail;
      if (supplements !== undefined) {
        const system = supplements.split('|')[0] as string;
        const known = this.#supplements.get(system) ?? [];
        known.push(new LoadedCodeSystem(entry.resource as unknown as CodeSystem));
        this.#supplements.set(system, known);
      } else if (valueSet !== undefined) {
        this.#systemByValueSet.set(valueSet.split('|')[0] as string, entry.url);
      }
    }
  }
}
