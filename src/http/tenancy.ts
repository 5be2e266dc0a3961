/** Whose request it is, for the APIs that have tenants: the host says so or the key does, and where both do they agree. */
import type { Principal } from '../auth/principal.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { Api } from '../services.js';
import type { HttpContext } from './request-state.js';

/** As `tenants.ts` opens them. */
export interface HttpTenant {
  readonly domains: readonly string[];
  readonly api: Api;
  readonly keys: (key: string) => Principal | undefined;
}

const REALM = 'kauri';

/** The tenant whose domain the request was sent to; undefined where it is nobody's. */
export function findByHost<T extends HttpTenant>({ hostname }: Pick<HttpContext, 'hostname'>, tenants: readonly T[]): T | undefined {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return tenants.find(({ domains }) => domains.includes(name));
}

export interface Caller {
  readonly tenant: HttpTenant;
  readonly principal: Principal;
}

/** `host`: the tenant of the domain. Throws 401 where the key is none, or another tenant's. */
export function requireCaller(
  authorization: string | undefined,
  schemes: readonly string[],
  tenants: readonly HttpTenant[],
  host: HttpTenant | undefined,
): Caller {
  const [wanted = 'Token'] = schemes;
  const refuse = (message: string): FhirError => {
    const challenge = schemes.map((scheme) => `${scheme} realm="${REALM}"`).join(', ');
    return new FhirError('unauthorized', message, { location: 'http.Authorization', headers: { 'WWW-Authenticate': challenge } });
  };
  if (authorization === undefined || authorization === '') throw refuse(`A key is required: send it as Authorization: ${wanted} KEY`);
  const [, scheme = '', key = ''] = /^(\S+)\s+(\S+)\s*$/.exec(authorization) ?? [];
  if (!schemes.some((one) => one.toLowerCase() === scheme.toLowerCase())) {
    throw refuse(`The Authorization header has a scheme that this API does not take, or no key: send ${wanted} KEY`);
  }
  // a key of another tenant is as wrong here as one that nobody has
  let caller: Caller | undefined;
  for (const tenant of tenants) {
    const principal = tenant.keys(key);
    if (principal !== undefined && (host === undefined || host === tenant)) caller ??= { tenant, principal };
  }
  if (caller === undefined) throw refuse('The key of the Authorization header is not valid');
  return caller;
}

/** `origin` with the tenant's domain in place of its host; the port stays, as no caller may choose what links say. */
export function tenantOrigin(origin: string, domain: string): string {
  const { protocol, port, pathname } = new URL(origin);
  return `${protocol}//${domain}${port === '' ? '' : `:${port}`}${pathname === '/' ? '' : pathname}`;
}
