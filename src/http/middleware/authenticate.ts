/** Who asks: https://www.rfc-editor.org/rfc/rfc6750. Everything after this middleware has a principal, or is public. */
import type { TokenVerifier } from '../../auth/access-token.js';
import { timed } from '../../observability/stopwatch.js';
import type { HttpMiddleware } from '../request-state.js';

/** What an API tells everyone. */
const PUBLIC_PATHS: ReadonlySet<string | undefined> = new Set(['/metadata', '/.well-known/smart-configuration']);

export function authenticate(verifier: TokenVerifier): HttpMiddleware {
  return async (ctx, next) => {
    const { api, apiPath } = ctx.state;
    if (!PUBLIC_PATHS.has(apiPath)) {
      const schemes = api?.config.tokenSchemes?.map((scheme) => scheme.toLowerCase());
      ctx.state.principal = await timed(ctx.state.stopwatch, 'auth', () => verifier.verify(ctx.get('Authorization'), schemes));
    }
    await next();
  };
}
