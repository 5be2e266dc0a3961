/** Verifies bearer tokens (JWT access tokens, https://www.rfc-editor.org/rfc/rfc9068), each of them once. */
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { FhirError } from '../fhir/fhir-error.js';
import type { BasicAuthenticator } from './client-credentials.js';
import type { KeyRing } from './key-ring.js';
import type { Principal } from './principal.js';
import { parseScopes } from './smart-scope.js';

/** Signatures by public keys only: a shared secret must never pass for one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CACHED_TOKENS = 5_000;
/** Clocks of issuer and server may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 5;

export interface TokenVerifierOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Public keys of the issuer. */
  readonly keys: JWTVerifyGetKey;
  readonly clock: () => number;
  /** Named in `WWW-Authenticate`. */
  readonly realm: string;
  /** Absent: HTTP Basic is not taken. */
  readonly basic?: BasicAuthenticator | undefined;
  /** Keys that are taken as they are, in place of a token, under the schemes beside Bearer. */
  readonly keyRing?: KeyRing | undefined;
}

export interface TokenVerifier {
  /**
   * The principal of an Authorization header. `schemes` (lower case) are accepted beside `bearer`, and `basic` from the
   * clients that may. Throws 401 `unauthorized` with `WWW-Authenticate`, or 503 when the issuer's keys cannot be had.
   */
  verify(authorization: string | undefined, schemes?: readonly string[]): Promise<Principal>;
}

/** Keys of a remote issuer, fetched when first needed, kept, and fetched again when a token names an unknown one. */
export function openRemoteKeys(jwksUrl: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 5_000, cooldownDuration: 30_000, cacheMaxAge: 600_000 });
}

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer, audience, keys, clock, realm, basic, keyRing } = options;
  const verified = new LRUCache<string, { readonly principal: Principal; readonly expiresAt: number }>({ max: CACHED_TOKENS });

  const challenge = (schemes: readonly string[], parameters = ''): Readonly<Record<string, string>> => {
    const others = schemes.map((scheme) => `, ${scheme[0]?.toUpperCase()}${scheme.slice(1)} realm="${realm}"`);
    if (basic !== undefined) others.push(`, Basic realm="${realm}", charset="UTF-8"`);
    return { 'WWW-Authenticate': `Bearer realm="${realm}"${parameters}${others.join('')}` };
  };
  const refuse = (description: string, schemes: readonly string[], cause?: unknown): FhirError =>
    new FhirError('unauthorized', description, {
      location: 'http.Authorization',
      headers: challenge(schemes, `, error="invalid_token", error_description="${description.replaceAll('"', "'")}"`),
      ...(cause !== undefined && { cause }),
    });

  return {
    async verify(authorization, schemes = []) {
      if (authorization === undefined || authorization === '') {
        const otherwise = basic === undefined ? '' : ', or a client and its secret by HTTP Basic';
        throw new FhirError('unauthorized', `An access token is required: send it as Authorization: Bearer TOKEN${otherwise}`, {
          location: 'http.Authorization',
          headers: challenge(schemes),
        });
      }
      const space = authorization.indexOf(' ');
      const scheme = authorization.slice(0, space < 0 ? undefined : space).toLowerCase();
      const token = space < 0 ? '' : authorization.slice(space + 1).trim();
      if (scheme === 'basic' && basic !== undefined) {
        const principal = basic(authorization);
        if (principal !== undefined) return principal;
        throw new FhirError('unauthorized', 'The client of the Authorization header is unknown, or its secret is wrong', {
          location: 'http.Authorization',
          headers: challenge(schemes),
        });
      }
      if (scheme !== 'bearer' && !schemes.includes(scheme)) {
        throw new FhirError('unauthorized', 'The Authorization header has a scheme that this API does not take: send Bearer TOKEN', {
          location: 'http.Authorization',
          headers: challenge(schemes),
        });
      }
      const holder = scheme === 'bearer' ? undefined : keyRing?.(token);
      if (holder !== undefined) return holder;
      const known = verified.get(token);
      if (known !== undefined && known.expiresAt > clock()) return known.principal;
      if (token === '') throw refuse('The Authorization header carries no token', schemes);
      let payload: JWTPayload;
      try {
        ({ payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms: ALGORITHMS,
          currentDate: new Date(clock()),
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          requiredClaims: ['exp'],
        }));
      } catch (error) {
        verified.delete(token);
        const fault = describeTokenFault(error);
        if (fault === undefined) {
          throw new FhirError('issuer-unavailable', 'The keys of the token issuer cannot be had at the moment: try again shortly', {
            headers: { 'Retry-After': '5' },
            cause: error,
          });
        }
        throw refuse(fault, schemes, error);
      }
      const principal = toPrincipal(payload);
      if (principal === undefined) throw refuse('The access token names neither a subject (sub) nor a client (client_id)', schemes);
      verified.set(token, { principal, expiresAt: ((payload.exp ?? 0) + CLOCK_TOLERANCE_SECONDS) * 1000 });
      return principal;
    },
  };
}

function toPrincipal(payload: JWTPayload): Principal | undefined {
  const clientId = firstString(payload['client_id'], payload['azp']);
  const subject = firstString(payload.sub, clientId);
  if (subject === undefined) return undefined;
  const granted = payload['scope'] ?? payload['scp'] ?? '';
  const scopes = typeof granted === 'string' ? granted : Array.isArray(granted) ? granted.map(String) : '';
  return { subject, clientId, scopes: parseScopes(scopes) };
}

function firstString(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '');
}

/** What is wrong with the token; undefined when it is not the token's fault. */
function describeTokenFault(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return 'The access token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    const reason = error.reason === 'missing' ? 'is missing' : 'is not the one that this server takes';
    return `The claim '${error.claim}' of the access token ${reason}`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature of the access token is not valid';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return 'The access token is signed with a key that the issuer does not publish';
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return 'The access token is signed with an algorithm that this server does not take';
  }
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return 'The access token is not a well-formed JWT';
  return undefined;
}
