/** A name for each request, the caller's own when it is well-formed; it comes back in the answer. */
import { randomUUID } from 'node:crypto';
import type { HttpMiddleware } from '../request-state.js';

/** Nothing that could break a log line or a header. */
const WELL_FORMED = /^[A-Za-z0-9._:/+=-]{1,128}$/;
const CORRELATION_HEADERS = ['Correlation-Id', 'X-Correlation-Id'] as const;

export function requestId(): HttpMiddleware {
  return (ctx, next) => {
    const given = ctx.get('X-Request-Id');
    ctx.state.requestId = WELL_FORMED.test(given) ? given : randomUUID();
    ctx.set('X-Request-Id', ctx.state.requestId);
    for (const header of CORRELATION_HEADERS) {
      const correlationId = ctx.get(header);
      if (!WELL_FORMED.test(correlationId)) continue;
      ctx.state.correlationId = correlationId;
      ctx.set(header, correlationId);
    }
    return next();
  };
}
