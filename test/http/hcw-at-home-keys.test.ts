/** Who may ask at /api/fhir: keys of tenants, and on a laptop those of the development issuer. */
import { expect } from 'chai';
import { asTenant, KEY_A, KEY_B, READER_A, TENANTS } from '../support/hcw-tenants.js';
import { Answer, describeServer, type TestServer } from '../support/test-server.js';

describeServer(
  'HCW@Home: keys of tenants',
  (server) => {
    const get = (path: string, headers: Readonly<Record<string, string | undefined>>) => server().get(`/api/fhir${path}`, headers);

    it('answers 401 with WWW-Authenticate: Token to whoever has no key, or a wrong one', async () => {
      const bearer = `Bearer ${await server().token()}`;
      const basic = `Basic ${Buffer.from('kauri-dev:kauri-dev-secret').toString('base64')}`;
      const wrong = [
        undefined,
        '',
        'Token',
        'Token ',
        `Token ${KEY_A}x`,
        `Bearer ${KEY_A}`,
        KEY_A,
        bearer,
        basic,
        `Token ${await server().token()}`,
      ];
      for (const Authorization of [...wrong, 'Token kauri-dev-secret', `Token ${KEY_A} ${KEY_B}`]) {
        const answer = await get('/Patient', { Authorization });
        expect(answer.status, String(Authorization)).to.equal(401);
        expect(answer.headers.get('WWW-Authenticate')).to.equal('Token realm="kauri"');
        expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'login', location: ['http.Authorization'] }]);
        expect(answer.text).not.to.contain(KEY_A);
      }
    });

    it('takes the key under its scheme, however that is written', async () => {
      for (const Authorization of [`Token ${KEY_A}`, `token ${KEY_A}`, `TOKEN  ${KEY_B}`]) {
        expect((await get('/Patient', { Authorization })).status, Authorization).to.equal(200);
      }
    });

    it('takes at the host of a tenant its own keys only', async () => {
      const ask = (host: string, key: string) => askHost(server(), host, '/Patient', `Token ${key}`);
      expect((await ask('hopital-a.fr', KEY_A)).status).to.equal(200);
      expect((await ask('WWW.hopital-A.fr:8080', KEY_A)).status).to.equal(200);
      expect((await ask('hopital-a.fr', KEY_B)).status).to.equal(401);
      expect((await ask('hopital-b.fr.', KEY_A)).status).to.equal(401);
      expect((await ask('hopital-b.fr', KEY_B)).status).to.equal(200);
    });

    it('shows /metadata to everybody, and nothing else', async () => {
      const none = { Authorization: undefined };
      const answer = await get('/metadata', none);
      expect(answer.status).to.equal(200);
      expect(answer.text).not.to.contain('oauth2').and.not.to.contain('Basic');
      for (const path of [
        '',
        '/',
        '/Patient',
        '/Patient/1',
        '/nothing',
        '/.well-known/smart-configuration',
        '/metadata/x',
        '/metadata%20',
      ]) {
        expect((await get(path, none)).status, path).to.equal(401);
      }
      const { url } = (await askHost(server(), 'hopital-a.fr', '/metadata')).json['implementation'] as { readonly url: string };
      expect(url).to.equal(`http://hopital-a.fr:${new URL(server().url).port}/api/fhir`);
      expect((await askHost(server(), 'hopital-a.fr:1', '/metadata')).text).to.contain(url);
    });

    it('answers at the host of a tenant with links to it', async () => {
      await asTenant(server(), KEY_A).post('/Patient', { resourceType: 'Patient' });
      const { entry } = (await askHost(server(), 'www.hopital-a.fr', '/Patient', `Token ${KEY_A}`)).json;
      const { port } = new URL(server().url);
      expect((entry as unknown as { readonly fullUrl: string }[]).map(({ fullUrl }) => fullUrl)).to.deep.equal([
        `http://hopital-a.fr:${port}/api/fhir/Patient/1`,
      ]);
    });

    it('has nothing to discover where no token is taken', async () => {
      expect((await asTenant(server(), KEY_A).get('/.well-known/smart-configuration')).status).to.equal(501);
    });

    it('lets a key do what its scopes allow', async () => {
      const reader = asTenant(server(), READER_A);
      expect((await reader.get('/Patient')).status).to.equal(200);
      expect((await reader.post('/Patient', { resourceType: 'Patient' })).status).to.equal(403);
      expect((await reader.delete('/Patient?identifier=1')).status).to.equal(403);
    });

    it('leaves other APIs to their tokens', async () => {
      expect((await server().get('/r4/Patient')).status).to.equal(200);
      expect((await server().get('/r4/Patient', { Authorization: `Token ${KEY_A}` })).status).to.equal(401);
    });
  },
  { config: { tenants: TENANTS } },
);

describeServer('HCW@Home: the development key', (server) => {
  it('is the secret of a client of the development issuer, where nobody has configured tenants', async () => {
    const ask = (Authorization: string) => server().get('/api/fhir/Patient', { Authorization });
    expect((await ask('Token kauri-dev-secret')).status).to.equal(200);
    expect((await ask(`Token ${await server().token()}`)).status).to.equal(200);
    const wrong = await ask('Token kauri-dev-secreT');
    expect(wrong.status).to.equal(401);
    expect(wrong.headers.get('WWW-Authenticate')).to.contain('Token realm="kauri"');
    expect((await ask('Bearer kauri-dev-secret')).status).to.equal(401);
    expect((await server().get('/r4/Patient', { Authorization: 'Token kauri-dev-secret' })).status).to.equal(401);
  });
});

/** fetch has a mind of its own about Host. */
async function askHost(server: TestServer, host: string, path: string, authorization?: string): Promise<Answer> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const headers = { Host: host, ...(authorization !== undefined && { Authorization: authorization }) };
    const sent = request(`${server.url}/api/fhir${path}`, { headers }, async (answer) => {
      const text = (await answer.toArray()).join('');
      const fields = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
      resolve(new Answer(new Response(null, { status: answer.statusCode ?? 0, headers: fields }), text));
    });
    sent.once('error', reject).end();
  });
}
