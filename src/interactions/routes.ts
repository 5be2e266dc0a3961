/**
 * Paths of the RESTful API: https://hl7.org/fhir/R4/http.html#summary. Each path says which interaction each method is;
 * the API's policy says which of them exist. What exists for no method is answered 501, for another method 405. HTTP requests
 * and the entries of Bundles are both read by this table.
 */
import type { InteractionCode, ResourcePolicy } from '../conformance/capability-statement.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { Api } from '../services.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type RouteParams = Readonly<Partial<Record<'type' | 'id' | 'versionId' | 'operation' | 'holder' | 'holderId', string>>>;

interface Route {
  readonly segments: readonly string[];
  readonly methods: Readonly<Partial<Record<Method, InteractionCode>>>;
  /** PUT, PATCH and DELETE address what a search finds. */
  readonly conditional: boolean;
}

interface Match {
  readonly route: Route;
  readonly params: RouteParams;
}

/** What a method and a path ask for. */
export interface RoutedInteraction extends Omit<RouteParams, 'holder' | 'holderId'> {
  readonly interaction: InteractionCode;
  /** The resource in whose compartment is searched. */
  readonly compartment?: { readonly type: string; readonly id: string };
}

/** Operations that change what is stored, and are no GET: https://hl7.org/fhir/R4/operations.html#request */
const POST_ONLY: ReadonlySet<string> = new Set(['meta-add', 'meta-delete']);

/** The first that fits counts. */
const ROUTES: readonly Route[] = [
  // whether it is a batch, the Bundle says
  route('/', { GET: 'search-system', POST: 'transaction' }),
  route('/metadata', { GET: 'capabilities' }),
  route('/_search', { POST: 'search-system' }),
  route('/_history', { GET: 'history-system' }),
  route('/$:operation', { GET: 'operation', POST: 'operation' }),
  route('/:type', { GET: 'search-type', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }, true),
  route('/:type/_search', { POST: 'search-type' }),
  route('/:type/_history', { GET: 'history-type' }),
  route('/:type/$:operation', { GET: 'operation', POST: 'operation' }),
  route('/:type/:id', { GET: 'read', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }),
  route('/:type/:id/_history', { GET: 'history-instance' }),
  route('/:type/:id/_history/:versionId', { GET: 'vread' }),
  route('/:type/:id/$:operation', { GET: 'operation', POST: 'operation' }),
  // what belongs to a resource: https://hl7.org/fhir/R4/compartmentdefinition.html
  route('/:holder/:holderId/:type', { GET: 'search-type' }),
  route('/:holder/:holderId/:type/_search', { POST: 'search-type' }),
];

function route(path: string, methods: Route['methods'], conditional = false): Route {
  return { segments: toSegments(path), methods, conditional };
}

/** `path` lies below the API's base: `/Patient/1`, empty for the base itself. Throws 501 or 405. */
export function routeInteraction(api: Api, method: string, path: string): RoutedInteraction {
  const { route, params } = matchPath(api, path);
  const interaction = route.methods[(method === 'HEAD' ? 'GET' : method) as Method];
  if (interaction !== undefined && isRouteOffered(api, route, method, interaction, params)) return toRouted(interaction, params);
  const allowed = methodsOffered(api, route, params);
  if (allowed.length === 0) throw notOffered(api, `'${shorten(method)} ${shorten(path === '' ? '/' : path)}'`);
  throw new FhirError('method-not-allowed', `The API '${api.name}' offers ${allowed.join(', ')} here, but not ${shorten(method)}`, {
    headers: { Allow: allowed.join(', ') },
  });
}

function toRouted(interaction: InteractionCode, { holder, holderId, ...params }: RouteParams): RoutedInteraction {
  if (holder === undefined || holderId === undefined) return { interaction, ...params };
  return { interaction, ...params, compartment: { type: holder, id: holderId } };
}

/** The methods that exist for a path; throws 501 where there is no such path. */
export function allowedMethods(api: Api, path: string): readonly string[] {
  const { route, params } = matchPath(api, path);
  return methodsOffered(api, route, params);
}

/** Whether the API's policy lists the interaction. */
export function isOffered({ policy }: Api, { interaction, type, operation }: RoutedInteraction): boolean {
  const resource = type === undefined ? undefined : policy.resources.get(type);
  if (type !== undefined && resource === undefined) return false;
  if (operation !== undefined) return (resource ?? policy).operations.some(({ name }) => name === operation);
  return (resource ?? policy).interactions.has(interaction);
}

export function notOffered(api: Api, what: string): FhirError {
  const { basePath } = api.config;
  return new FhirError('not-implemented', `The API '${api.name}' does not offer ${what}; ${basePath}/metadata lists what it offers`);
}

function matchPath(api: Api, path: string): Match {
  const segments = toSegments(path);
  for (const candidate of ROUTES) {
    const params = matchSegments(candidate.segments, segments);
    if (params === undefined) continue;
    if (params.holder !== undefined && !api.policy.compartments.has(params.holder)) {
      throw notOffered(api, `the compartment of '${params.holder.slice(0, 64)}'`);
    }
    if (params.type !== undefined && !api.policy.resources.has(params.type)) {
      throw notOffered(api, `the resource type '${params.type.slice(0, 64)}'`);
    }
    return { route: candidate, params };
  }
  throw notOffered(api, `the path '${shorten(path)}'`);
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): RouteParams | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const found = segments[index] as string;
    const colon = wanted.indexOf(':');
    if (colon < 0) {
      if (wanted !== found) return undefined;
    } else {
      // all that stands before the colon is the `$` of an operation
      if (found.length <= colon || !found.startsWith(wanted.slice(0, colon))) return undefined;
      params[wanted.slice(colon + 1)] = decode(found.slice(colon));
    }
  }
  return params;
}

function isRouteOffered(api: Api, route: Route, method: string, interaction: InteractionCode, params: RouteParams): boolean {
  const resource = params.type === undefined ? undefined : api.policy.resources.get(params.type);
  if (interaction === 'transaction' && isOffered(api, { interaction: 'batch' })) return true;
  if (!isOffered(api, { interaction, ...params })) return false;
  if (params.operation !== undefined && method !== 'POST' && POST_ONLY.has(params.operation)) return false;
  return !route.conditional || resource === undefined || isConditionOffered(method, resource);
}

function isConditionOffered(method: string, resource: ResourcePolicy): boolean {
  if (method === 'PUT' || method === 'PATCH') return resource.conditionalUpdate;
  if (method === 'DELETE') return resource.conditionalDelete !== 'not-supported';
  return true;
}

function methodsOffered(api: Api, route: Route, params: RouteParams): readonly string[] {
  const methods = Object.entries(route.methods) as [Method, InteractionCode][];
  const offered = methods.filter(([method, interaction]) => isRouteOffered(api, route, method, interaction, params));
  return offered.flatMap(([method]) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}

function toSegments(path: string): readonly string[] {
  if (path === '' || path === '/') return [];
  const segments = path.slice(1).split('/');
  // many clients escape the sign of an operation, which can only stand last
  const last = segments.length - 1;
  if (segments[last]?.startsWith('%24')) segments[last] = `$${segments[last].slice(3)}`;
  return segments;
}

function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new FhirError('malformed-request', 'The path has a percent escape that is broken or is not UTF-8', { location: 'http.url' });
  }
}

function shorten(text: string): string {
  return text.slice(0, 120);
}
