/**
 * APIs as they are served: each with its identifier systems, and where the configuration names tenants once more for each of them, in a
 * namespace of its own. Who a tenant's callers are is said by its keys alone.
 */
import { createKeyRing, type KeyRing } from './auth/key-ring.js';
import { ConfigError, type ServerConfig, type TenantConfig } from './config.js';
import { createIdentifierSystems } from './conformance/identifier-systems.js';
import type { Api } from './services.js';

export interface Tenant {
  readonly name: string;
  /** The first is the one that links and identifier systems are made of. */
  readonly domains: readonly string[];
  /** The API in the tenant's namespace. */
  readonly api: Api;
  readonly keys: KeyRing;
}

export interface ServedApis {
  readonly apis: readonly Api[];
  /** By the name of the API; those that have no tenants are not there. */
  readonly tenants: ReadonlyMap<string, readonly Tenant[]>;
}

/** `origin`: public URL of the server, known once it listens. Throws ConfigError. */
export function openTenants(config: ServerConfig, apis: readonly Api[], origin: () => string): ServedApis {
  requireApis(config.tenants, apis);
  const tenants = new Map<string, readonly Tenant[]>();
  const served = apis.map((api) => {
    const configured = config.tenants.filter((tenant) => tenant.api === api.name);
    if (configured.length === 0) return withSystems(api, config, origin);
    const base = { ...api, takesKeysOnly: true };
    tenants.set(
      api.name,
      configured.map((tenant) => openTenant(base, tenant, config, origin)),
    );
    return withSystems(base, config, origin);
  });
  return { apis: served, tenants };
}

function openTenant(api: Api, tenant: TenantConfig, config: ServerConfig, origin: () => string): Tenant {
  const { name, domains, keys } = tenant;
  const own = { ...api, namespace: `${api.name}/${name}` };
  return { name, domains, keys: createKeyRing(keys, `${api.name}/${name}`), api: withSystems(own, config, origin, tenant) };
}

function withSystems(api: Api, { identifierSystems }: ServerConfig, origin: () => string, tenant?: TenantConfig): Api {
  const { identifiers = {} } = api.config;
  if (Object.keys(identifiers).length === 0) return api;
  const { scheme, path, baseUrl, systems } = identifierSystems;
  const findIdentifierSystems = createIdentifierSystems(identifiers, {
    baseUrl: () =>
      (tenant?.systemBaseUrl ?? baseUrl)?.replace(/\/+$/, '') ?? `${scheme}://${tenant?.domains[0] ?? new URL(origin()).hostname}${path}`,
    canonical: { ...systems, ...tenant?.systems },
    ...(tenant !== undefined && { external: tenant.externalSystems }),
  });
  return { ...api, findIdentifierSystems };
}

/** A tenant of an API that is not served, or that takes no keys, would be a mistake that nobody sees. */
function requireApis(tenants: readonly TenantConfig[], apis: readonly Api[]): void {
  const faults = tenants.flatMap(({ api: name, name: tenant, systems, externalSystems }): readonly string[] => {
    const api = apis.find((one) => one.name === name);
    if (api === undefined) return [`the tenant '${tenant}' is of the API '${name}', which is not served (apis)`];
    if ((api.config.tokenSchemes ?? []).length === 0)
      return [`the tenant '${tenant}': the API '${name}' has no tokenSchemes in its api.json`];
    const types = Object.keys({ ...systems, ...externalSystems }).filter((type) => api.config.identifiers?.[type] === undefined);
    return types.map((type) => `the tenant '${tenant}' has a system for ${type}, of which the api.json of '${name}' has no identifiers`);
  });
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `tenants: ${fault}`));
}
