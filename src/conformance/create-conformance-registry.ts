/** Definitions of one API by canonical: R4 core beneath, packages over it, loose resources on top. */
import type { SearchParameter, StructureDefinition } from 'fhir/r4.js';
import { compareVersions, parseCanonical } from '../fhir/canonical.js';
import { isJsonObject, type JsonObject } from '../fhir/json.js';
import type { ConformanceEntry, ConformanceRegistry, DefinitionProblem } from './conformance-registry.js';
import { fitDefinition } from './definition-shape.js';
import { type DefinitionDetail, type DefinitionEntry, type DefinitionSource, detailOf } from './definition-source.js';
import { generateSnapshot } from './snapshot-generator.js';

export interface RegistryOptions {
  readonly core: CoreDefinitions;
  /** Later ones stand above earlier ones where url and version are equal. */
  readonly packages?: readonly DefinitionSource[];
  /** Packages that a package builds on, nearest first, itself not included; by package id. */
  readonly dependenciesOf?: ReadonlyMap<string, readonly string[]>;
}

/** In place of a package, for definitions that came without one. */
export const LOOSE = 'loose#0';
const TYPE_URL = 'http://hl7.org/fhir/StructureDefinition/';

class Entry implements ConformanceEntry {
  readonly resourceType: string;
  readonly url: string;
  readonly version: string;
  /** R4's own, or HL7's terminology: not looked into for faults. */
  readonly isCore: boolean;
  readonly packageId: string;
  readonly detail: DefinitionDetail;
  readonly #read: () => JsonObject;
  #resource: JsonObject | undefined;
  snapshotReady = false;
  /** Sought when asked for, where the definition brings a snapshot, which is used as it is. */
  findSnapshotProblems: () => readonly DefinitionProblem[] = () => [];
  #snapshotProblems: readonly DefinitionProblem[] | undefined;
  missingBase: string | undefined;
  shapeProblems: readonly DefinitionProblem[] = [];

  /** R4's own definitions have the shape of R4; of others it is seen to. */
  constructor(entry: DefinitionEntry, packageId: string, isCore = false) {
    this.resourceType = entry.resourceType;
    this.url = entry.url;
    this.version = entry.version;
    this.packageId = packageId;
    this.detail = entry.detail;
    this.isCore = isCore;
    this.#read = isCore ? () => entry.read() : () => this.#readFitted(entry);
  }

  get resource(): JsonObject {
    this.#resource ??= this.#read();
    return this.#resource;
  }

  set resource(resource: JsonObject) {
    this.#resource = resource;
  }

  get snapshotProblems(): readonly DefinitionProblem[] {
    this.#snapshotProblems ??= this.findSnapshotProblems();
    return this.#snapshotProblems;
  }

  #readFitted(entry: DefinitionEntry): JsonObject {
    const { definition, problems } = fitDefinition(entry.read());
    this.shapeProblems = problems;
    return definition;
  }
}

/** R4's own definitions and HL7's terminology, opened once and shared by the registries of all APIs. */
export class CoreDefinitions {
  /** `resourceType url` -> what is to be taken first, first. */
  readonly byKey = new Map<string, Entry[]>();
  readonly byType = new Map<string, Entry[]>();
  /** Names of the concrete resource types. */
  readonly resourceTypes: ReadonlySet<string>;

  constructor(sources: readonly DefinitionSource[]) {
    for (const { packageId, entries } of sources) {
      for (const definition of entries) {
        const entry = new Entry(definition, packageId, true);
        addTo(this.byKey, `${entry.resourceType} ${entry.url}`, entry);
        addTo(this.byType, entry.resourceType, entry);
      }
    }
    const isResourceType = ({ detail }: Entry): boolean =>
      detail.kind === 'resource' && detail.derivation === 'specialization' && detail.abstract !== true;
    const types = (this.byType.get('StructureDefinition') ?? []).filter(isResourceType);
    this.resourceTypes = new Set(types.map(({ detail }) => detail.type as string));
  }
}

function addTo(lists: Map<string, Entry[]>, key: string, entry: Entry): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [entry]);
  else list.push(entry);
}

