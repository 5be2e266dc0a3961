/** read, with its conditions and HEAD: https://hl7.org/fhir/R4/http.html#read */
import { expect } from 'chai';
import { aPatient } from '../support/resources.js';
import { describeServer } from '../support/test-server.js';

describeServer('read', (server) => {
  const TEXT = '{"resourceType":"Patient","id":"exact","extension":[{"url":"https://example.org/a","valueDecimal":1.500}],"active":true}';
  before(async () => {
    expect((await server().put('/r4/Patient/exact', TEXT)).status).to.equal(201);
  });

  it('answers the text as it was sent, with id, version and instant', async () => {
    const answer = await server().get('/r4/Patient/exact');
    expect(answer.status).to.equal(200);
    expect(answer.text).to.include('"valueDecimal":1.500}');
    expect(answer.json).to.deep.include({ id: 'exact', meta: { versionId: '1', lastUpdated: '2025-03-04T05:06:07.089Z' }, active: true });
    // the order of the properties stays
    expect(Object.keys(answer.json).filter((name) => name !== 'meta')).to.deep.equal(['resourceType', 'id', 'extension', 'active']);
  });

  it('says which version it is and since when, and lets a browser keep it only with asking', async () => {
    const { headers } = await server().get('/r4/Patient/exact');
    expect(headers.get('ETag')).to.equal('W/"1"');
    expect(headers.get('Last-Modified')).to.equal('Tue, 04 Mar 2025 05:06:07 GMT');
    expect(headers.get('Cache-Control')).to.equal('private, no-cache');
    expect(headers.get('Content-Type')).to.equal('application/fhir+json; charset=utf-8');
  });

  it('answers 404 where there never was such a resource, 410 where it was deleted', async () => {
    const unknown = await server().get('/r4/Patient/unknown');
    expect(unknown.status).to.equal(404);
    expect(unknown.issueSummaries).to.deep.equal([{ severity: 'error', code: 'not-found' }]);
    await server().put('/r4/Patient/gone', aPatient({ id: 'gone' }));
    await server().delete('/r4/Patient/gone');
    const gone = await server().get('/r4/Patient/gone');
    expect(gone.status).to.equal(410);
    expect(gone.issueSummaries).to.deep.equal([{ severity: 'error', code: 'deleted' }]);
    expect((await server().get('/r4/Patient/not%20an%20id')).status).to.equal(404);
  });

  it('keeps the APIs apart', async () => {
    expect((await server().get('/fhir/R4/Patient/exact')).status).to.equal(404);
  });

  it('answers HEAD as GET, without the body', async () => {
    const get = await server().get('/r4/Patient/exact', { 'Accept-Encoding': 'identity' });
    const head = await server().request('/r4/Patient/exact', { method: 'HEAD', headers: { 'Accept-Encoding': 'identity' } });
    expect(head.status).to.equal(200);
    expect(head.text).to.equal('');
    for (const name of ['ETag', 'Last-Modified', 'Content-Type', 'Content-Length', 'Cache-Control']) {
      expect(head.headers.get(name), name).to.equal(get.headers.get(name));
    }
    const unknown = await server().request('/r4/Patient/unknown', { method: 'HEAD' });
    expect([unknown.status, unknown.text]).to.deep.equal([404, '']);
  });

  const known: readonly (readonly [string, Record<string, string>, number])[] = [
    ['its ETag', { 'If-None-Match': 'W/"1"' }, 304],
    ['its ETag as a strong one', { 'If-None-Match': '"1"' }, 304],
    ['any ETag', { 'If-None-Match': '*' }, 304],
    ['an ETag of the name *', { 'If-None-Match': '"*"' }, 200],
    ['several ETags, its own weak one among them', { 'If-None-Match': '"a,b", W/"7",, W/"1"' }, 304],
    ['several ETags, its own as a strong one', { 'If-None-Match': 'W/"7", "1"' }, 304],
    ['several ETags of others', { 'If-None-Match': 'W/"7", "11"' }, 200],
    ['another ETag', { 'If-None-Match': 'W/"2"' }, 200],
    ['its instant', { 'If-Modified-Since': 'Tue, 04 Mar 2025 05:06:07 GMT' }, 304],
    ['a later instant', { 'If-Modified-Since': 'Tue, 04 Mar 2025 05:06:08 GMT' }, 304],
    ['an earlier instant', { 'If-Modified-Since': 'Tue, 04 Mar 2025 05:06:06 GMT' }, 200],
    ['a date that is none', { 'If-Modified-Since': 'yesterday' }, 200],
    ['a day that no month has', { 'If-Modified-Since': 'Fri, 31 Feb 2031 05:06:07 GMT' }, 200],
    ['a year alone', { 'If-Modified-Since': '2031' }, 200],
    ['its instant in an old form', { 'If-Modified-Since': 'Tuesday, 04-Mar-25 05:06:07 GMT' }, 304],
    ['its ETag and an earlier instant', { 'If-None-Match': 'W/"1"', 'If-Modified-Since': 'Tue, 04 Mar 2025 05:06:06 GMT' }, 304],
    ['another ETag and its instant', { 'If-None-Match': 'W/"2"', 'If-Modified-Since': 'Tue, 04 Mar 2025 05:06:07 GMT' }, 200],
  ];
  for (const [title, headers, status] of known) {
    it(`answers ${status} to a caller who has ${title}`, async () => {
      for (const path of ['/r4/Patient/exact', '/r4/Patient/exact/_history/1']) {
        for (const method of ['GET', 'HEAD']) {
          const answer = await server().request(`${path}?_pretty=true`, { method, headers });
          expect(answer.status).to.equal(status);
          expect(answer.headers.get('ETag')).to.equal('W/"1"');
          expect(answer.headers.get('Last-Modified')).to.equal('Tue, 04 Mar 2025 05:06:07 GMT');
          expect(answer.headers.get('Cache-Control')).to.equal('private, no-cache');
          if (status !== 304) continue;
          expect(answer.text).to.equal('');
          for (const name of ['Content-Type', 'Content-Length', 'Content-Encoding']) expect(answer.headers.get(name), name).to.equal(null);
        }
      }
    });
  }

  it('answers 304 where one of several ETags is that of the version', async () => {
    expect((await server().get('/r4/Patient/exact', { 'If-None-Match': 'W/"998", W/"1"' })).status).to.equal(304);
    expect((await server().get('/r4/Patient/exact', { 'If-None-Match': 'W/"998", W/"999"' })).status).to.equal(200);
  });

  it('answers 400 to an If-None-Match that is no ETag', async () => {
    const answer = await server().get('/r4/Patient/exact', { 'If-None-Match': 'W/1"' });
    expect(answer.status).to.equal(400);
    expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'structure', location: ['http.If-None-Match'] }]);
  });
});
