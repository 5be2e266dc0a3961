/** HTTP Basic in place of a token: https://www.rfc-editor.org/rfc/rfc7617 */
import { join } from 'node:path';
import { expect } from 'chai';
import { PACKAGE_ROOT } from '../../src/config.js';
import { aPatient } from '../support/resources.js';
import { TestServer } from '../support/test-server.js';

const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`;
const LOGIN = [{ severity: 'error', code: 'login', location: ['http.Authorization'] }];
const PMS = { clientId: 'pms', clientSecret: 'ngā:kupu huna!', scope: 'system/Patient.rs system/Observation.cruds' };

describe('HTTP Basic of the clients of the development issuer', () => {
  let server: TestServer;
  const clients = [
    { clientId: 'kauri-dev', clientSecret: 'kauri-dev-secret' },
    { clientId: 'reader', clientSecret: 'p:+%ss', scope: 'system/*.rs' },
  ];
  before(async () => {
    server = await TestServer.start({ config: { auth: { clients } } });
  });
  after(() => server.stop());

  it('is taken as the token of that client would be', async () => {
    const headers = { Authorization: basic('kauri-dev:kauri-dev-secret') };
    expect((await server.post('/r4/Patient', aPatient(), headers)).status).to.equal(201);
    expect((await server.get('/sdhr/Condition?patient=https://example.org/Patient/1', headers)).status).to.equal(200);
    expect((await server.get('/api/fhir/Patient', { Authorization: headers.Authorization.replace('Basic', 'bAsIc') })).status).to.equal(
      200,
    );
    expect((await server.get('/metrics', headers)).status).to.equal(200);
  });

  it('gives the scopes that the client is bound to, and no more', async () => {
    const headers = { Authorization: basic('reader:p:+%ss') };
    expect((await server.get('/r4/Patient', headers)).status).to.equal(200);
    const refused = await server.post('/r4/Patient', aPatient(), headers);
    expect(refused.status).to.equal(403);
    expect(refused.headers.get('WWW-Authenticate')).to.include('scope="system/Patient.c"');
  });

  it('does not stand in for the Request-Context', async () => {
    const answer = await server.get('/sdhr/Condition?patient=https://example.org/Patient/1', {
      Authorization: basic('kauri-dev:kauri-dev-secret'),
      'Request-Context': undefined,
    });
    expect(answer.status).to.equal(400);
  });

  const strangers: readonly (readonly [string, string])[] = [
    ['a wrong secret', basic('kauri-dev:kauri-dev-secreT')],
    ['no secret', basic('kauri-dev:')],
    ['no colon', basic('kauri-dev')],
    ['an unknown client', basic('nobody:kauri-dev-secret')],
    ['an unknown client without a secret', basic('nobody:')],
    ['nobody', basic(':')],
    ["another client's secret", basic('reader:kauri-dev-secret')],
    ['what is no base64', 'Basic kauri-dev:kauri-dev-secret'],
    ['nothing', 'Basic'],
    ['two credentials', `${basic('kauri-dev:kauri-dev-secret')}, ${basic('a:b')}`],
    ['bytes that are no UTF-8', `Basic ${Buffer.from([0xff, 0x3a, 0xfe]).toString('base64')}`],
  ];
  for (const [title, header] of strangers) {
    it(`answers 401 to ${title}, and names both schemes`, async () => {
      const answer = await server.get('/r4/Patient', { Authorization: header });
      expect(answer.status).to.equal(401);
      expect(answer.issueSummaries).to.deep.equal(LOGIN);
      expect(answer.headers.get('WWW-Authenticate')).to.equal('Bearer realm="kauri", Basic realm="kauri", charset="UTF-8"');
      expect(answer.text).to.not.include('secret"').and.to.not.include('nobody');
    });
  }

  it('is named among the services of /metadata', async () => {
    const { text } = await server.get('/r4/metadata');
    expect(text).to.include('"code":"Basic"').and.to.include('by HTTP Basic in place of a token');
  });
});

describe('HTTP Basic beside an issuer of tokens', () => {
  const issuer = { issuer: 'https://i.example.org', audience: 'kauri', jwksUrl: 'https://i.example.org/jwks', developmentIssuer: false };
  const ask = async (auth: object, headers: Readonly<Record<string, string>>) => {
    const server = await TestServer.start({ config: { apis: [join(PACKAGE_ROOT, 'profiles', 'r4')], auth: { ...issuer, ...auth } } });
    try {
      const answer = await fetch(`${server.url}/r4/Patient`, { headers });
      const created = await fetch(`${server.url}/r4/Patient`, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/fhir+json' },
        body: JSON.stringify(aPatient()),
      });
      const statement = await (await fetch(`${server.url}/r4/metadata`)).text();
      return { found: answer.status, created: created.status, challenge: answer.headers.get('WWW-Authenticate'), statement };
    } finally {
      await server.stop();
    }
  };

  it('is taken from the clients that the configuration lists, with their scopes', async () => {
    const answer = await ask({ basicClients: [PMS] }, { Authorization: basic(`${PMS.clientId}:${PMS.clientSecret}`) });
    expect(answer).to.include({ found: 200, created: 403 });
  });

  it('is taken from nobody else, and not spoken of where nobody is listed', async () => {
    const other = await ask({ basicClients: [PMS] }, { Authorization: basic('kauri-dev:kauri-dev-secret') });
    expect(other).to.include({ found: 401, challenge: 'Bearer realm="kauri", Basic realm="kauri", charset="UTF-8"' });
    const none = await ask({}, { Authorization: basic('kauri-dev:kauri-dev-secret') });
    expect(none).to.include({ found: 401, challenge: 'Bearer realm="kauri"' });
    expect(none.statement).to.not.include('"code":"Basic"');
  });
});
