/** A client and its secret: at the token endpoint, and by HTTP Basic (https://www.rfc-editor.org/rfc/rfc7617) in place of a token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Principal } from './principal.js';
import { parseScopes } from './smart-scope.js';

/** Of a client that says none and is bound to none. */
export const DEFAULT_SCOPE = 'system/*.cruds';

export interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Scopes the client may have, and gets when it asks for none; absent: whatever it asks for. */
  readonly scope?: string | undefined;
}

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Undefined for a header that is no HTTP Basic with a client id. */
export function decodeBasic(authorization: string): Credentials | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/_-]+={0,2})$/i.exec(authorization) ?? [];
  const decoded = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { clientId: decoded.slice(0, colon), clientSecret: decoded.slice(colon + 1) };
}

/** The client that one of the readings is of. */
export function findClient<T extends Client>(readings: readonly Credentials[], clients: readonly T[]): T | undefined {
  let found: T | undefined;
  for (const { clientId, clientSecret } of readings) {
    const client = clients.find((one) => one.clientId === clientId);
    // each is compared, even for an unknown client, so that the time taken tells nothing
    const secretFits = sameText(clientSecret, client?.clientSecret ?? '');
    if (secretFits) found ??= client;
  }
  return found;
}

/** The principal that a header of HTTP Basic is of; undefined where client and secret do not fit. */
export type BasicAuthenticator = (authorization: string) => Principal | undefined;

/** A client has the scopes that its token would have when it asks for none. Undefined where there are no clients. */
export function createBasicAuthenticator(clients: readonly Client[]): BasicAuthenticator | undefined {
  if (clients.length === 0) return undefined;
  const known = clients.map((client) => {
    const { clientId, scope = DEFAULT_SCOPE } = client;
    return { ...client, principal: { subject: clientId, clientId, scopes: parseScopes(scope) } };
  });
  return (authorization) => {
    const credentials = decodeBasic(authorization);
    return credentials === undefined ? undefined : findClient([credentials], known)?.principal;
  };
}

function sameText(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
