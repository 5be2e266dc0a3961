/** Who asks: bearer tokens, scopes, the development issuer, discovery. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ConfigError, PACKAGE_ROOT, readConfig } from '../../src/config.js';
import { createServer as createKauri } from '../../src/server.js';
import { Answer, TestServer } from '../support/test-server.js';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

const LOGIN = [{ severity: 'error', code: 'login', location: ['http.Authorization'] }];

describe('bearer tokens of the development issuer', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  for (const path of [
    '/r4/Patient',
    '/r4/Patient/1',
    '/sdhr/Condition',
    '/r4/Nothing',
    '/r4/a/b/c/d',
    '/r4',
    '/metrics',
    '/r4/%2E%2E/metrics',
  ]) {
    it(`answers 401 without a token: ${path}`, async () => {
      const answer = await server.get(path, { Authorization: undefined });
      expect(answer.status).to.equal(401);
      expect(answer.headers.get('WWW-Authenticate')).to.match(/^Bearer realm="kauri"/);
      expect(answer.issueSummaries).to.deep.equal(LOGIN);
    });
  }

  it('answers /metadata and the discovery documents to everyone, with or without a Request-Context', async () => {
    for (const path of ['/sdhr/metadata', '/sdhr/.well-known/smart-configuration', '/r4/metadata', '/.well-known/openid-configuration']) {
      const answer = await server.get(path, { Authorization: undefined, 'Request-Context': undefined });
      expect(answer.status, path).to.equal(200);
    }
  });

  const strangers: readonly (readonly [string, string])[] = [
    ['a token that is no JWT', 'Bearer abc'],
    ['an empty token', 'Bearer '],
    ['a bare scheme', 'Bearer'],
    ['another scheme', 'Digest a2F1cmktZGV2OmthdXJpLWRldi1zZWNyZXQ='],
    ['an unsigned token', `Bearer ${unsigned()}`],
  ];
  for (const [title, header] of strangers) {
    it(`refuses ${title}`, async () => {
      const answer = await server.get('/r4/Patient', { Authorization: header });
      expect(answer.status).to.equal(401);
      expect(answer.issueSummaries).to.deep.equal(LOGIN);
    });
  }

  it('refuses a token whose signature was changed, and one of another server', async () => {
    const token = await server.token();
    const broken = `${token.slice(0, -6)}${token.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA'}`;
    expect((await server.get('/r4/Patient', { Authorization: `Bearer ${broken}` })).status).to.equal(401);
    const other = await TestServer.start();
    try {
      expect((await server.get('/r4/Patient', { Authorization: `Bearer ${await other.token()}` })).status).to.equal(401);
    } finally {
      await other.stop();
    }
  });

  it('takes Token beside Bearer for the API that says so, and for no other', async () => {
    const headers = { Authorization: `Token ${await server.token()}` };
    expect((await server.get('/api/fhir/Patient?identifier=a', headers)).status).to.equal(200);
    const refused = await server.get('/r4/Patient', headers);
    expect(refused.status).to.equal(401);
    const challenged = await server.get('/api/fhir/Patient', { Authorization: undefined });
    expect(challenged.headers.get('WWW-Authenticate')).to.equal(
      'Bearer realm="kauri", Token realm="kauri", Basic realm="kauri", charset="UTF-8"',
    );
  });

  const permissions: readonly (readonly [string, string, string, number])[] = [
    ['system/Patient.rs', 'GET', '/r4/Patient', 200],
    ['system/Patient.rs', 'GET', '/r4/Observation', 403],
    ['system/Patient.r', 'GET', '/r4/Patient', 403],
    ['user/*.s', 'GET', '/r4/Patient', 200],
    ['system/*.read', 'GET', '/r4/Patient', 200],
    ['system/*.write', 'GET', '/r4/Patient', 403],
    ['system/*.rs', 'POST', '/r4/Patient', 403],
    ['system/*.rs', 'PUT', '/r4/Patient/a', 403],
    ['system/*.rs', 'DELETE', '/r4/Patient/a', 403],
    ['system/Patient.c', 'POST', '/r4/Patient', 201],
    ['openid https://fhir-ig.digital.health.nz/sdhr/OperationDefinition/SDHRParticipateOperation', 'GET', '/r4/Patient', 403],
    ['patient/*.cruds', 'GET', '/r4/Patient', 403],
  ];
  for (const [scope, method, path, status] of permissions) {
    it(`answers ${status} to ${method} ${path} with the scope ${scope}`, async () => {
      const body = method === 'POST' || method === 'PUT' ? { resourceType: 'Patient', ...(method === 'PUT' && { id: 'a' }) } : undefined;
      const answer = await server.request(path, { method, scope, ...(body !== undefined && { body }) });
      expect(answer.status, answer.text).to.equal(status);
      if (status !== 403) return;
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'forbidden', location: ['http.Authorization'] }]);
      expect(answer.headers.get('WWW-Authenticate')).to.match(/^Bearer error="insufficient_scope", scope="system\//);
    });
  }

  it('names the scope that is missing for a chain, a condition and a reference that is a search', async () => {
    const patient = { resourceType: 'Patient' };
    const reference = { reference: 'Patient?identifier=a|b' };
    const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: reference };
    const entry = [{ resource: observation, request: { method: 'POST', url: 'Observation' } }];
    const asked = [
      ['system/Patient.r', await server.request('/r4/Observation?subject:Patient.name=x', { scope: 'system/Observation.s' })],
      [
        'system/Patient.s',
        await server.request('/r4/Patient', { body: patient, scope: 'system/Patient.c', headers: { 'If-None-Exist': 'identifier=a|b' } }),
      ],
      [
        'system/Patient.s',
        await server.request('/r4', { body: { resourceType: 'Bundle', type: 'transaction', entry }, scope: 'system/Observation.c' }),
      ],
    ] as const;
    for (const [scope, answer] of asked) {
      expect(answer.status, answer.text).to.equal(403);
      expect(answer.diagnostics).to.include(scope);
      expect(answer.headers.get('WWW-Authenticate')).to.equal(`Bearer error="insufficient_scope", scope="${scope}"`);
    }
  });

  it('logs who asked for what, but no token, secret or search value', async () => {
    const lines: string[] = [];
    const logged = await TestServer.start({ log: { write: (line: string) => lines.push(line) } });
    try {
      await logged.get('/r4/Patient?name=Ngata');
      await requestToken(logged, 'kauri-dev', 'kauri-dev-secret', { scope: 'system/*.rs' });
      const text = lines.join('');
      expect(text).to.not.include(await logged.token());
      expect(text).to.not.include('kauri-dev-secret');
      expect(text).to.not.include('Ngata');
      const request = lines
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .find((line) => line['interaction'] === 'search-type');
      expect(request).to.include({ level: 'info', method: 'GET', api: 'r4', type: 'Patient', status: 200 });
    } finally {
      await logged.stop();
    }
  });
});

describe('the token endpoint', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  it('answers client credentials by form fields', async () => {
    const answer = await requestToken(server, 'kauri-dev', 'kauri-dev-secret', { scope: 'system/*.rs' });
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('Cache-Control')).to.equal('no-store');
    const { access_token, ...rest } = answer.json;
    expect(rest).to.deep.equal({ token_type: 'Bearer', expires_in: 3600, scope: 'system/*.rs' });
    expect((await server.get('/r4/Patient', { Authorization: `Bearer ${String(access_token)}` })).status).to.equal(200);
  });

  it('answers client credentials by HTTP Basic, with scopes that are URLs', async () => {
    const scope = 'system/*.rs https://fhir-ig.digital.health.nz/sdhr/OperationDefinition/SDHRParticipateOperation';
    const answer = await server.post('/oauth2/token', new URLSearchParams({ grant_type: 'client_credentials', scope }).toString(), {
      Authorization: `Basic ${Buffer.from('kauri-dev:kauri-dev-secret').toString('base64')}`,
      'Content-Type': 'application/x-www-form-urlencoded',
    });
    expect(answer.status).to.equal(200);
    expect(answer.json['scope']).to.equal(scope);
  });

  it('gives tokens that end when they say', async () => {
    const { access_token, expires_in } = (await requestToken(server, 'kauri-dev', 'kauri-dev-secret')).json;
    const headers = { Authorization: `Bearer ${String(access_token)}` };
    expect((await server.get('/r4/Patient', headers)).status).to.equal(200);
    server.clock.advance((Number(expires_in) + 6) * 1000);
    const late = await server.get('/r4/Patient', headers);
    expect(late.status).to.equal(401);
    expect(late.diagnostics).to.equal('The access token has expired');
    server.clock.advance(-(Number(expires_in) + 6) * 1000);
  });

  const refused: readonly (readonly [string, Record<string, string>, number, string])[] = [
    ['a wrong secret', { client_id: 'kauri-dev', client_secret: 'wrong', grant_type: 'client_credentials' }, 401, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody', client_secret: 'x', grant_type: 'client_credentials' }, 401, 'invalid_client'],
    ['no client', { grant_type: 'client_credentials' }, 401, 'invalid_client'],
    ['another grant', { client_id: 'kauri-dev', client_secret: 'kauri-dev-secret', grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['no grant', { client_id: 'kauri-dev', client_secret: 'kauri-dev-secret' }, 400, 'invalid_request'],
  ];
  for (const [title, fields, status, error] of refused) {
    it(`answers ${error} to ${title}`, async () => {
      const answer = await server.post('/oauth2/token', new URLSearchParams(fields).toString(), {
        Authorization: undefined,
        'Content-Type': 'application/x-www-form-urlencoded',
      });
      expect(answer.status).to.equal(status);
      expect(answer.json['error']).to.equal(error);
      expect(answer.headers.get('Cache-Control')).to.equal('no-store');
    });
  }

  it('warns at start of an audience without an issuer, and gives tokens for it', async () => {
    const lines: string[] = [];
    const other = await TestServer.start({ config: { auth: { audience: 'kauri' } }, log: { write: (line: string) => lines.push(line) } });
    try {
      const warnings = lines.filter((line) => line.includes('"level":"warn"')).join('');
      expect(warnings).to.match(/auth\.audience is set, but no auth\.issuer: .*KAURI_AUTH_ISSUER/);
      expect((await other.get('/r4/Patient')).status).to.equal(200);
      const { access_token } = (await requestToken(other, 'kauri-dev', 'kauri-dev-secret')).json;
      expect((await other.get('/r4/Patient', { Authorization: `Bearer ${String(access_token)}` })).status).to.equal(200);
    } finally {
      await other.stop();
    }
  });

  it('wants a form', async () => {
    const answer = await server.post('/oauth2/token', { grant_type: 'client_credentials' }, { Authorization: undefined });
    expect(answer.status).to.equal(400);
    expect(answer.json['error']).to.equal('invalid_request');
    expect((await server.get('/oauth2/token')).status).to.equal(405);
  });

  it('is named by the discovery documents, whose keys verify its tokens', async () => {
    const smart = (await server.get('/sdhr/.well-known/smart-configuration')).json;
    expect(smart).to.include({ issuer: server.url, token_endpoint: `${server.url}/oauth2/token`, jwks_uri: `${server.url}/oauth2/jwks` });
    expect(smart['grant_types_supported']).to.deep.equal(['client_credentials']);
    const discovery = (await server.get('/.well-known/openid-configuration')).json;
    expect(discovery).to.include({ issuer: server.url, token_endpoint: `${server.url}/oauth2/token` });
    const { keys } = (await server.get('/oauth2/jwks')).json;
    expect(keys).to.have.length(1);
    expect(JSON.stringify(keys)).to.not.include('"d"');
  });

  it('is refused where others could reach it, and in production', async () => {
    expect(() => readConfig({ NODE_ENV: 'production' })).to.throw(ConfigError, /developmentIssuer is refused when NODE_ENV is production/);
    const config = { ...readConfig({ KAURI_STORE_URL: 'memory:', PORT: '0', KAURI_LOG_LEVEL: 'silent' }), host: '0.0.0.0' };
    const failure = await createKauri(config).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ConfigError);
  });
});

const R4_API = join(PACKAGE_ROOT, 'profiles', 'r4');

describe('tokens of a configured issuer', () => {
  const ISSUER = 'https://issuer.example.org';
  const AUDIENCE = 'https://kauri.example.org';
  let keys: Server;
  let server: TestServer;
  let privateKey: PrivateKey;
  let requests = 0;
  before(async () => {
    const pair = await generateKeyPair('RS256', { extractable: true });
    privateKey = pair.privateKey;
    const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256' }] });
    keys = createServer((_, response) => {
      requests++;
      response.setHeader('Content-Type', 'application/json').end(jwks);
    });
    await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
    const jwksUrl = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks`;
    server = await TestServer.start({ config: { auth: { issuer: ISSUER, audience: AUDIENCE, jwksUrl, developmentIssuer: false } } });
  });
  after(async () => {
    await server.stop();
    await new Promise((resolve) => keys.close(resolve));
  });

  interface Claims {
    readonly issuer?: string;
    readonly audience?: string;
    readonly lifetimeSeconds?: number;
    readonly kid?: string;
    readonly key?: PrivateKey;
  }

  function sign(claims: Claims = {}): Promise<string> {
    const now = Math.floor(server.clock.now / 1000);
    return new SignJWT({ scope: 'system/*.rs', client_id: 'pms' })
      .setProtectedHeader({ alg: 'RS256', kid: claims.kid ?? 'k1' })
      .setIssuer(claims.issuer ?? ISSUER)
      .setAudience(claims.audience ?? AUDIENCE)
      .setSubject('pms')
      .setExpirationTime(now + (claims.lifetimeSeconds ?? 60))
      .sign(claims.key ?? privateKey);
  }

  async function ask(claims: Claims, of: TestServer = server): Promise<Answer> {
    const response = await fetch(`${of.url}/r4/Patient`, { headers: { Authorization: `Bearer ${await sign(claims)}` } });
    return new Answer(response, await response.text());
  }

  it('takes what the issuer signed, and fetches its keys once', async () => {
    for (let asked = 0; asked < 3; asked++) expect((await ask({ lifetimeSeconds: 60 + asked })).status).to.equal(200);
    expect(requests).to.equal(1);
  });

  it('says what is wrong with others', async () => {
    expect((await ask({ issuer: 'https://other.example.org' })).diagnostics).to.match(/claim 'iss'/);
    expect((await ask({ audience: 'https://other.example.org' })).diagnostics).to.match(/claim 'aud'/);
    expect((await ask({ lifetimeSeconds: -60 })).diagnostics).to.equal('The access token has expired');
    expect((await ask({ kid: 'k2' })).diagnostics).to.match(/key that the issuer does not publish/);
    const stranger = await generateKeyPair('RS256');
    expect((await ask({ key: stranger.privateKey })).diagnostics).to.match(/signature .* is not valid/);
  });

  it('answers 503 while the keys cannot be had', async () => {
    const jwksUrl = 'http://127.0.0.1:1/jwks';
    const cutOff = await TestServer.start({ config: { auth: { issuer: ISSUER, audience: AUDIENCE, jwksUrl, developmentIssuer: false } } });
    try {
      const answer = await ask({}, cutOff);
      expect(answer.status).to.equal(503);
      expect(answer.headers.get('Retry-After')).to.equal('5');
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'transient' }]);
    } finally {
      await cutOff.stop();
    }
  });

  it('has no token endpoint of its own, and names the issuer', async () => {
    const answer = await fetch(`${server.url}/oauth2/token`, { method: 'POST' });
    expect(answer.status).to.equal(401);
    const smart = (await (await fetch(`${server.url}/r4/.well-known/smart-configuration`)).json()) as Record<string, unknown>;
    expect(smart['issuer']).to.equal(ISSUER);
    expect(smart).to.not.have.property('token_endpoint');
  });

  it('warns at start where no token endpoint is configured to be named, and names the setting', async () => {
    const warningsOf = async (tokenUrl: string | undefined): Promise<string> => {
      const lines: string[] = [];
      const auth = { issuer: ISSUER, audience: AUDIENCE, jwksUrl: `${ISSUER}/jwks`, tokenUrl, developmentIssuer: false };
      const other = await TestServer.start({ config: { auth, apis: [R4_API] }, log: { write: (line: string) => lines.push(line) } });
      await other.stop();
      return lines.filter((line) => line.includes('"level":"warn"')).join('');
    };
    expect(await warningsOf(undefined)).to.match(/names no token_endpoint: set auth\.tokenUrl in the file of KAURI_CONFIG/);
    expect(await warningsOf(`${ISSUER}/token`)).to.equal('');
  });
});

function unsigned(): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: 'a', scope: 'system/*.cruds', exp: 4_000_000_000 })}.`;
}

function requestToken(server: TestServer, id: string, secret: string, more: Record<string, string> = {}): Promise<Answer> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret, ...more });
  return server.post('/oauth2/token', form.toString(), {
    Authorization: undefined,
    'Content-Type': 'application/x-www-form-urlencoded',
  });
}
