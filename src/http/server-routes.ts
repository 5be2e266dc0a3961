/** What the server answers beside its APIs: health probes, metrics, and the development issuer where it is on. */
import { Router } from '@koa/router';
import type { TokenVerifier } from '../auth/access-token.js';
import { type DevelopmentIssuer, oauthError, type TokenResponse } from '../auth/token-endpoint.js';
import { FhirError } from '../fhir/fhir-error.js';
import { parseQuery } from '../fhir/query.js';
import type { Metrics } from '../observability/metrics.js';
import { timed } from '../observability/stopwatch.js';
import type { Store } from '../storage/store.js';
import { type BodyLimits, readText } from './middleware/read-body.js';
import type { HttpContext, HttpMiddleware, RequestState } from './request-state.js';

/** Where no API can be: the paths below and what may come to lie beside them. */
export const SERVER_PATHS: readonly string[] = ['/health', '/metrics', '/oauth2', '/.well-known'];

export interface ServerRoutesOptions {
  readonly store: Store;
  readonly metrics: Metrics;
  readonly verifier: TokenVerifier;
  readonly limits: BodyLimits;
  /** Absent: tokens come from elsewhere. */
  readonly issuer?: DevelopmentIssuer | undefined;
  /** `http://127.0.0.1:8080`; known once the server listens. */
  readonly origin: () => string;
  /** False while the server stops: a load balancer then sends nothing more. */
  readonly isAccepting: () => boolean;
}

export function serverRoutes(options: ServerRoutesOptions): HttpMiddleware {
  const router = new Router<RequestState>();

  router.get('/health/live', (ctx) => {
    sendJson(ctx, 200, { status: 'live' });
  });
  router.get('/health/ready', async (ctx) => {
    const health = options.isAccepting() ? await options.store.health() : { ready: false, message: 'The server is stopping' };
    sendJson(ctx, health.ready ? 200 : 503, { status: health.ready ? 'ready' : 'not ready', message: health.message });
  });
  // numbers of who asks for what are nobody's business without a token
  router.get('/metrics', async (ctx) => {
    await timed(ctx.state.stopwatch, 'auth', () => options.verifier.verify(ctx.get('Authorization')));
    ctx.set('Content-Type', options.metrics.contentType);
    ctx.set('Cache-Control', 'no-store');
    ctx.body = await options.metrics.print();
  });

  const { issuer } = options;
  if (issuer !== undefined) {
    router.post('/oauth2/token', async (ctx) => {
      sendToken(ctx, await answerTokenRequest(ctx, issuer, options.limits));
    });
    router.get('/oauth2/jwks', (ctx) => {
      sendJson(ctx, 200, issuer.jwks);
    });
    router.get(['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'], (ctx) => {
      sendJson(ctx, 200, discoveryDocument(options.origin()));
    });
  }

  const dispatch = router.routes() as HttpMiddleware;
  const known = router.stack;
  return async (ctx, next) => {
    const layer = ctx.state.api === undefined ? known.find((candidate) => candidate.match(ctx.path)) : undefined;
    if (layer === undefined) return next();
    await dispatch(ctx, async () => {
      const allowed = layer.methods.join(', ');
      throw new FhirError('method-not-allowed', `The methods here are ${allowed}, not ${ctx.method}`, { headers: { Allow: allowed } });
    });
  };
}

async function answerTokenRequest(ctx: HttpContext, issuer: DevelopmentIssuer, limits: BodyLimits): Promise<TokenResponse> {
  if (!ctx.is('application/x-www-form-urlencoded')) {
    return oauthError(400, 'invalid_request', 'The body must be application/x-www-form-urlencoded');
  }
  try {
    const form = parseQuery(await readText(ctx, limits), 'form');
    return await issuer.answer({ authorization: ctx.req.headers.authorization, form });
  } catch (error) {
    if (error instanceof FhirError && error.status === 400) return oauthError(400, 'invalid_request', error.message);
    throw error;
  }
}

function discoveryDocument(origin: string): Readonly<Record<string, unknown>> {
  return {
    issuer: origin,
    token_endpoint: `${origin}/oauth2/token`,
    jwks_uri: `${origin}/oauth2/jwks`,
    grant_types_supported: ['client_credentials'],
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    scopes_supported: ['system/*.cruds', 'user/*.cruds'],
  };
}

function sendToken(ctx: HttpContext, response: TokenResponse): void {
  ctx.set({ ...response.headers });
  ctx.status = response.status;
  ctx.set('Content-Type', 'application/json; charset=utf-8');
  ctx.body = JSON.stringify(response.body);
}

export function sendJson(ctx: HttpContext, status: number, value: unknown): void {
  ctx.status = status;
  ctx.set('Content-Type', 'application/json; charset=utf-8');
  ctx.body = JSON.stringify(value);
}
