/** capabilities: https://hl7.org/fhir/R4/http.html#capabilities. What it claims is what there is. */

import { expect } from 'chai';
import type { CapabilityStatement } from 'fhir/r4.js';
import { TestServer } from '../support/test-server.js';

const APIS = ['/sdhr', '/rheumatic-fever', '/fhir/R4', '/api/fhir', '/r4'];
/** A value of each type of search parameter; of a composite parameter none can be made without its definition. */
const VALUES: Readonly<Record<string, string>> = {
  token: 'true',
  string: 'a',
  reference: 'Patient/7f0c8f0a-34d2-4b58-9a3d-5b0a5a4f0d11',
  date: '2025-01-01',
  number: '1',
  quantity: '1',
  uri: 'https://example.org/a',
};
const ID = '7f0c8f0a-34d2-4b58-9a3d-5b0a5a4f0d11';
/** A request for each interaction of a type. */
const REQUESTS: Readonly<Record<string, readonly [method: string, path: string]>> = {
  read: ['GET', `/${ID}`],
  vread: ['GET', `/${ID}/_history/1`],
  update: ['PUT', `/${ID}`],
  patch: ['PATCH', `/${ID}`],
  delete: ['DELETE', `/${ID}`],
  'history-instance': ['GET', `/${ID}/_history`],
  'history-type': ['GET', '/_history'],
  create: ['POST', ''],
  'search-type': ['GET', ''],
};

describe('metadata', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  const statementOf = async (base: string): Promise<CapabilityStatement> =>
    (await server.get(`${base}/metadata`)).json as unknown as CapabilityStatement;

  for (const base of APIS) {
    it(`describes ${base} as it runs`, async () => {
      const answer = await server.get(`${base}/metadata`, { Authorization: undefined, 'Request-Context': undefined });
      expect(answer.status).to.equal(200);
      const statement = answer.json as unknown as CapabilityStatement;
      expect(statement).to.include({ resourceType: 'CapabilityStatement', kind: 'instance', fhirVersion: '4.0.1', status: 'active' });
      expect(statement.implementation?.url).to.equal(`${server.url}${base}`);
      expect(statement.format).to.deep.equal(['application/fhir+json', 'application/json']);
      expect(statement.rest?.[0]?.security?.description).to.include(`${server.url}/oauth2/token`);
      expect((await server.get(`${base}/metadata?_format=json&_pretty=true`)).status).to.equal(200);
    });

    it(`claims for ${base} operations that are answered`, async () => {
      const [rest] = (await statementOf(base)).rest ?? [];
      const types = (rest?.resource ?? []).filter(
        ({ operation = [] }, index) => index < 5 || operation.some(({ name }) => !/^(validate|meta)/.test(name)),
      );
      for (const { type, operation = [] } of types) {
        for (const { name } of operation) {
          const paths = [`${base}/${type}/$${name}`, `${base}/${type}/${ID}/$${name}`];
          const answers = await Promise.all(paths.map((path) => server.request(path, { method: 'POST', body: 'no JSON' })));
          expect(
            answers.map(({ status }) => status),
            `${type} ${name}`,
          ).to.not.deep.equal([501, 501]);
        }
        for (const unlisted of ['everything', 'expand', 'lookup', 'meta', 'import'].filter((name) =>
          operation.every((one) => one.name !== name),
        ))
          expect((await server.get(`${base}/${type}/${ID}/$${unlisted}`)).status, `${type} ${unlisted}`).to.equal(501);
      }
    });

    it(`claims for ${base} exactly the interactions that are answered`, async () => {
      const [rest] = (await statementOf(base)).rest ?? [];
      for (const resource of (rest?.resource ?? []).slice(0, 12)) {
        const claimed = new Set<string>((resource.interaction ?? []).map(({ code }) => code));
        for (const [code, [method, path]] of Object.entries(REQUESTS)) {
          const body = method === 'GET' || method === 'DELETE' ? undefined : 'no JSON';
          const answer = await server.request(`${base}/${resource.type}${path}`, { method, ...(body !== undefined && { body }) });
          const exists = answer.status !== 501 && answer.status !== 405;
          expect(exists, `${method} ${base}/${resource.type}${path}: ${answer.status}`).to.equal(claimed.has(code));
        }
      }
    });

    it(`claims for ${base} only search parameters that are understood`, async () => {
      const [rest] = (await statementOf(base)).rest ?? [];
      for (const resource of (rest?.resource ?? []).slice(0, 12)) {
        const params = [...(resource.searchParam ?? []), ...(rest?.searchParam ?? [])];
        const required = (resource.extension ?? []).flatMap(({ extension }) => (extension ?? []).map(({ valueString }) => valueString));
        const pair = (name: string | undefined): string =>
          `${name}=${VALUES[params.find((param) => param.name === name)?.type ?? ''] ?? ''}`;
        for (const { name, type } of params) {
          if (VALUES[type] === undefined) continue;
          const query = [...new Set([name, ...required])].map(pair).join('&');
          const answer = await server.get(`${base}/${resource.type}?${query}`);
          expect(answer.status, `${base}/${resource.type}?${query}: ${answer.text.slice(0, 500)}`).to.equal(200);
        }
      }
    });
  }

  it('names the mandatory search parameters', async () => {
    const statement = await statementOf('/sdhr');
    const condition = statement.rest?.[0]?.resource?.find(({ type }) => type === 'Condition');
    expect(condition?.extension?.[0]?.extension).to.deep.equal([{ url: 'required', valueString: 'patient' }]);
    expect(condition?.profile).to.equal('https://fhir-ig.digital.health.nz/sdhr/StructureDefinition/SDHRCondition');
  });

  it('is a valid CapabilityStatement of R4', async () => {
    for (const base of APIS) {
      const { text } = await server.get(`${base}/metadata`);
      const answer = await server.post('/r4/CapabilityStatement', text);
      expect(answer.status, answer.text.slice(0, 2_000)).to.equal(201);
    }
  });

  it('offers every type of R4 at /r4', async () => {
    expect((await statementOf('/r4')).rest?.[0]?.resource).to.have.length(146);
  });
});
