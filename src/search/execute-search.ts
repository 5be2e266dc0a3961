/** A SearchRequest -> one page of matches and what they include. https://hl7.org/fhir/R4/search.html */
import { DEFAULT_SEARCH_LIMITS } from '../conformance/api-config.js';
import { FhirError } from '../fhir/fhir-error.js';
import { insufficientScope } from '../fhir/insufficient-scope.js';
import { isJsonObject } from '../fhir/json.js';
import type { Issue } from '../fhir/operation-outcome.js';
import { type Criterion, type ResourceVersion, StoreError, type StorePage, type StoreQuery } from '../storage/store.js';
import { collectIncludes } from './include.js';
import { allOf } from './parameter-types/parameter-type.js';
import { localForms } from './parameter-types/reference.js';
import { createProjection, type Projection } from './projection.js';
import { type SearchContext, toLocal } from './search-context.js';
import type { JoinTarget, SearchJoin, SearchRequest } from './search-engine.js';

/** What a searchset Bundle is made of. */
export interface SearchsetPage {
  readonly matches: readonly ResourceVersion[];
  readonly includes: readonly ResourceVersion[];
  /** Undefined unless asked for. */
  readonly total: number | undefined;
  /** The store's cursor when more matches follow. */
  readonly next: string | undefined;
  /** What was ignored under lenient handling: an outcome entry tells it. */
  readonly warnings: readonly Issue[];
  /** For `_elements` and `_summary`; undefined when resources go out whole. */
  readonly projection: Projection | undefined;
}

/** Rejects with FhirError where the search asks too much, goes through types that the caller may not read, or has a bad cursor. */
export async function executeSearch(context: SearchContext, request: SearchRequest): Promise<SearchsetPage> {
  const criterion = await resolveCriterion(context, request);
  const query = { namespace: context.namespace, types: request.types, ...(criterion !== undefined && { criterion }) };
  const projection = createProjection(request, context.conformance);
  const shared = { warnings: request.warnings, projection };
  if (request.summary === 'count') {
    const total = await context.store.count(query);
    return { ...shared, matches: [], includes: [], total, next: undefined };
  }
  const page = await searchStore(context.store, {
    ...query,
    sort: request.sort,
    limit: request.count,
    offset: request.offset,
    ...(request.after !== undefined && { after: request.after }),
    total: request.total !== 'none',
  });
  const includes = request.includes.length === 0 ? [] : await collectIncludes(context, page.matches, request.includes);
  return { ...shared, matches: page.matches, includes, total: page.total, next: page.next };
}

/** Rejects with FhirError where the cursor is none of the store's. */
export async function searchStore(store: SearchContext['store'], query: StoreQuery): Promise<StorePage> {
  try {
    return await store.search(query);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'bad-cursor') {
      throw new FhirError('invalid-parameter', "'_cursor' is none of this server's; take the links of a page as they are", {
        location: 'http._cursor',
        cause: error,
      });
    }
    throw error;
  }
}

/**
 * The request's criterion with its chains and `_has` answered, for executeSearch and for conditional interactions. Undefined
 * when there is none and everything of the type matches.
 */
export async function resolveCriterion(
  context: SearchContext,
  request: Pick<SearchRequest, 'types' | 'criterion' | 'joins'>,
): Promise<Criterion | undefined> {
  const criteria = request.criterion === undefined ? [] : [request.criterion];
  for (const join of request.joins) criteria.push(await resolveJoin(context, request.types, join));
  return allOf(criteria);
}

async function resolveJoin(context: SearchContext, types: readonly string[], join: SearchJoin): Promise<Criterion> {
  if (join.kind === 'reverse') {
    const sources = await findJoined(context, join.source);
    return { op: 'id', ids: referredIds(context, types, sources, join.param) };
  }
  const values: string[] = [];
  for (const target of join.targets) {
    for (const { type, id } of await findJoined(context, target)) values.push(...localForms(`${type}/${id}`, context));
  }
  const joined: Criterion = { op: 'term', param: join.param, values };
  return join.also === undefined ? joined : { op: 'or', of: [join.also, joined] };
}

async function findJoined(context: SearchContext, target: JoinTarget): Promise<readonly ResourceVersion[]> {
  const { type } = target;
  if (context.mayRead?.(type) === false) {
    const scope = `system/${type}.r`;
    throw insufficientScope(`The search goes through ${type}: the access token needs the scope '${scope}'`, scope);
  }
  const criterion = await resolveCriterion(context, { types: [type], criterion: target.criterion, joins: target.joins });
  const { joined } = { ...DEFAULT_SEARCH_LIMITS, ...context.limits };
  const { matches, next } = await context.store.search({
    namespace: context.namespace,
    types: [type],
    ...(criterion !== undefined && { criterion }),
    limit: joined,
    total: false,
  });
  if (next !== undefined) {
    throw new FhirError('too-many-entries', `More than ${joined} resources of type ${type} match inside the chain; narrow the search`);
  }
  return matches;
}

/** Ids of the resources of these types to which the sources' parameter points. */
function referredIds(
  context: SearchContext,
  types: readonly string[],
  sources: readonly ResourceVersion[],
  param: string,
): readonly string[] {
  const ids = new Set<string>();
  for (const { json } of sources) {
    const resource: unknown = json === undefined ? undefined : JSON.parse(json);
    if (!isJsonObject(resource)) continue;
    for (const text of context.search.referencesOf(resource, param)) {
      const relative = toLocal(text, context.baseUrl);
      const slash = relative.indexOf('/');
      if (types.includes(relative.slice(0, slash))) ids.add(relative.slice(slash + 1));
    }
  }
  return [...ids];
}
