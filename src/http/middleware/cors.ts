/** Cross-origin requests: https://fetch.spec.whatwg.org/#http-cors-protocol. Preflights carry no token and need none. */
import koaCors from '@koa/cors';
import type { HttpMiddleware } from '../request-state.js';

/** Headers of answers that a page may read, beyond those that every page may. */
const EXPOSED_HEADERS = [
  'Accept-Patch',
  'Allow',
  'Content-Location',
  'Correlation-Id',
  'ETag',
  'Last-Modified',
  'Location',
  'Preference-Applied',
  'Retry-After',
  'Server-Timing',
  'WWW-Authenticate',
  'X-Correlation-Id',
  'X-Profile-Resolved',
  'X-Request-Id',
];

export function cors(origins: readonly string[]): HttpMiddleware {
  const allowed = new Set(origins);
  return koaCors({
    origin: allowed.has('*') ? '*' : (ctx) => (allowed.has(ctx.get('Origin')) ? ctx.get('Origin') : ''),
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposeHeaders: EXPOSED_HEADERS,
    maxAge: 600,
    keepHeadersOnError: false,
  });
}
