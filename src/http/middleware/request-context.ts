/** On whose behalf and why, for the APIs that ask for it. */
import type { RequestContextReader } from '../../auth/request-context.js';
import type { HttpMiddleware } from '../request-state.js';

/** `readers`: by the name of the API. */
export function requestContext(readers: ReadonlyMap<string, RequestContextReader>): HttpMiddleware {
  return (ctx, next) => {
    const { api, principal } = ctx.state;
    // what is public is public without a reason too
    const read = api === undefined || principal === undefined ? undefined : readers.get(api.name);
    const context = read?.(ctx.get('Request-Context'));
    if (context !== undefined) ctx.state.context = context;
    return next();
  };
}
