/** What the policy does not list does not exist: 501, or 405 where the path exists for another method. */
import { expect } from 'chai';
import { TestServer } from '../support/test-server.js';

const UNSUPPORTED = [{ severity: 'error', code: 'not-supported' }];

describe('what an API does not offer', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  const absent: readonly (readonly [string, string])[] = [
    ['GET', '/sdhr/Patient'],
    ['POST', '/sdhr/Patient'],
    ['GET', '/sdhr/Conditions/1'],
    ['GET', '/sdhr/condition'],
    ['GET', '/sdhr/Condition/1/$everything'],
    ['POST', '/sdhr/$nothing'],
    ['GET', '/sdhr/_history'],
    ['GET', '/sdhr/Condition/1/_history/1'],
    ['GET', '/sdhr/Condition/1/2/3/4/5'],
    ['GET', '/sdhr/toString'],
    ['GET', '/sdhr/__proto__'],
    ['GET', '/nowhere'],
    ['GET', '/'],
    ['GET', '/sdhrx/Condition'],
    ['GET', '/r4/Patient/1/unknown/1'],
  ];
  for (const [method, path] of absent) {
    it(`answers 501: ${method} ${path}`, async () => {
      const answer = await server.request(path, { method, ...(method === 'POST' && { body: { resourceType: 'Patient' } }) });
      expect(answer.status, answer.text).to.equal(501);
      expect(answer.issueSummaries).to.deep.equal(UNSUPPORTED);
      expect(answer.headers.get('Content-Type')).to.equal('application/fhir+json; charset=utf-8');
    });
  }

  const otherMethod: readonly (readonly [string, string, string])[] = [
    ['PUT', '/sdhr/Condition', 'GET, HEAD, POST'],
    ['DELETE', '/sdhr/Condition', 'GET, HEAD, POST'],
    ['DELETE', '/sdhr/Encounter/1', 'GET, HEAD, PUT'],
    ['DELETE', '/sdhr/Consent/1', 'GET, HEAD, PUT'],
    ['PATCH', '/sdhr/Condition/1', 'GET, HEAD, PUT, DELETE'],
    ['POST', '/sdhr/Condition/1', 'GET, HEAD, PUT, DELETE'],
    ['GET', '/sdhr/Condition/_search', 'POST'],
    ['POST', '/sdhr/metadata', 'GET, HEAD'],
    ['DELETE', '/health/live', 'HEAD, GET'],
    ['PROPFIND', '/sdhr/Condition', 'GET, HEAD, POST'],
  ];
  for (const [method, path, allowed] of otherMethod) {
    it(`answers 405 with Allow: ${method} ${path}`, async () => {
      const answer = await server.request(path, { method, ...(method !== 'GET' && { body: { resourceType: 'Condition' } }) });
      expect(answer.status, answer.text).to.equal(405);
      expect(answer.headers.get('Allow')).to.equal(allowed);
      expect(answer.issueSummaries).to.deep.equal(UNSUPPORTED);
    });
  }

  it('names the method and the path, the base too', async () => {
    for (const [path, text] of [
      ['/api/fhir/', "does not offer 'POST /';"],
      ['/api/fhir', "does not offer 'POST /';"],
      ['/sdhr/Condition/1/_history/1', "does not offer 'POST /Condition/1/_history/1';"],
    ] as const) {
      expect((await server.post(path, { resourceType: 'Bundle', type: 'batch' })).diagnostics, path).to.include(text);
    }
  });

  it('is no error in the log: nobody has to mend anything', async () => {
    const lines: string[] = [];
    const logged = await TestServer.start({ log: { write: (line: string) => lines.push(line) } });
    try {
      expect((await logged.get('/sdhr/Patient')).status).to.equal(501);
    } finally {
      await logged.stop();
    }
    const levels = lines.map((line) => (JSON.parse(line) as { level: string }).level);
    expect(levels).to.include('info').and.to.not.include('error');
  });

  it('says 501 before it looks at the body', async () => {
    const answer = await server.post('/sdhr/Patient', 'no JSON', { 'Content-Type': 'text/plain' });
    expect(answer.status).to.equal(501);
  });

  it('serves base paths of several parts, with and without a slash at its end', async () => {
    expect((await server.get('/fhir/R4/metadata')).json['title']).to.equal('HealthPass FHIR API');
    expect((await server.get('/api/fhir/metadata/')).json['title']).to.equal('HCW@Home FHIR API');
  });

  it('answers 400 to a path that cannot be decoded', async () => {
    for (const path of ['/r4/Patient/%', '/r4/Patient/%ff', '/r4/Patient/%00%80']) {
      const answer = await server.get(path);
      expect(answer.status, path).to.equal(400);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'structure', location: ['http.url'] }]);
    }
  });
});
