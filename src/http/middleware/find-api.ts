/** Which API the path belongs to; no base path lies below another one's. */
import { FhirError } from '../../fhir/fhir-error.js';
import type { Api } from '../../services.js';
import type { HttpMiddleware } from '../request-state.js';

export function findApi(apis: readonly Api[]): HttpMiddleware {
  return (ctx, next) => {
    const path = ctx.path;
    if (path.includes('%')) requireDecodable(path);
    const api = apis.find(({ config: { basePath } }) => {
      return path.startsWith(basePath) && (path.length === basePath.length || path[basePath.length] === '/');
    });
    if (api !== undefined) {
      ctx.state.api = api;
      const below = path.slice(api.config.basePath.length);
      // with and without a slash at the end is the same path
      ctx.state.apiPath = below.endsWith('/') ? below.slice(0, -1) : below;
    }
    return next();
  };
}

function requireDecodable(path: string): void {
  try {
    decodeURIComponent(path);
  } catch {
    throw new FhirError('malformed-request', 'The path has a percent escape that is broken or is not UTF-8', { location: 'http.url' });
  }
}
