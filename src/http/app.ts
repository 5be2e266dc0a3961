/** The way of a request, from its first header to the table of interactions and back. */
import Koa from 'koa';
import type { TokenVerifier } from '../auth/access-token.js';
import type { RequestContextReader } from '../auth/request-context.js';
import type { DevelopmentIssuer } from '../auth/token-endpoint.js';
import type { InteractionCode } from '../conformance/capability-statement.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { Interaction, InteractionRequest, InteractionResponse } from '../interactions/interaction.js';
import { notOffered } from '../interactions/routes.js';
import type { Logger } from '../observability/logger.js';
import type { Metrics } from '../observability/metrics.js';
import type { Services } from '../services.js';
import { accessLog } from './middleware/access-log.js';
import { authenticate } from './middleware/authenticate.js';
import { compression } from './middleware/compression.js';
import { cors } from './middleware/cors.js';
import { errorToOutcome } from './middleware/error-to-outcome.js';
import { findApi } from './middleware/find-api.js';
import { metrics } from './middleware/metrics.js';
import { negotiate } from './middleware/negotiate.js';
import { readBody } from './middleware/read-body.js';
import { requestContext } from './middleware/request-context.js';
import { requestId } from './middleware/request-id.js';
import { requireHost } from './middleware/require-host.js';
import { serverTiming } from './middleware/server-timing.js';
import type { HttpMiddleware, RequestState } from './request-state.js';
import { routes } from './routes.js';
import { sendResponse } from './send-response.js';
import { sendJson, serverRoutes } from './server-routes.js';
import { smartConfiguration, type TokenIssuer } from './smart-configuration.js';
import { type HttpTenant, tenantOrigin } from './tenancy.js';
import { toInteractionRequest } from './to-interaction-request.js';

export interface AppOptions {
  readonly services: Services;
  readonly interactions: Readonly<Partial<Record<InteractionCode, Interaction>>>;
  readonly verifier: TokenVerifier;
  /** By the name of the API; those that have no tenants are not there. */
  readonly tenants: ReadonlyMap<string, readonly HttpTenant[]>;
  /** By the name of the API; those that take no Request-Context have none. */
  readonly requestContexts: ReadonlyMap<string, RequestContextReader>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Public URL of the server without a slash at the end; read for each request, as a port may be known late. */
  readonly origin: () => string;
  readonly tokenIssuer: () => TokenIssuer;
  readonly developmentIssuer?: DevelopmentIssuer | undefined;
  readonly isAccepting: () => boolean;
}

export function createApp(options: AppOptions): Koa<RequestState> {
  const { services, logger } = options;
  const { config, apis } = services;
  const app = new Koa<RequestState>();
  app.on('error', (error: Error) => {
    // only what breaks while the answer is on its way comes here: callers who hang up, mostly
    logger.warn({ err: { name: error.name, message: error.message } }, 'an answer could not be sent');
  });
  app.use(requestId());
  app.use(accessLog(logger));
  app.use(metrics(options.metrics));
  app.use(serverTiming(options.metrics));
  app.use(compression());
  app.use(errorToOutcome(logger));
  app.use(requireHost());
  app.use(cors(config.cors.origins));
  app.use(findApi(apis));
  app.use(
    serverRoutes({
      store: services.store,
      metrics: options.metrics,
      verifier: options.verifier,
      limits: config.limits,
      issuer: options.developmentIssuer,
      origin: options.origin,
      isAccepting: options.isAccepting,
    }),
  );
  app.use(authenticate(options.verifier, options.tenants));
  app.use(requestContext(options.requestContexts));
  app.use(answerSmartConfiguration(options.tokenIssuer));
  // the route is matched first, so that what does not exist is 501 whatever its body and headers are
  app.use(routes(apis));
  app.use(negotiate());
  app.use(readBody(config.limits));
  app.use(interact(options));
  return app;
}

function answerSmartConfiguration(tokenIssuer: () => TokenIssuer): HttpMiddleware {
  return (ctx, next) => {
    // where no token is taken there is nothing to discover
    if (ctx.state.apiPath !== '/.well-known/smart-configuration' || ctx.state.api?.takesKeysOnly === true) return next();
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      throw new FhirError('method-not-allowed', `The method here is GET, not ${ctx.method}`, { headers: { Allow: 'GET, HEAD' } });
    }
    return sendJson(ctx, 200, smartConfiguration(tokenIssuer()));
  };
}

function interact({ services, interactions, origin, logger }: AppOptions): HttpMiddleware {
  const { requestTimeoutMs } = services.config.limits;
  const baseUrls = new Map<string, string>();
  return async (ctx) => {
    const api = ctx.state.api as InteractionRequest['api'];
    const { tenantDomain } = ctx.state;
    const host = `${api.name} ${tenantDomain ?? ''}`;
    let baseUrl = baseUrls.get(host);
    if (baseUrl === undefined) {
      baseUrl = `${tenantDomain === undefined ? origin() : tenantOrigin(origin(), tenantDomain)}${api.config.basePath}`;
      baseUrls.set(host, baseUrl);
    }
    const lateness = new AbortController();
    const request = toInteractionRequest(ctx, baseUrl, lateness.signal);
    const handle = interactions[request.interaction];
    if (handle === undefined) throw notOffered(api, `the interaction '${request.interaction}'`);
    const response = await withinTime(handle({ ...services, stopwatch: ctx.state.stopwatch }, request), requestTimeoutMs, lateness);
    for (const fault of response.faults ?? []) logger.error({ requestId: request.requestId, err: fault }, 'an entry of a batch failed');
    sendResponse(ctx, request, response);
    const { stream } = response;
    if (stream !== undefined) {
      ctx.res.once('close', () => {
        for (const fault of stream.faults) logger.error({ requestId: request.requestId, err: fault }, 'a line of an import failed');
      });
    }
  };
}

/** A write that was begun may still end well after this; the caller finds out by asking again. */
async function withinTime(
  answer: Promise<InteractionResponse>,
  timeoutMs: number,
  lateness: AbortController,
): Promise<InteractionResponse> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `The answer took longer than ${timeoutMs} ms; whether a write was done can be found by reading`;
      reject(new FhirError('request-timeout', message, { status: 503, headers: { 'Retry-After': '10' } }));
      lateness.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([answer, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
