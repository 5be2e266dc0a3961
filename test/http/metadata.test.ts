/** capabilities: https://hl7.org/fhir/R4/http.html#capabilities. What it claims is what there is. */

import { expect } from 'chai';
import type { CapabilityStatement } from 'fhir/r4.js';
import { TestServer } from '../support/test-server.js';

const APIS = ['/sdhr', '/rheumatic-fever', '/fhir/R4', '/api/fhir', '/r4'];
/** A value of each type of search parameter. */
const VALUES: Readonly<Record<string, string>> = {
  token: 'true',
  string: 'a',
  reference: 'Patient/7f0c8f0a-34d2-4b58-9a3d-5b0a5a4f0d11',
  date: '2025-01-01',
  number: '1',
  quantity: '1',
  uri: 'https://example.org/a',
};
/** Composite parameters by the type of their last component. */
const COMPOSITES: readonly (readonly [RegExp, string])[] = [
  [/-value-(string|concept)$|characteristic-value$|context-type-value$|^relationship$/, 'a$true'],
  [/-value-date$/, 'a$2025'],
  [/./, 'a$1'],
];
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

/** A request for each interaction of the system. */
const SYSTEM_REQUESTS: Readonly<Record<string, readonly [method: string, path: string, body?: string]>> = {
  'search-system': ['GET', '?_id=a'],
  'history-system': ['GET', '/_history'],
  batch: ['POST', '', '{"resourceType":"Bundle","type":"batch"}'],
  transaction: ['POST', '', '{"resourceType":"Bundle","type":"transaction"}'],
};
/** What R4 has, and the APIs' own. */
const OPERATIONS = [
  'validate',
  'import',
  'everything',
  'meta',
  'expand',
  'lookup',
  'subsumes',
  'participate',
  'hnz-participate',
  'unheard-of',
];

function sampleOf(param: { readonly name: string; readonly type: string } | undefined): string {
  if (param?.type !== 'composite') return VALUES[param?.type ?? ''] ?? '';
  return (COMPOSITES.find(([pattern]) => pattern.test(param.name)) as (typeof COMPOSITES)[0])[1];
}

