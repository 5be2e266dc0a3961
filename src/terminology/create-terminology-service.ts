/** Terminology of what a registry has loaded: https://hl7.org/fhir/R4/terminology-service.html */
import type { CodeSystem, CodeSystemConceptDesignation, ValueSet } from 'fhir/r4.js';
import type { ConformanceEntry, ConformanceRegistry } from '../conformance/conformance-registry.js';
import { isR4Package } from '../conformance/definitions-format.js';
import { parseCanonical, toCanonical } from '../fhir/canonical.js';
import { isInactive, isVersion, LoadedCodeSystem } from './code-system.js';
import { Expander, type Expansion, type ExpansionSource } from './expand-value-set.js';
import { createKnownSystems, type KnownSystem, type UcumCheck } from './known-systems.js';
import { prepareComposed, type ValueSetTest, wholeSystem } from './prepared-value-set.js';
import type { Terminology, ValueSetDefinition } from './terminology.js';
import type { CodeLookup, Display, PreparedValueSet } from './terminology-service.js';
import { ValueSetDisplays } from './value-set-displays.js';

export interface TerminologyServiceOptions {
  readonly conformance: ConformanceRegistry;
  /** Grammar of UCUM codes; without it they are unknown. */
  readonly ucum?: UcumCheck;
}

const WHOLE_SYSTEM = /^(.+)(?:\?(?:fhir_)?vs|\/vs)$/;

const NOTHING_KNOWN: CodeLookup = { canonical: undefined, display: undefined, displays: [], inactive: false };

/** Value sets and code systems are read when first asked for, and kept. */
export function createTerminologyService(options: TerminologyServiceOptions): Terminology {
  return new RegistryTerminology(options);
}

