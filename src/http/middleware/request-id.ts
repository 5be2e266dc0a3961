/** A name for each request, the caller's own when it is well-formed; it comes back in the answer as it was sent. */
import { randomUUID } from 'node:crypto';
import type { HttpMiddleware } from '../request-state.js';

/** Visible ASCII with spaces between: nothing that could break a log line or a header. */
const WELL_FORMED = /^[\x20-\x7e]{1,256}$/;
const CORRELATION_HEADERS = Object.entries({ 'correlation-id': 'Correlation-Id', 'x-correlation-id': 'X-Correlation-Id' });

export function requestId(): HttpMiddleware {
  return (ctx, next) => {
    const { headers } = ctx.req;
    const given = headers['x-request-id'];
    const requestId = isWellFormed(given) ? given : randomUUID();
    ctx.state.requestId = requestId;
    ctx.res.setHeader('X-Request-Id', requestId);
    for (const [name, echoed] of CORRELATION_HEADERS) {
      const correlationId = headers[name];
      if (!isWellFormed(correlationId)) continue;
      ctx.state.correlationId = correlationId;
      ctx.res.setHeader(echoed, correlationId);
    }
    return next();
  };
}

function isWellFormed(header: string | string[] | undefined): header is string {
  return typeof header === 'string' && WELL_FORMED.test(header);
}