describe('metadata', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  const statementOf = async (base: string): Promise<CapabilityStatement> =>
    (await server.get(`${base}/metadata`)).json as unknown as CapabilityStatement;

  /** A body that no interaction takes stands in where none is given: what is not offered is not read. */
  const expectOffered = async (method: string, path: string, isOffered: boolean, body = 'no JSON'): Promise<void> => {
    const isRead = method === 'GET' || method === 'DELETE';
    const { status, text } = await server.request(path, { method, ...(!isRead && { body }) });
    const about = `${method} ${path}: ${status} ${text.slice(0, 200)}`;
    if (isOffered) expect(status, about).to.not.be.oneOf([405, 500, 501]);
    else expect(status, about).to.be.oneOf([405, 501]);
  };

  const expectAnswered = async (path: string): Promise<void> => {
    const answer = await server.get(path);
    expect(answer.status, `${path}: ${answer.text.slice(0, 500)}`).to.equal(200);
  };

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
      for (const resource of rest?.resource ?? []) {
        const claimed = new Set<string>((resource.interaction ?? []).map(({ code }) => code));
        for (const [code, [method, path]] of Object.entries(REQUESTS)) {
          await expectOffered(method, `${base}/${resource.type}${path}`, claimed.has(code));
        }
      }
      const claimed = new Set<string>((rest?.interaction ?? []).map(({ code }) => code));
      for (const [code, [method, path, body]] of Object.entries(SYSTEM_REQUESTS)) {
        await expectOffered(method, `${base}${path}`, claimed.has(code), body);
      }
    });

    it(`claims for ${base} exactly the conditional interactions that are answered`, async () => {
      const [rest] = (await statementOf(base)).rest ?? [];
      for (const resource of (rest?.resource ?? []).slice(0, 20)) {
        const at = `${base}/${resource.type}`;
        const { conditionalUpdate, conditionalDelete, conditionalCreate } = resource;
        await expectOffered('PUT', `${at}?identifier=x`, conditionalUpdate === true);
        await expectOffered('DELETE', `${at}?_id=unknown-to-all`, conditionalDelete !== undefined && conditionalDelete !== 'not-supported');
        const headers = { 'If-None-Exist': '_id=unknown-to-all' };
        const answer = await server.post(at, { resourceType: resource.type }, headers);
        expect(answer.status === 501, `${at}: ${answer.status} ${answer.text.slice(0, 300)}`).to.equal(conditionalCreate !== true);
      }
    });

    it(`claims for ${base} exactly the operations that are answered`, async () => {
      const [rest] = (await statementOf(base)).rest ?? [];
      const offered = new Set((rest?.operation ?? []).map(({ name }) => name));
      for (const name of OPERATIONS) await expectOffered('POST', `${base}/$${name}`, offered.has(name));
      for (const resource of (rest?.resource ?? []).slice(0, 20)) {
        const own = new Set((resource.operation ?? []).map(({ name }) => name));
        // which of the two levels an operation is for, the statement does not say
        const levels = ['', `/${ID}`];
        for (const name of OPERATIONS) {
          const paths = levels.map((level) => `${base}/${resource.type}${level}/$${name}`);
          const answers = await Promise.all(paths.map((path) => server.post(path, 'no JSON')));
          const isAnswered = answers.some(({ status }) => status !== 501 && status !== 405);
          expect(isAnswered, `${paths[0]}: ${answers.map(({ status }) => status).join()}`).to.equal(own.has(name));
        }
      }
    });

    it(`claims for ${base} only search parameters and includes that are understood`, async function () {
      this.timeout(120_000);
      const [rest] = (await statementOf(base)).rest ?? [];
      for (const resource of rest?.resource ?? []) {
        const params = new Map([...(resource.searchParam ?? []), ...(rest?.searchParam ?? [])].map((param) => [param.name, param]));
        const required = (resource.extension ?? []).flatMap(({ extension }) =>
          (extension ?? []).map(({ valueString }) => valueString ?? ''),
        );
        const queries = [...params.keys()].map((name) => [name]);
        for (const names of queries) {
          const pairs = [...new Set([...names, ...required])].map((name) => `${name}=${sampleOf(params.get(name))}`);
          await expectAnswered(`${base}/${resource.type}?${pairs.join('&')}`);
        }
        const includes = [
          ...(resource.searchInclude ?? []).map((include) => `_include=${include}`),
          ...(resource.searchRevInclude ?? []).map((include) => `_revinclude=${include}`),
        ];
        const must = required.map((name) => `${name}=${sampleOf(params.get(name))}`);
        for (let at = 0; at < includes.length; at += 20) {
          await expectAnswered(`${base}/${resource.type}?${[...must, ...includes.slice(at, at + 20)].join('&')}`);
        }
      }
    });

    it(`refuses for ${base} the search parameters and includes of R4 that it does not claim`, async () => {
      const [rest] = (await statementOf(base)).rest ?? [];
      const everything = (await statementOf('/r4')).rest?.[0]?.resource ?? [];
      for (const resource of (rest?.resource ?? []).slice(0, 20)) {
        const claimed = new Set([...(resource.searchParam ?? []), ...(rest?.searchParam ?? [])].map(({ name }) => name));
        const known = everything.find(({ type }) => type === resource.type)?.searchParam ?? [];
        const names = [
          ...known.map(({ name }) => name),
          '_text',
          '_content',
          '_filter',
          '_contained',
          '_containedType',
          '_list',
          '_query',
          'x',
        ];
        for (const name of names.filter((one) => !claimed.has(one))) {
          const answer = await server.get(`${base}/${resource.type}?${name}=true`);
          const issue = answer.issueSummaries.find(({ location }) => JSON.stringify(location) === JSON.stringify([`http.${name}`]));
          expect([answer.status, issue?.code], `${base}/${resource.type}?${name}`).to.deep.equal([400, 'not-supported']);
        }
        if ((resource.searchInclude ?? []).includes('*')) continue;
        const answer = await server.get(`${base}/${resource.type}?_include=${resource.type}:unheard-of`);
        expect([answer.status, answer.text.includes('http._include')]).to.deep.equal([400, true]);
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
