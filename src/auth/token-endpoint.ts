/**
 * The development issuer: a token endpoint for laptops (client credentials, https://www.rfc-editor.org/rfc/rfc6749#section-4.4)
 * with a key pair that lives and dies with the process. server.ts refuses to open it where anyone else could reach it.
 */
import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JSONWebKeySet, type JWTVerifyGetKey, SignJWT } from 'jose';
import { type Client, type Credentials, DEFAULT_SCOPE, decodeBasic, findClient } from './client-credentials.js';

const ALGORITHM = 'ES256';
/** https://www.rfc-editor.org/rfc/rfc6749#section-3.3 */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** In characters: a token with more would be too large for the header that it is sent in. */
const LONGEST_SCOPE = 4096;

export interface DevelopmentIssuerOptions {
  /** Read for each token: the port may be known only once the server listens. */
  readonly issuer: () => string;
  readonly audience: () => string;
  readonly clients: readonly Client[];
  readonly tokenLifetimeSeconds: number;
  readonly clock: () => number;
}

export interface TokenRequest {
  readonly authorization: string | undefined;
  readonly form: readonly (readonly [string, string])[];
}

export interface TokenResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, string | number>>;
}

export interface DevelopmentIssuer {
  readonly keys: JWTVerifyGetKey;
  readonly jwks: JSONWebKeySet;
  /** Never throws: faults are OAuth error answers. */
  answer(request: TokenRequest): Promise<TokenResponse>;
  issueToken(clientId: string, scope?: string): Promise<string>;
}

export async function createDevelopmentIssuer(options: DevelopmentIssuerOptions): Promise<DevelopmentIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const kid = randomUUID();
  const jwks: JSONWebKeySet = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: ALGORITHM, use: 'sig' }] };

  const issueToken = async (clientId: string, scope = DEFAULT_SCOPE): Promise<string> => {
    const now = Math.floor(options.clock() / 1000);
    return new SignJWT({ client_id: clientId, scope })
      .setProtectedHeader({ alg: ALGORITHM, kid, typ: 'at+jwt' })
      .setIssuer(options.issuer())
      .setAudience(options.audience())
      .setSubject(clientId)
      .setIssuedAt(now)
      .setExpirationTime(now + options.tokenLifetimeSeconds)
      .setJti(randomUUID())
      .sign(privateKey);
  };

  return {
    keys: createLocalJWKSet(jwks),
    jwks,
    issueToken,
    async answer(request) {
      const grant = readGrant(request, options.clients);
      if ('status' in grant) return grant;
      const token = await issueToken(grant.clientId, grant.scope);
      return {
        status: 200,
        headers: NO_STORE,
        body: { access_token: token, token_type: 'Bearer', expires_in: options.tokenLifetimeSeconds, scope: grant.scope },
      };
    },
  };
}

const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const;

/** https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
export function oauthError(
  status: number,
  error: string,
  description: string,
  headers: Readonly<Record<string, string>> = {},
): TokenResponse {
  return { status, headers: { ...NO_STORE, ...headers }, body: { error, error_description: description } };
}

function readGrant(
  request: TokenRequest,
  clients: readonly Client[],
): TokenResponse | { readonly clientId: string; readonly scope: string } {
  const fields = new Map<string, string>();
  for (const [name, value] of request.form) {
    if (fields.has(name)) return oauthError(400, 'invalid_request', `The parameter '${name}' stands twice`);
    if (value !== '') fields.set(name, value);
  }
  const credentials = readCredentials(request.authorization, fields);
  if ('status' in credentials) return credentials;
  const client = findClient(credentials, clients);
  if (client === undefined) return invalidClient('The client is unknown or its secret is wrong');

  const grantType = fields.get('grant_type');
  if (grantType === undefined) return oauthError(400, 'invalid_request', "The parameter 'grant_type' is required");
  if (grantType !== 'client_credentials') {
    return oauthError(400, 'unsupported_grant_type', 'The only grant_type here is client_credentials');
  }
  const scope = fields.get('scope')?.trim().split(/\s+/).join(' ') ?? client.scope ?? DEFAULT_SCOPE;
  if (scope.length > LONGEST_SCOPE) return oauthError(400, 'invalid_scope', `The scope is longer than ${LONGEST_SCOPE} characters`);
  const tokens = scope.split(' ');
  const malformed = tokens.find((token) => !SCOPE_TOKEN.test(token));
  if (malformed !== undefined) return oauthError(400, 'invalid_scope', 'A scope has characters that no scope may have');
  const allowed = client.scope?.split(' ');
  const refused = allowed === undefined ? undefined : tokens.find((token) => !allowed.includes(token));
  if (refused !== undefined) return oauthError(400, 'invalid_scope', `The client may not have the scope ${refused}`);
  return { clientId: client.clientId, scope };
}

/** As they may be meant: what HTTP Basic holds is form-encoded by RFC 6749, and raw by most clients (`curl -u`). */
function readCredentials(authorization: string | undefined, fields: ReadonlyMap<string, string>): TokenResponse | readonly Credentials[] {
  if (authorization === undefined) {
    const clientId = fields.get('client_id');
    const clientSecret = fields.get('client_secret');
    if (clientId === undefined || clientSecret === undefined) {
      return invalidClient('Send client_id and client_secret as form fields, or by HTTP Basic');
    }
    return [{ clientId, clientSecret }];
  }
  const raw = decodeBasic(authorization);
  if (raw === undefined) return invalidClient('The Authorization header is not HTTP Basic with a client id and its secret');
  if (fields.has('client_secret')) {
    return oauthError(400, 'invalid_request', 'The client authenticates twice: send form fields or HTTP Basic, not both');
  }
  const formDecoded = decodeForm(raw);
  return formDecoded === undefined ? [raw] : [formDecoded, raw];
}

/** Both parts are form-encoded before base64 (RFC 6749, 2.3.1). Undefined where they are not. */
function decodeForm({ clientId, clientSecret }: Credentials): Credentials | undefined {
  const decode = (part: string): string => decodeURIComponent(part.replaceAll('+', ' '));
  try {
    return { clientId: decode(clientId), clientSecret: decode(clientSecret) };
  } catch {
    return undefined;
  }
}

function invalidClient(description: string): TokenResponse {
  return oauthError(401, 'invalid_client', description, { 'WWW-Authenticate': 'Basic realm="kauri"' });
}
