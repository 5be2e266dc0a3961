/** Keys that callers send as they are, such as `Authorization: Token KEY`: only their digests are kept. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Principal } from './principal.js';
import { parseScopes } from './smart-scope.js';

export interface KeyConfig {
  /** Whose it is: not secret. */
  readonly name: string;
  readonly key: string;
  readonly scope: string;
}

/** The principal of a key; undefined for one that is not on the ring. */
export type KeyRing = (key: string) => Principal | undefined;

/** `owner`: tells principals of the same name in other places apart. */
export function createKeyRing(keys: readonly KeyConfig[], owner = ''): KeyRing {
  const known = keys.map(({ name, key, scope }) => ({
    digest: digestOf(key),
    principal: { subject: owner === '' ? name : `${owner}/${name}`, clientId: name, scopes: parseScopes(scope) },
  }));
  return (key) => {
    const digest = digestOf(key);
    let found: Principal | undefined;
    // each is compared, so that the time taken tells nothing
    for (const one of known) if (timingSafeEqual(one.digest, digest)) found ??= one.principal;
    return found;
  };
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
