/** One line for each request. */
import { createHash } from 'node:crypto';
import type { Principal } from '../../auth/principal.js';
import type { Logger, RequestLine } from '../../observability/logger.js';
import type { HttpMiddleware } from '../request-state.js';

export function accessLog(logger: Logger): HttpMiddleware {
  const hashes = new WeakMap<Principal, string>();
  const hashOf = (principal: Principal): string => {
    let hash = hashes.get(principal);
    if (hash === undefined) {
      hash = createHash('sha256').update(principal.subject).digest('hex').slice(0, 16);
      hashes.set(principal, hash);
    }
    return hash;
  };

  return async (ctx, next) => {
    const start = performance.now();
    try {
      await next();
    } finally {
      const { state } = ctx;
      const line: RequestLine = {
        requestId: state.requestId,
        correlationId: state.correlationId,
        method: ctx.method,
        api: state.api?.name,
        interaction: state.interaction,
        type: state.type,
        status: ctx.status,
        ms: Math.round((performance.now() - start) * 100) / 100,
        bytes: ctx.length ?? 0,
        principal: state.principal === undefined ? undefined : hashOf(state.principal),
        issues: state.issueCodes,
      };
      logger.info(line, 'request');
    }
  };
}