class RegistryTerminology implements Terminology {
  readonly #conformance: ConformanceRegistry;
  readonly #knownSystems: ReadonlyMap<string, KnownSystem>;
  readonly #valueSets = new Map<string, { readonly resource: unknown; readonly valueSet: ValueSetTest }>();
  readonly #codeSystems = new WeakMap<object, LoadedCodeSystem>();
  readonly #implicit = new ImplicitValueSets();
  readonly #valueSetDisplays = new ValueSetDisplays();

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
      const implicit = this.#implicit;
      // most are asked for neither
      return {
        get canonical() {
          return toCanonical(loaded.url, loaded.version);
        },
        display: definition.display,
        get displays() {
          return [...loaded.displaysOf(definition), ...implicit.supplementedDisplays(system, code)];
        },
        inactive: isInactive(definition),
      };
    }
    if (loaded?.isComplete === true) {
      if (version === undefined) return this.#lookUpInOthers(loaded, code);
      // another version may have codes that this one lacks
      if (loaded.version === undefined || isVersion(loaded.version, version)) return 'unknown-code';
    }
    const known = this.#knownSystems.get(system)?.check(code);
    return known === 'member' ? NOTHING_KNOWN : known === 'not-member' ? 'unknown-code' : 'unknown-system';
  }

  findValueSet(canonical: string, from?: string): ValueSetDefinition | undefined {
    this.#implicit.refresh(this.#conformance);
    const found = this.#definition(canonical, from);
    const { url, version } = parseCanonical(canonical);
    // a version of what is defined in others, or of a code system that is not loaded in it, is nobody's
    const isOther =
      version !== undefined &&
      this.#conformance.find('ValueSet', canonical, from) === undefined &&
      (this.#conformance.find('ValueSet', url, from) !== undefined || !this.#hasSystem(found?.resource, version));
    return isOther ? undefined : found;
  }

  #hasSystem(resource: ValueSet | undefined, version: string): boolean {
    const system = resource?.compose?.include[0]?.system;
    return system !== undefined && this.#conformance.find('CodeSystem', `${system}|${version}`) !== undefined;
  }

  prepareResource(resource: ValueSet, from?: string): PreparedValueSet {
    this.#implicit.refresh(this.#conformance);
    return prepareComposed(toCanonical(resource.url ?? '', resource.version), resource, this.#source(from));
  }

  expand(resource: ValueSet, from?: string): Expansion {
    this.#implicit.refresh(this.#conformance);
    return new Expander().expand(resource, this.#source(from));
  }

  findCodeSystem(url: string, version?: string): LoadedCodeSystem | undefined {
    if (version !== undefined && this.#conformance.find('CodeSystem', `${url}|${version}`) === undefined) return undefined;
    return this.#codeSystem(url, version, undefined);
  }

  knownSystem(url: string): KnownSystem | undefined {
    return this.#knownSystems.get(url);
  }

  supplementDesignations(system: string, code: string): readonly CodeSystemConceptDesignation[] {
    this.#implicit.refresh(this.#conformance);
    return this.#implicit.designations(system, code);
  }

  #definition(canonical: string, from: string | undefined): ValueSetDefinition | undefined {
    const entry = this.#conformance.find('ValueSet', canonical, from) as ConformanceEntry<ValueSet> | undefined;
    if (entry !== undefined) return { resource: entry.resource, from: entry.packageId };
    const system = this.#implicitSystem(canonical, from);
    return system === undefined ? undefined : { resource: wholeSystem(parseCanonical(canonical).url, system.url, system.version), from };
  }

  valueSetDisplays(system: string, code: string): readonly Display[] {
    return this.#valueSetDisplays.of(system, code, this.#conformance);
  }

  versionsOf(system: string): readonly string[] {
    const versions = this.#conformance.versions('CodeSystem', system);
    return versions.filter((version) => this.#codeSystem(system, version, undefined)?.size !== 0);
  }

  /** A code without a version may be of any version that is loaded. */
  #lookUpInOthers({ url, version }: LoadedCodeSystem, code: string): CodeLookup | 'unknown-code' | 'unknown-system' {
    for (const other of this.#conformance.versions('CodeSystem', url)) {
      if (other === '' || other === version) continue;
      const found = this.lookup(url, code, other);
      if (typeof found === 'object' || found === 'unknown-system') return found;
    }
    return 'unknown-code';
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
    const valueSet = prepareComposed(canonical, wholeSystem(canonical, system.url, system.version), this.#source(from));
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
    const system = this.#implicit.systemOf(url, this.#conformance) ?? this.#systemOfWhole(url, from);
    if (system === undefined) return undefined;
    if (this.#knownSystems.has(system)) return { url: system, version };
    return this.#codeSystem(system, version, from) === undefined ? undefined : { url: system, version };
  }

  /** `URL?vs`, `URL?fhir_vs` and `URL/vs` are all codes of the system with that URL. */
  #systemOfWhole(url: string, from: string | undefined): string | undefined {
    const system = WHOLE_SYSTEM.exec(url)?.[1];
    if (system === undefined) return undefined;
    const codeSystem = this.#codeSystem(system, undefined, from);
    return this.#knownSystems.has(system) || codeSystem?.isSupplement === false ? system : undefined;
  }

  #codeSystem(url: string, version: string | undefined, from: string | undefined): LoadedCodeSystem | undefined {
    const exact = version === undefined ? undefined : this.#conformance.find('CodeSystem', `${url}|${version}`, from);
    const entry = exact ?? this.#conformance.find('CodeSystem', url, from);
    if (entry === undefined) return undefined;
    const { resource } = entry;
    let codeSystem = this.#codeSystems.get(resource);
    if (codeSystem === undefined) {
      codeSystem = new LoadedCodeSystem(resource as unknown as CodeSystem);
      this.#codeSystems.set(resource, codeSystem);
    }
    return codeSystem;
  }

  #source(from: string | undefined): ExpansionSource {
    return {
      codeSystem: (url, version) => this.#codeSystem(url, version, from),
      supplementsOf: (url) => this.#implicit.supplementsOf(url),
      knownSystem: (url) => this.#knownSystems.get(url),
      valueSet: (canonical) => this.#valueSet(canonical, from),
      definition: (canonical) => {
        const found = this.#definition(canonical, from);
        return found === undefined ? undefined : { resource: found.resource, source: this.#source(found.from) };
      },
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

  supplementsOf(system: string): readonly LoadedCodeSystem[] {
    return this.#supplements.get(system) ?? [];
  }

  supplementedDisplays(system: string, code: string): readonly Display[] {
    return this.supplementsOf(system).flatMap((supplement) => {
      const found = supplement.find(code);
      return found === undefined ? [] : supplement.displaysOf(found.definition);
    });
  }

  designations(system: string, code: string): readonly CodeSystemConceptDesignation[] {
    return (this.#supplements.get(system) ?? []).flatMap((supplement) => {
      const { display, designation = [] } = supplement.find(code)?.definition ?? {};
      return [...(display === undefined ? [] : [{ language: supplement.language, value: display }]), ...designation];
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