export function createConformanceRegistry(options: RegistryOptions): ConformanceRegistry {
  const { core, dependenciesOf } = options;
  /** `resourceType url` -> entries, highest version first. */
  const byKey = new Map<string, Entry[]>();
  const searchParameters = new Map<string, readonly SearchParameter[]>();

  const insert = (entry: Entry): void => {
    const key = `${entry.resourceType} ${entry.url}`;
    const others = (byKey.get(key) ?? []).filter((other) => other.version !== entry.version || other.packageId !== entry.packageId);
    byKey.set(
      key,
      [entry, ...others].sort((a, b) => compareVersions(b.version, a.version)),
    );
  };
  for (const source of options.packages ?? []) {
    for (const definition of source.entries) insert(new Entry(definition, source.packageId));
  }

  const candidates = (resourceType: string, url: string): readonly Entry[] => {
    const key = `${resourceType} ${url}`;
    const own = byKey.get(key);
    const builtIn = core.byKey.get(key) ?? [];
    if (own === undefined) return builtIn;
    // what an API brings stands above what is built in, whichever is newer
    return [...own, ...builtIn.filter(({ version }) => !own.some((entry) => entry.version === version))];
  };

  const find = (resourceType: string, canonical: string, from?: string): Entry | undefined => {
    const { url, version } = parseCanonical(canonical);
    const found = candidates(resourceType, url);
    if (version !== undefined) {
      const exact = found.find((entry) => entry.version === version);
      if (exact !== undefined) return exact;
      // a partial label stands for the highest version that it is the beginning of
      return /^\d+(\.\d+)?$/.test(version) ? found.find((entry) => entry.version.startsWith(`${version}.`)) : undefined;
    }
    if (from !== undefined && found.length > 1) {
      for (const packageId of [from, ...(dependenciesOf?.get(from) ?? [])]) {
        const near = found.find((entry) => entry.packageId === packageId);
        if (near !== undefined) return near;
      }
    }
    return found[0];
  };

  const registry: ConformanceRegistry = {
    find,
    findStructureDefinition(canonical, from) {
      const entry = find('StructureDefinition', canonical, from);
      if (entry === undefined) return undefined;
      if (!entry.snapshotReady) {
        // before generating: a definition that is built upon itself finds itself without a snapshot
        entry.snapshotReady = true;
        const definition = entry.resource as unknown as StructureDefinition;
        if (hasSnapshot(entry.resource)) {
          if (!entry.isCore) entry.findSnapshotProblems = () => generateSnapshot(definition, entry.packageId, registry).problems;
        } else {
          const { snapshot, problems, missingBase } = generateSnapshot(definition, entry.packageId, registry);
          entry.resource = { ...entry.resource, snapshot: { element: snapshot } as unknown as JsonObject };
          entry.findSnapshotProblems = () => problems;
          entry.missingBase = missingBase;
        }
      }
      return entry as unknown as ConformanceEntry<StructureDefinition>;
    },
    versions: (resourceType, url) => candidates(resourceType, url).map((entry) => entry.version),
    list(resourceType) {
      const own = [...byKey.values()].filter(([first]) => first?.resourceType === resourceType).flat();
      return [...own, ...(core.byType.get(resourceType) ?? [])];
    },
    findType: (type) => registry.findStructureDefinition(TYPE_URL + type),
    resourceTypes: core.resourceTypes,
    searchParametersOf(resourceType) {
      let known = searchParameters.get(resourceType);
      if (known === undefined) {
        const bases = [resourceType, 'DomainResource', 'Resource'];
        const latest = new Map<string, { entry: Entry; rank: number }>();
        for (const entry of registry.list('SearchParameter') as unknown as readonly Entry[]) {
          const rank = bases.findIndex((base) => entry.detail.base?.includes(base));
          if (rank >= 0 && !latest.has(entry.url)) latest.set(entry.url, { entry, rank });
        }
        known = [...latest.values()].sort((a, b) => a.rank - b.rank).map(({ entry }) => entry.resource as unknown as SearchParameter);
        searchParameters.set(resourceType, known);
      }
      return known;
    },
    add(resource, packageId = LOOSE) {
      const { resourceType, url, version } = resource;
      if (typeof resourceType !== 'string' || typeof url !== 'string') throw new TypeError('A definition needs a resourceType and a url');
      insert(
        new Entry(
          { resourceType, url, version: typeof version === 'string' ? version : '', detail: detailOf(resource), read: () => resource },
          packageId,
        ),
      );
      searchParameters.clear();
    },
  };
  return registry;
}

function hasSnapshot({ snapshot }: JsonObject): boolean {
  return isJsonObject(snapshot) && Array.isArray(snapshot['element']) && snapshot['element'].length > 0;
}
