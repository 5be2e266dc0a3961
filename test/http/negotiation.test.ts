/** Formats of question and answer: https://hl7.org/fhir/R4/http.html#mime-type */
import { expect } from 'chai';
import { TestServer } from '../support/test-server.js';

const FHIR = 'application/fhir+json; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

describe('content negotiation', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  const accepted: readonly (readonly [string | undefined, string])[] = [
    [undefined, FHIR],
    ['*/*', FHIR],
    ['application/*', FHIR],
    ['application/fhir+json', FHIR],
    ['application/fhir+json; fhirVersion=4.0', FHIR],
    ['application/fhir+json;fhirVersion=4.0.1;charset=utf-8', FHIR],
    ['application/json', JSON_TYPE],
    ['application/json;charset=UTF-8', JSON_TYPE],
    ['application/xml, application/json;q=0.5', JSON_TYPE],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', FHIR],
    ['application/json;q=0.2, application/fhir+json;q=0.9', FHIR],
    ['application/json, application/fhir+json', JSON_TYPE],
    ['application/fhir+json;q=0, */*', JSON_TYPE],
    ['application/fhir+json; fhirVersion=3.0, application/fhir+json; fhirVersion=4.0', FHIR],
  ];
  for (const [accept, contentType] of accepted) {
    it(`answers ${contentType} to Accept ${accept ?? '(none)'}`, async () => {
      const answer = await server.get('/sdhr/metadata', { Accept: accept });
      expect(answer.status).to.equal(200);
      expect(answer.headers.get('Content-Type')).to.equal(contentType);
      expect(answer.headers.get('Vary')).to.match(/Accept\b/);
    });
  }

  for (const accept of [
    'application/fhir+xml',
    'text/html',
    'application/fhir+json; fhirVersion=3.0',
    'application/fhir+turtle, text/plain',
  ]) {
    it(`answers 406 to Accept ${accept}`, async () => {
      const answer = await server.get('/sdhr/metadata', { Accept: accept });
      expect(answer.status).to.equal(406);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'not-supported', location: ['http.Accept'] }]);
      expect(answer.headers.get('Content-Type')).to.equal(FHIR);
    });
  }

  const formats: readonly (readonly [string, string])[] = [
    ['json', FHIR],
    ['application/fhir%2Bjson', FHIR],
    ['application/fhir+json', FHIR],
    ['application/json', JSON_TYPE],
    ['text/json', JSON_TYPE],
  ];
  for (const [format, contentType] of formats) {
    it(`lets _format=${format} stand above Accept`, async () => {
      const answer = await server.get(`/sdhr/metadata?_format=${format}`, { Accept: 'application/fhir+xml' });
      expect(answer.status).to.equal(200);
      expect(answer.headers.get('Content-Type')).to.equal(contentType);
    });
  }

  it('answers 406 to a _format that it does not speak', async () => {
    for (const format of ['xml', 'application/fhir%2Bxml', 'ttl', '']) {
      const answer = await server.get(`/r4/Patient?_format=${format}`);
      expect(answer.status, format).to.equal(406);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'not-supported', location: ['http._format'] }]);
    }
  });

  it('lays the answer out for people with _pretty=true, an outcome too', async () => {
    const plain = await server.get('/sdhr/metadata');
    const pretty = await server.get('/sdhr/metadata?_pretty=true');
    expect(plain.text).to.not.include('\n');
    expect(pretty.text).to.match(/^\{\n {2}"resourceType": "CapabilityStatement",\n {2}"/);
    expect(pretty.json).to.deep.equal(plain.json);
    expect((await server.get('/r4/Patient/unknown?_pretty=true')).text).to.match(/^\{\n {2}"resourceType": "OperationOutcome",\n/);
  });

  it('takes resources as application/fhir+json and application/json in UTF-8', async () => {
    for (const type of [
      'application/fhir+json',
      'application/json',
      'application/fhir+json; charset=UTF-8',
      'Application/JSON;fhirVersion=4.0',
    ]) {
      const answer = await server.post('/r4/Patient', { resourceType: 'Patient' }, { 'Content-Type': type });
      expect(answer.status, type).to.equal(201);
    }
  });

  const refused = [
    'application/fhir+xml',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/fhir+json; fhirVersion=5.0',
  ];
  for (const type of refused) {
    it(`answers 415 to Content-Type ${type}`, async () => {
      const answer = await server.post('/r4/Patient', { resourceType: 'Patient' }, { 'Content-Type': type });
      expect(answer.status).to.equal(415);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'not-supported', location: ['http.Content-Type'] }]);
      expect(answer.headers.get('Accept-Post')).to.equal('application/fhir+json, application/json');
    });
  }

  it('answers 415 to a body without a type, and to an encoding that it does not know', async () => {
    const response = await fetch(`${server.url}/r4/Patient`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await server.token()}` },
      body: new Uint8Array([0x7b, 0x7d]),
    });
    expect(response.status).to.equal(415);
    const encoded = await server.post('/r4/Patient', { resourceType: 'Patient' }, { 'Content-Encoding': 'compress' });
    expect(encoded.status).to.equal(415);
    expect(encoded.headers.get('Accept-Encoding')).to.equal('gzip, br');
  });

  it('does not lay it out with _pretty=false, and refuses a _pretty that is neither', async () => {
    expect((await server.get('/r4/Patient/unknown?_pretty=false')).text).to.match(/^\{"resourceType":"OperationOutcome",/);
    for (const value of ['', 'yes', 'TRUE', '1']) {
      const answer = await server.get(`/r4/Patient?_pretty=${value}`, { Prefer: 'handling=lenient' });
      expect(answer.status, value).to.equal(400);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'invalid', location: ['http._pretty'] }]);
    }
  });

  it('hears _format and _pretty in the form of a search as in the query', async () => {
    const search = (form: string, headers = {}) =>
      server.post('/r4/Patient/_search?family=none', form, { 'Content-Type': 'application/x-www-form-urlencoded', ...headers });
    const pretty = await search('_pretty=true&_format=application/json&_count=1');
    expect(pretty.status).to.equal(200);
    expect(pretty.headers.get('Content-Type')).to.equal(JSON_TYPE);
    expect(pretty.text).to.match(/^\{\n {2}"resourceType": "Bundle",\n/);
    expect(pretty.text).to.not.match(/_pretty|_format/);
    const xml = await search('_format=xml');
    expect(xml.status).to.equal(406);
    expect(xml.issueSummaries).to.deep.equal([{ severity: 'error', code: 'not-supported', location: ['http._format'] }]);
    const above = await search('_format=json', { Accept: 'application/fhir+xml' });
    expect([above.status, above.headers.get('Content-Type')]).to.deep.equal([200, FHIR]);
    for (const form of ['_count=1', '']) {
      const refused = await search(form, { Accept: 'application/fhir+xml' });
      expect(refused.status, form).to.equal(406);
      expect(refused.issueSummaries).to.deep.equal([{ severity: 'error', code: 'not-supported', location: ['http.Accept'] }]);
    }
  });

  it('wants a form for a search by POST', async () => {
    const answer = await server.post('/r4/Patient/_search', { name: 'a' });
    expect(answer.status).to.equal(415);
    expect(answer.headers.get('Accept-Post')).to.equal('application/x-www-form-urlencoded');
  });
});
