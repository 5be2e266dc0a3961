/** On whose behalf and why: the Request-Context header of the NZ APIs. */
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { RHEUMATIC_FEVER_CONTEXT, SDHR_CONTEXT, TestServer, toHeader } from '../support/test-server.js';

const DOCUMENT = new URL('../../../shared/apis/sdhr-0.5.0-capability-statement.txt', import.meta.url);

const USER = {
  userIdentifier: 'hine@pms',
  userRole: 'PROV',
  secondaryIdentifier: { use: 'official', system: 'https://standards.digital.health.nz/ns/hpi-person-id', value: '99ZZZS' },
  purposeOfUse: ['TREAT', 'POPHLTH'],
  userFullName: 'Hine Ngāta',
  orgIdentifier: 'G00001-G',
  facilityIdentifier: 'FZZ999-B',
};
const SYSTEM = { userIdentifier: 'my-pms', userRole: '110150', purposeOfUse: ['RECORDMGT'], userFullName: 'My PMS' };
const SEARCH = '/sdhr/Condition?patient=https://api.hip.digital.health.nz/fhir/nhi/v1/Patient/ZZZ0032';

const invalid = { severity: 'error', code: 'invalid', location: ['http.Request-Context'] };
const required = { severity: 'error', code: 'required', location: ['http.Request-Context'] };

