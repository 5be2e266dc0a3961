/** Who asks: https://www.rfc-editor.org/rfc/rfc6750. Everything after this middleware has a principal, or is public. */
import type { TokenVerifier } from '../../auth/access-token.js';
import { timed } from '../../observability/stopwatch.js';
import type { HttpContext, HttpMiddleware } from '../request-state.js';
import { findByHost, type HttpTenant, requireCaller } from '../tenancy.js';

/** What an API tells everyone. */
const PUBLIC_PATHS: ReadonlySet<string | undefined> = new Set(['/metadata', '/.well-known/smart-configuration']);

/** `tenants`: by the name of the API. */
export function authenticate(verifier: TokenVerifier, tenants: ReadonlyMap<string, readonly HttpTenant[]>): HttpMiddleware {
  return async (ctx, next) => {
    const { api, apiPath } = ctx.state;
    const known = api === undefined ? undefined : tenants.get(api.name);
    if (known !== undefined) {
      await timed(ctx.state.stopwatch, 'auth', async () => enter(ctx, known));
    } else if (!PUBLIC_PATHS.has(apiPath)) {
      const schemes = api?.config.tokenSchemes?.map((scheme) => scheme.toLowerCase());
      ctx.state.principal = await timed(ctx.state.stopwatch, 'auth', () => verifier.verify(ctx.get('Authorization'), schemes));
    }
    await next();
  };
}

/** From here on the request is about the tenant's part of the API. */
function enter(ctx: HttpContext, tenants: readonly HttpTenant[]): void {
  const { api, apiPath } = ctx.state;
  const host = findByHost(ctx, tenants);
  if (host !== undefined) {
    ctx.state.api = host.api;
    ctx.state.tenantDomain = host.domains[0];
  }
  if (apiPath === '/metadata') return;
  const caller = requireCaller(ctx.get('Authorization'), api?.config.tokenSchemes ?? [], tenants, host);
  ctx.state.api = caller.tenant.api;
  ctx.state.principal = caller.principal;
}
