import { expect } from 'chai';
import { type CryptoKey, generateKeyPair, type JWTVerifyGetKey, SignJWT } from 'jose';
import { createTokenVerifier, openRemoteKeys, type TokenVerifier } from '../../../src/auth/access-token.js';
import { createDevelopmentIssuer, type DevelopmentIssuer, type TokenResponse } from '../../../src/auth/token-endpoint.js';
import { FhirError } from '../../../src/fhir/fhir-error.js';

const ISSUER = 'http://issuer.example.org';
const AUDIENCE = 'http://api.example.org';

describe('access tokens', () => {
  let now: number;
  let keyReads: number;
  let issuer: DevelopmentIssuer;
  let verifier: TokenVerifier;

  beforeEach(async () => {
    now = Date.parse('2026-01-01T00:00:00Z');
    keyReads = 0;
    issuer = await createDevelopmentIssuer({
      issuer: () => ISSUER,
      audience: () => AUDIENCE,
      clients: [
        { clientId: 'kauri-dev', clientSecret: 'kauri-dev-secret' },
        { clientId: 'reader', clientSecret: 'p:+%ss', scope: 'system/*.r openid' },
      ],
      tokenLifetimeSeconds: 60,
      clock: () => now,
    });
    const keys: JWTVerifyGetKey = (header, token) => {
      keyReads++;
      return issuer.keys(header, token);
    };
    verifier = createTokenVerifier({ issuer: ISSUER, audience: AUDIENCE, keys, clock: () => now, realm: 'kauri' });
  });

  const refusal = async (authorization: string | undefined, schemes?: readonly string[]): Promise<FhirError> => {
    try {
      await verifier.verify(authorization, schemes);
    } catch (error) {
      expect(error).to.be.instanceOf(FhirError);
      return error as FhirError;
    }
    return expect.fail('should have thrown');
  };

  describe('verifier', () => {
    it('gives the principal with its scopes', async () => {
      const principal = await verifier.verify(`Bearer ${await issuer.issueToken('kauri-dev', 'system/Patient.r openid')}`);
      expect(principal).to.include({ subject: 'kauri-dev', clientId: 'kauri-dev' });
      expect(principal.scopes.map((scope) => scope.text)).to.deep.equal(['system/Patient.r', 'openid']);
    });

    it('verifies a token once, and no longer than it is valid', async () => {
      const authorization = `Bearer ${await issuer.issueToken('kauri-dev')}`;
      expect(await verifier.verify(authorization)).to.equal(await verifier.verify(authorization));
      expect(keyReads).to.equal(1);
      now += 66_000;
      const error = await refusal(authorization);
      expect(error).to.include({ status: 401, message: 'The access token has expired' });
      expect(error.headers?.['WWW-Authenticate']).to.include('error="invalid_token"');
    });

    it('asks for a token without calling the missing one invalid', async () => {
      const error = await refusal(undefined);
      expect(error).to.include({ status: 401, code: 'unauthorized' });
      expect(error.issues[0]).to.include({ severity: 'error', code: 'login' });
      expect(error.headers).to.deep.equal({ 'WWW-Authenticate': 'Bearer realm="kauri"' });
    });

    it('takes further schemes only where they are allowed', async () => {
      const token = await issuer.issueToken('kauri-dev');
      expect((await refusal(`Token ${token}`)).status).to.equal(401);
      expect((await verifier.verify(`Token ${token}`, ['token'])).subject).to.equal('kauri-dev');
      expect((await refusal(undefined, ['token'])).headers?.['WWW-Authenticate']).to.equal('Bearer realm="kauri", Token realm="kauri"');
    });

    const sign = async (claims: Record<string, unknown>, key?: CryptoKey): Promise<string> => {
      const { privateKey } = await generateKeyPair('ES256');
      return new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(key ?? privateKey);
    };

    it('refuses what is no token, a stranger’s signature, a shared secret and an unsigned token', async () => {
      const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'x', exp: now / 1000 + 60 };
      const hs256 = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode('0'.repeat(32)));
      const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;
      for (const token of ['', 'x', 'a.b.c', 'é', await sign(claims), hs256, unsigned]) {
        const error = await refusal(`Bearer ${token}`);
        expect(error.status, token).to.equal(401);
        expect(error.headers?.['WWW-Authenticate'], token).to.include('error="invalid_token"');
      }
    });

    it('refuses another issuer, another audience, and a token without end', async () => {
      const { publicKey, privateKey } = await generateKeyPair('ES256');
      verifier = createTokenVerifier({ issuer: ISSUER, audience: AUDIENCE, keys: () => publicKey, clock: () => now, realm: 'kauri' });
      const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'x', exp: now / 1000 + 60 };
      expect((await verifier.verify(`bearer ${await sign(claims, privateKey)}`)).subject).to.equal('x');
      const { exp, ...endless } = claims;
      expect(exp).to.be.a('number');
      const faults = [
        [{ ...claims, iss: 'http://other' }, /claim 'iss'/],
        [{ ...claims, aud: 'other' }, /claim 'aud'/],
        [{ ...claims, nbf: now / 1000 + 60 }, /claim 'nbf'/],
        [{ ...claims, sub: '' }, /names neither a subject/],
        [endless, /claim 'exp' of the access token is missing/],
      ] as const;
      for (const [faulty, message] of faults) {
        expect((await refusal(`Bearer ${await sign(faulty, privateKey)}`)).message).to.match(message);
      }
    });

    it('answers 503 and does not blame the token when the keys cannot be had', async () => {
      const unreachable = createTokenVerifier({
        issuer: ISSUER,
        audience: AUDIENCE,
        keys: openRemoteKeys('http://127.0.0.1:1/jwks'),
        clock: () => now,
        realm: 'kauri',
      });
      verifier = unreachable;
      const error = await refusal(`Bearer ${await issuer.issueToken('kauri-dev')}`);
      expect(error.status).to.equal(503);
      expect(error.headers).to.deep.equal({ 'Retry-After': '5' });
    });
  });

  describe('token endpoint', () => {
    const ask = (form: Record<string, string> | readonly (readonly [string, string])[], authorization?: string): Promise<TokenResponse> =>
      issuer.answer({ authorization, form: Array.isArray(form) ? form : Object.entries(form) });
    const credentials = { grant_type: 'client_credentials', client_id: 'kauri-dev', client_secret: 'kauri-dev-secret' };

    it('answers form fields and HTTP Basic alike', async () => {
      const basic = `Basic ${Buffer.from('kauri-dev:kauri-dev-secret').toString('base64')}`;
      for (const response of [await ask(credentials), await ask({ grant_type: 'client_credentials' }, basic)]) {
        expect(response.status).to.equal(200);
        expect(response.headers).to.deep.equal({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
        expect(response.body).to.include({ token_type: 'Bearer', expires_in: 60, scope: 'system/*.cruds' });
        expect((await verifier.verify(`Bearer ${response.body['access_token']}`)).subject).to.equal('kauri-dev');
      }
    });

    it('grants any scopes that are asked for, URLs too', async () => {
      const scope = 'https://example.org/scopes/read system/Patient.rs';
      expect((await ask({ ...credentials, scope })).body['scope']).to.equal(scope);
    });

    it('grants a scope of 4,096 characters', async () => {
      const scope = `${'a'.repeat(4000)} ${'b'.repeat(95)}`;
      expect((await ask({ ...credentials, scope })).body['scope']).to.equal(scope);
    });

    it('holds a client to the scopes it may have', async () => {
      const basic = `Basic ${Buffer.from('reader:p%3A%2B%25ss').toString('base64')}`;
      expect((await ask({ grant_type: 'client_credentials' }, basic)).body['scope']).to.equal('system/*.r openid');
      expect((await ask({ grant_type: 'client_credentials', scope: 'openid' }, basic)).body['scope']).to.equal('openid');
      const refused = await ask({ grant_type: 'client_credentials', scope: 'system/*.cruds' }, basic);
      expect(refused).to.deep.include({ status: 400 });
      expect(refused.body['error']).to.equal('invalid_scope');
    });

    it('takes the parts of HTTP Basic form-encoded, and as they are', async () => {
      const clients = [
        { clientId: 'a+b', clientSecret: 'p:+%ss' },
        { clientId: 'spaced', clientSecret: 'p q' },
        { clientId: 'escaped', clientSecret: 'p%20q' },
      ];
      const open = await createDevelopmentIssuer({
        issuer: () => ISSUER,
        audience: () => ISSUER,
        clients,
        tokenLifetimeSeconds: 60,
        clock: () => 0,
      });
      const statusOf = async (pair: string): Promise<number> => {
        const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
        return (await open.answer({ authorization, form: [['grant_type', 'client_credentials']] })).status;
      };
      for (const pair of [
        'a+b:p:+%ss',
        'a%2Bb:p%3A%2B%25ss',
        'spaced:p+q',
        'spaced:p%20q',
        'spaced:p q',
        'escaped:p%20q',
        'escaped:p%2520q',
      ]) {
        expect(await statusOf(pair), pair).to.equal(200);
      }
      for (const pair of ['a+b:p: %ss', 'a b:p:+%ss', 'a+b:p%3A%2B%25s', 'escaped:p q', 'escaped:p+q', 'spaced:p%2Bq', 'nobody:']) {
        expect(await statusOf(pair), pair).to.equal(401);
      }
    });

    const faults: readonly (readonly [
      string,
      Record<string, string> | readonly (readonly [string, string])[],
      string | undefined,
      number,
      string,
    ])[] = [
      ['no grant_type', { client_id: 'kauri-dev', client_secret: 'kauri-dev-secret' }, undefined, 400, 'invalid_request'],
      ['another grant_type', { ...credentials, grant_type: 'password' }, undefined, 400, 'unsupported_grant_type'],
      ['a wrong secret', { ...credentials, client_secret: 'x' }, undefined, 401, 'invalid_client'],
      ['an unknown client', { ...credentials, client_id: 'x' }, undefined, 401, 'invalid_client'],
      ['an unknown client without a secret', { ...credentials, client_id: 'x', client_secret: '' }, undefined, 401, 'invalid_client'],
      ['no client', { grant_type: 'client_credentials' }, undefined, 401, 'invalid_client'],
      ['a broken Basic header', { grant_type: 'client_credentials' }, 'Basic ???', 401, 'invalid_client'],
      ['a Basic header that is no form encoding', { grant_type: 'client_credentials' }, `Basic ${btoa('a:%')}`, 401, 'invalid_client'],
      ['two authentications', credentials, `Basic ${btoa('kauri-dev:kauri-dev-secret')}`, 400, 'invalid_request'],
      [
        'a parameter that stands twice',
        [...Object.entries(credentials), ['scope', 'a'], ['scope', 'b']],
        undefined,
        400,
        'invalid_request',
      ],
      ['a scope of 4,097 characters', { ...credentials, scope: `${'a'.repeat(4000)} ${'b'.repeat(96)}` }, undefined, 400, 'invalid_scope'],
      ['a scope with quotes', { ...credentials, scope: 'a"b' }, undefined, 400, 'invalid_scope'],
    ];
    for (const [title, form, authorization, status, error] of faults) {
      it(`answers ${status} ${error} to ${title}`, async () => {
        const response = await ask(form, authorization);
        expect(response.status).to.equal(status);
        expect(response.body['error']).to.equal(error);
        expect(response.headers['Cache-Control']).to.equal('no-store');
      });
    }

    it('publishes the public key only', () => {
      expect(issuer.jwks.keys).to.have.length(1);
      expect(issuer.jwks.keys[0]).to.include({ alg: 'ES256', use: 'sig' });
      expect(issuer.jwks.keys[0]).to.not.have.property('d');
    });
  });
});