describe('Request-Context', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  const published = existsSync(DOCUMENT) ? (readFileSync(DOCUMENT, 'utf8').match(/^[A-Za-z0-9+/]{100,}={0,2}$/gm) ?? []) : undefined;
  it(`accepts the sample headers of the SDHR document as they stand${published === undefined ? ' (SKIPPED: ../shared/apis is absent)' : ''}`, async function () {
    if (published === undefined) this.skip();
    expect(published).to.have.length(2);
    for (const header of published ?? []) expect((await server.get(SEARCH, { 'Request-Context': header })).status).to.equal(200);
  });

  it('accepts the user form and the system form of the SDHR API, laid out as people lay out JSON', async () => {
    for (const context of [USER, SYSTEM]) {
      const header = toHeader(JSON.stringify(context, null, 2));
      expect((await server.get(SEARCH, { 'Request-Context': header })).status).to.equal(200);
    }
  });

  it('accepts base64 of the standard and the URL-safe alphabet, padded or not', async () => {
    // the name makes both alphabets' own characters appear, its length the padding
    const bytes = Buffer.from(JSON.stringify({ ...USER, userFullName: 'Jörg ÿÿÿ>>>???' }));
    const [standard, urlSafe] = [bytes.toString('base64'), bytes.toString('base64url')];
    expect(standard).to.match(/[+/].*=$/);
    expect(urlSafe).to.match(/[-_]/);
    for (const header of [standard, standard.replace(/=+$/, ''), urlSafe, `${urlSafe}=`, ` ${standard} `]) {
      expect((await server.get(SEARCH, { 'Request-Context': header })).status, header).to.equal(200);
    }
  });

  it('is wanted of every request below an NZ API, and of none elsewhere', async () => {
    for (const path of [SEARCH, '/sdhr/Condition/1', '/sdhr/Nothing', '/rheumatic-fever/Patient/1']) {
      const answer = await server.get(path, { 'Request-Context': undefined });
      expect(answer.status, path).to.equal(400);
      expect(answer.issueSummaries).to.deep.equal([required]);
    }
    for (const path of ['/r4/Patient', '/fhir/R4/Patient']) expect((await server.get(path)).status, path).to.equal(200);
  });

  it('lets nothing through to the store without it', async () => {
    const answer = await server.post('/sdhr/Condition', { resourceType: 'Condition' }, { 'Request-Context': undefined });
    expect(answer.status).to.equal(400);
    expect(answer.issueSummaries).to.deep.equal([required]);
  });

  const unreadable: readonly (readonly [string, string, RegExp])[] = [
    ['what is no base64', '{"userIdentifier":"a"}', /is not base64/],
    ['mixed alphabets', `${toHeader(SYSTEM).slice(0, 8)}+_${toHeader(SYSTEM).slice(10)}`, /is not base64/],
    ['base64 of no UTF-8', Buffer.from([0xff, 0xfe, 0x7b, 0x7d]).toString('base64'), /is not UTF-8/],
    ['base64 of no JSON', toHeader('userIdentifier=a'), /is not JSON/],
    ['JSON that is cut off', toHeader('{"userIdentifier":"a"'), /is not JSON: .* \(line 1, column 22\)/],
    ['JSON that is no object', toHeader('["PROV"]'), /not an object/],
    ['a property that stands twice', toHeader('{"userRole":"PAT","userRole":"PROV"}'), /stands twice/],
    ['__proto__', toHeader('{"__proto__":{"userRole":"PROV"}}'), /'__proto__' is not allowed/],
  ];
  for (const [title, header, text] of unreadable) {
    it(`refuses ${title}`, async () => {
      const answer = await server.get(SEARCH, { 'Request-Context': header });
      expect(answer.status).to.equal(400);
      expect(answer.issueSummaries).to.deep.equal([invalid]);
      expect(answer.diagnostics).to.match(text);
    });
  }

  it('takes no white space for a name', async () => {
    const answer = await server.get(SEARCH, { 'Request-Context': toHeader({ ...SYSTEM, userIdentifier: ' ', userFullName: '' }) });
    expect(answer.status).to.equal(400);
    expect(answer.issues.map(({ diagnostics }) => diagnostics)).to.have.members(
      ['userIdentifier', 'userFullName'].map((name) => `Request-Context: '${name}' must not be empty, or white space only`),
    );
  });

  it('names each fault in an issue of its own', async () => {
    const context = { ...USER, userIdentifier: undefined, userRole: 'NURSE', purposeOfUse: ['TREAT', 'MARKETING'], userFullName: 7 };
    const answer = await server.get(SEARCH, { 'Request-Context': toHeader(context) });
    expect(answer.status).to.equal(400);
    expect(answer.issueSummaries).to.deep.equal([invalid, invalid, invalid, invalid]);
    for (const name of ['userIdentifier', 'userRole', 'purposeOfUse[1]', 'userFullName']) {
      expect(answer.issues.filter((issue) => String(issue['diagnostics']).includes(`'${name}'`))).to.have.length(1);
    }
  });

  it('wants SYSDEV or RECORDMGT of a system, and a second identifier of a user', async () => {
    const treating = await server.get(SEARCH, { 'Request-Context': toHeader({ ...SYSTEM, purposeOfUse: ['TREAT'] }) });
    expect(treating.status).to.equal(400);
    expect(treating.diagnostics).to.match(/'purposeOfUse/);
    const nameless = await server.get(SEARCH, { 'Request-Context': toHeader({ ...USER, secondaryIdentifier: undefined }) });
    expect(nameless.status).to.equal(400);
    expect(nameless.diagnostics).to.match(/'secondaryIdentifier' is required/);
  });

  it('has a form of its own in the Rheumatic Fever API', async () => {
    const path = '/rheumatic-fever/Patient/00000000-0000-7000-8000-000000000000';
    expect((await server.get(path, { 'Request-Context': RHEUMATIC_FEVER_CONTEXT })).status).to.equal(404);
    const foreign = await server.get(path, { 'Request-Context': SDHR_CONTEXT });
    expect(foreign.status).to.equal(400);
    expect(foreign.diagnostics).to.match(/'purposeOfUse'/);
    expect(foreign.diagnostics).to.match(/'hpiOrganisation' is required/);
    const other = await server.get(SEARCH, { 'Request-Context': RHEUMATIC_FEVER_CONTEXT });
    expect(other.status).to.equal(400);
  });
});
