/** R4 with every type and parameter, and a small store that looks at every resource: what the tests of search/ share. */
import type { CapabilityStatement } from 'fhir/r4.js';
import type { ApiConfig } from '../../../src/conformance/api-config.js';
import { readCapabilityPolicy } from '../../../src/conformance/capability-policy.js';
import type { ResourcePolicy } from '../../../src/conformance/capability-statement.js';
import { CoreDefinitions, createConformanceRegistry } from '../../../src/conformance/create-conformance-registry.js';
import { openCoreDefinitions } from '../../../src/conformance/definitions-index.js';
import { createTypeModel } from '../../../src/conformance/type-model.js';
import type { JsonObject } from '../../../src/fhir/json.js';
import type { Issue } from '../../../src/fhir/operation-outcome.js';
import { compileExpression } from '../../../src/fhirpath/compile-expression.js';
import { createSearchEngine } from '../../../src/search/create-search-engine.js';
import { executeSearch, type SearchsetPage } from '../../../src/search/execute-search.js';
import type { SearchContext } from '../../../src/search/search-context.js';
import type { SearchPair, SearchParseOptions, SearchRequest } from '../../../src/search/search-engine.js';
import type { Criterion, IndexEntry, ResourceVersion, Store, StoreQuery } from '../../../src/storage/store.js';

export const BASE_URL = 'https://server.example/r4';
const NOW = Date.parse('2024-06-15T00:00:00Z');

export const registry = createConformanceRegistry({ core: new CoreDefinitions(openCoreDefinitions()) });
export const model = createTypeModel(registry);
const statement = { resourceType: 'CapabilityStatement', rest: [{ mode: 'server' }] } as unknown as CapabilityStatement;
export const { policy } = readCapabilityPolicy(statement, registry, { everyType: true } as ApiConfig);
export const engine = createSearchEngine({ conformance: registry, model, compileExpression, clock: () => NOW });

export function policyOf(...types: string[]): readonly ResourcePolicy[] {
  return types.map((type) => policy.resources.get(type) as ResourcePolicy);
}

/** `+` stands for itself here, as in a query that was decoded well. */
export function pairsOf(query: string): readonly SearchPair[] {
  return [...new URLSearchParams(query.replaceAll('+', '%2B'))];
}

export const OPTIONS: SearchParseOptions = { lenient: false, defaultCount: 50, maxCount: 1000, baseUrl: BASE_URL };

export function parse(type: string, query: string, options: Partial<SearchParseOptions> = {}): SearchRequest {
  const parsed = engine.parse(policy, policyOf(...type.split(',')), pairsOf(query), { ...OPTIONS, ...options });
  if ('issues' in parsed) throw new Error(parsed.issues.map(({ diagnostics }) => diagnostics).join('; '));
  return parsed.request;
}

export function issuesOf(type: string, query: string, options: Partial<SearchParseOptions> = {}): readonly Issue[] {
  const parsed = engine.parse(policy, policyOf(...type.split(',')), pairsOf(query), { ...OPTIONS, ...options });
  return 'issues' in parsed ? parsed.issues : [];
}

interface StoredResource {
  readonly version: ResourceVersion;
  readonly index: readonly IndexEntry[];
}

/** Evaluates every criterion on every resource. */
export class SmallStore implements Pick<Store, 'search' | 'getMany' | 'count'> {
  readonly resources: StoredResource[] = [];
  searches = 0;

  add(...resources: JsonObject[]): this {
    for (const resource of resources) {
      const { resourceType: type, id, meta } = resource;
      const lastUpdated = Date.parse(((meta as JsonObject | undefined)?.['lastUpdated'] as string | undefined) ?? '2024-01-01T00:00:00Z');
      const version = {
        type: String(type),
        id: String(id),
        versionId: 1,
        lastUpdated,
        method: 'POST',
        json: JSON.stringify(resource),
      } as const;
      this.resources.push({ version, index: engine.indexResource(resource) });
    }
    return this;
  }

  async search(query: StoreQuery) {
    this.searches += 1;
    const all = this.#matching(query).filter(({ id }) => query.after === undefined || id > query.after);
    const from = query.offset ?? 0;
    const matches = all.slice(from, from + query.limit);
    const last = matches.at(-1);
    return {
      matches,
      ...(last !== undefined && all.length > from + query.limit && { next: last.id }),
      ...(query.total && { total: this.#matching(query).length }),
    };
  }

  async count(query: Pick<StoreQuery, 'namespace' | 'types' | 'criterion'>) {
    return this.#matching(query).length;
  }

  async getMany(_namespace: string, keys: readonly { readonly type: string; readonly id: string }[]) {
    return keys.map((key) => this.resources.find(({ version }) => version.type === key.type && version.id === key.id)?.version);
  }

  #matching({ types, criterion }: Pick<StoreQuery, 'types' | 'criterion'>): readonly ResourceVersion[] {
    return this.resources
      .filter(({ version }) => types.includes(version.type))
      .filter((stored) => criterion === undefined || matches(criterion, stored))
      .map(({ version }) => version)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

const COMPARE = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
};

function matches(criterion: Criterion, stored: StoredResource): boolean {
  const { version, index } = stored;
  switch (criterion.op) {
    case 'and':
      return criterion.of.every((one) => matches(one, stored));
    case 'or':
      return criterion.of.some((one) => matches(one, stored));
    case 'not':
      return !matches(criterion.of, stored);
    case 'term':
      return index.some((entry) => entry.kind === 'term' && entry.param === criterion.param && criterion.values.includes(entry.value));
    case 'string': {
      const { param, value, match } = criterion;
      const fits = (text: string): boolean =>
        match === 'equals' ? text === value : match === 'starts' ? text.startsWith(value) : text.includes(value);
      return index.some((entry) => entry.kind === 'string' && entry.param === param && fits(entry.value));
    }
    case 'range':
      return index.some(
        (entry) =>
          entry.kind === 'range' &&
          entry.param === criterion.param &&
          criterion.bounds.every(({ side, compare, value }) => COMPARE[compare](entry[side], value)),
      );
    case 'exists':
      return index.some(({ param }) => param === criterion.param);
    case 'id':
      return criterion.ids.includes(version.id);
    case 'lastUpdated':
      return criterion.bounds.every(({ compare, value }) => COMPARE[compare](version.lastUpdated, value));
  }
}

export function contextOf(store: SmallStore, more: Partial<SearchContext> = {}): SearchContext {
  return { store, namespace: 'r4', search: engine, conformance: registry, baseUrl: BASE_URL, ...more };
}

export async function run(store: SmallStore, type: string, query: string): Promise<SearchsetPage> {
  return executeSearch(contextOf(store), parse(type, query));
}

/** Ids that a query finds among these resources of one type (given without resourceType), in order. */
export async function idsOf(type: string, resources: Readonly<Record<string, JsonObject>>, query: string): Promise<readonly string[]> {
  const store = new SmallStore().add(...Object.entries(resources).map(([id, resource]) => ({ resourceType: type, id, ...resource })));
  const page = await run(store, type, query);
  return page.matches.map(({ id }) => id);
}
