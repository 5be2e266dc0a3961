/** The systems of a resource's two identifiers: the API's own, whose value is the logical id, and the one of a partner's system. */
import type { ApiConfig } from './api-config.js';

export interface IdentifierSystems {
  /** `https://hopital-a.fr/ns/appointment-id` */
  readonly canonical: string;
  /** Undefined where the partner has none for the type. */
  readonly external: string | undefined;
}

/** Undefined for a type whose identifiers are stored as they are sent. */
export type FindIdentifierSystems = (type: string) => IdentifierSystems | undefined;

export interface IdentifierSystemsOptions {
  /** What a relative canonical system is completed with, without a slash at the end; asked when it is needed. */
  readonly baseUrl: () => string;
  /** In place of what api.json says, by type. */
  readonly canonical?: Readonly<Record<string, string>>;
  /** The same of partners; an empty one disables the type's external identifier. */
  readonly external?: Readonly<Record<string, string>>;
}

export function createIdentifierSystems(
  identifiers: NonNullable<ApiConfig['identifiers']>,
  { baseUrl, canonical = {}, external = {} }: IdentifierSystemsOptions,
): FindIdentifierSystems {
  const known = new Map<string, IdentifierSystems>();
  return (type) => {
    const own = identifiers[type];
    if (own === undefined) return undefined;
    let systems = known.get(type);
    if (systems === undefined) {
      const system = canonical[type] ?? own.canonicalSystem;
      const partner = external[type] ?? own.externalSystem;
      const whole = /^[a-z][a-z0-9+.-]*:/i.test(system) ? system : `${baseUrl()}/${system}`;
      // a partner cannot name what is the API's own to name
      systems = { canonical: whole, external: partner === '' || partner === whole ? undefined : partner };
      known.set(type, systems);
    }
    return systems;
  };
}
