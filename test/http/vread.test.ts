/** https://hl7.org/fhir/R4/http.html#vread */
import { expect } from 'chai';
import { aPatient } from '../support/resources.js';
import { describeServer } from '../support/test-server.js';

describeServer('vread', (server) => {
  before(async () => {
    await server().put('/r4/Patient/a', aPatient({ id: 'a', gender: 'female' }));
    server().clock.advance(1_000);
    await server().put('/r4/Patient/a', aPatient({ id: 'a', gender: 'other' }));
    await server().delete('/r4/Patient/a');
  });

  it('answers each version as it was, also after a delete', async () => {
    const first = await server().get('/r4/Patient/a/_history/1');
    expect(first.status).to.equal(200);
    expect(first.headers.get('ETag')).to.equal('W/"1"');
    expect(first.headers.get('Last-Modified')).to.equal('Tue, 04 Mar 2025 05:06:07 GMT');
    expect(first.json).to.deep.include({ gender: 'female', meta: { versionId: '1', lastUpdated: '2025-03-04T05:06:07.089Z' } });
    const second = await server().get('/r4/Patient/a/_history/2');
    expect(second.headers.get('ETag')).to.equal('W/"2"');
    expect(second.json).to.deep.include({ gender: 'other' });
  });

  it('answers 410 for the version that is the delete, 404 for others', async () => {
    expect((await server().get('/r4/Patient/a/_history/3')).status).to.equal(410);
    for (const version of ['4', '0', '-1', 'one', '1.0', '99999999999999999999']) {
      const answer = await server().get(`/r4/Patient/a/_history/${version}`);
      expect(answer.status, version).to.equal(404);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'not-found' }]);
    }
    expect((await server().get('/r4/Patient/unknown/_history/1')).status).to.equal(404);
  });

  it('answers 304 to a caller who has it', async () => {
    expect((await server().get('/r4/Patient/a/_history/1', { 'If-None-Match': 'W/"1"' })).status).to.equal(304);
  });
});
