/**
 * Paths of the RESTful API: https://hl7.org/fhir/R4/http.html#summary. Each path says which interaction each method is;
 * the API's policy says which of them exist. What exists for no method is answered 501, for another method 405.
 */
import { Router } from '@koa/router';
import type { InteractionCode, OperationPolicy, ResourcePolicy } from '../conformance/capability-statement.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { Api } from '../services.js';
import type { HttpContext, HttpMiddleware, RequestState } from './request-state.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Route {
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, InteractionCode>>>;
  /** PUT, PATCH and DELETE address what a search finds. */
  readonly conditional?: boolean;
}

/** The first that fits counts. */
const ROUTES: readonly Route[] = [
  { path: '/', methods: { GET: 'search-system', POST: 'transaction' } },
  { path: '/metadata', methods: { GET: 'capabilities' } },
  { path: '/_search', methods: { POST: 'search-system' } },
  { path: '/_history', methods: { GET: 'history-system' } },
  { path: '/$:operation', methods: { GET: 'operation', POST: 'operation' } },
  {
    path: '/:type',
    methods: { GET: 'search-type', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' },
    conditional: true,
  },
  { path: '/:type/_search', methods: { POST: 'search-type' } },
  { path: '/:type/_history', methods: { GET: 'history-type' } },
  { path: '/:type/$:operation', methods: { GET: 'operation', POST: 'operation' } },
  { path: '/:type/:id', methods: { GET: 'read', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } },
  { path: '/:type/:id/_history', methods: { GET: 'history-instance' } },
  { path: '/:type/:id/_history/:versionId', methods: { GET: 'vread' } },
  { path: '/:type/:id/$:operation', methods: { GET: 'operation', POST: 'operation' } },
];

type RouteParams = Readonly<Partial<Record<'type' | 'id' | 'versionId' | 'operation', string>>>;

/** Middleware for what lies below an API's base; `handlers` run once the interaction is known to exist. */
export function routes(handlers: readonly HttpMiddleware[]): HttpMiddleware {
  const router = new Router<RequestState>({ sensitive: true });
  for (const route of ROUTES) router.all(route.path, matchRoute(route), ...handlers);
  const dispatch = router.routes() as HttpMiddleware;
  return async (ctx, next) => {
    const { api, apiPath } = ctx.state;
    if (api === undefined) return next();
    // one router serves every API: it sees the path below the base only
    ctx['newRouterPath'] = apiPath === '' ? '/' : apiPath;
    await dispatch(ctx, async () => {
      throw notOffered(api, `the path '${describePath(ctx)}'`);
    });
  };
}

function matchRoute(route: Route): HttpMiddleware {
  return (ctx, next) => {
    const api = ctx.state.api as Api;
    const params = ctx['params'] as RouteParams;
    if (params.type !== undefined) {
      if (!api.policy.resources.has(params.type)) throw notOffered(api, `the resource type '${params.type.slice(0, 64)}'`);
      ctx.state.type = params.type;
    }
    if (ctx.method === 'OPTIONS') {
      ctx.set('Allow', allowedMethods(route, api, params).join(', '));
      ctx.status = 204;
      return;
    }
    const method = (ctx.method === 'HEAD' ? 'GET' : ctx.method) as Method;
    const interaction = route.methods[method];
    if (interaction === undefined || !isOffered(interaction, method, route, api, params)) {
      throw refuse(ctx, route, api, params);
    }
    ctx.state.interaction = interaction;
    if (params.id !== undefined) ctx.state.id = params.id;
    if (params.versionId !== undefined) ctx.state.versionId = params.versionId;
    if (params.operation !== undefined) ctx.state.operation = params.operation;
    return next();
  };
}

function isOffered(interaction: InteractionCode, method: Method, route: Route, api: Api, params: RouteParams): boolean {
  const { policy } = api;
  const resource = params.type === undefined ? undefined : policy.resources.get(params.type);
  if (params.operation !== undefined) {
    const operations: readonly OperationPolicy[] = resource?.operations ?? policy.operations;
    return operations.some(({ name }) => name === params.operation);
  }
  if (resource === undefined) {
    if (interaction === 'transaction') return policy.interactions.has('transaction') || policy.interactions.has('batch');
    return policy.interactions.has(interaction);
  }
  if (!resource.interactions.has(interaction)) return false;
  return route.conditional !== true || isConditionOffered(method, resource);
}

function isConditionOffered(method: Method, resource: ResourcePolicy): boolean {
  if (method === 'PUT' || method === 'PATCH') return resource.conditionalUpdate;
  if (method === 'DELETE') return resource.conditionalDelete !== 'not-supported';
  return true;
}

function allowedMethods(route: Route, api: Api, params: RouteParams): readonly string[] {
  const methods = Object.entries(route.methods) as [Method, InteractionCode][];
  const offered = methods.filter(([method, interaction]) => isOffered(interaction, method, route, api, params));
  return offered.flatMap(([method]) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}

function refuse(ctx: HttpContext, route: Route, api: Api, params: RouteParams): FhirError {
  const allowed = allowedMethods(route, api, params);
  if (allowed.length === 0) return notOffered(api, `'${ctx.method} ${describePath(ctx)}'`);
  return new FhirError('method-not-allowed', `The API '${api.name}' offers ${allowed.join(', ')} here, but not ${ctx.method}`, {
    headers: { Allow: allowed.join(', ') },
  });
}

export function notOffered(api: Api, what: string): FhirError {
  return new FhirError(
    'not-implemented',
    `The API '${api.name}' does not offer ${what}; ${api.config.basePath}/metadata lists what it offers`,
  );
}

function describePath(ctx: HttpContext): string {
  return (ctx.state.apiPath ?? ctx.path).slice(0, 120);
}
