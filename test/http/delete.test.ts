/** delete, conditional delete, and marks in place of deletes: https://hl7.org/fhir/R4/http.html#delete */
import { expect } from 'chai';
import { aPatient } from '../support/resources.js';
import { describeServer } from '../support/test-server.js';

describeServer('delete', (server) => {
  it('answers 204, and from then on the resource is gone but for its versions', async () => {
    await server().put('/r4/Patient/a', aPatient({ id: 'a' }));
    const answer = await server().delete('/r4/Patient/a');
    expect([answer.status, answer.text]).to.deep.equal([204, '']);
    expect(answer.headers.get('ETag')).to.equal('W/"2"');
    expect((await server().get('/r4/Patient/a')).status).to.equal(410);
    expect((await server().get('/r4/Patient?_id=a')).json['total']).to.equal(0);
    expect((await server().get('/r4/Patient/a/_history/1')).status).to.equal(200);
  });

  it('is as good as done where there is nothing', async () => {
    expect((await server().delete('/r4/Patient/a')).status).to.equal(204);
    expect((await server().delete('/r4/Patient/never')).status).to.equal(204);
    expect((await server().get('/r4/Patient/never')).status).to.equal(404);
  });

  it('tells what it did to whoever prefers an OperationOutcome', async () => {
    await server().put('/r4/Patient/told', aPatient({ id: 'told' }));
    const answer = await server().delete('/r4/Patient/told', { Prefer: 'return=OperationOutcome' });
    expect(answer.status).to.equal(200);
    expect(answer.diagnostics).to.equal('Deleted: Patient/told (version 2)');
  });

  it('takes the version that If-Match names, and answers 412 to any other', async () => {
    await server().put('/r4/Patient/guarded', aPatient({ id: 'guarded' }));
    expect((await server().delete('/r4/Patient/guarded', { 'If-Match': 'W/"2"' })).status).to.equal(412);
    expect((await server().get('/r4/Patient/guarded')).status).to.equal(200);
    expect((await server().delete('/r4/Patient/guarded', { 'If-Match': 'W/"1"' })).status).to.equal(204);
  });

  it('deletes the one that a search finds, and answers 412 to several', async () => {
    const identifier = [{ system: 'https://example.org/mrn', value: 'one' }];
    const path = '/r4/Patient?identifier=https://example.org/mrn|one';
    const { id } = (await server().post('/r4/Patient', aPatient({ identifier }))).json;
    await server().post('/r4/Patient', aPatient({ identifier }));
    expect((await server().delete(path)).status).to.equal(412);
    expect((await server().delete(`/r4/Patient/${String(id)}`)).status).to.equal(204);
    expect((await server().delete(path)).status).to.equal(204);
    expect((await server().get(path)).json['total']).to.equal(0);
    expect((await server().delete(path)).status).to.equal(204);
  });

  it('wants a condition that it understands', async () => {
    await server().put('/r4/Patient/kept', aPatient({ id: 'kept' }));
    for (const path of ['/r4/Patient', '/r4/Patient?_count=1', '/r4/Patient?unheard-of=1']) {
      expect((await server().delete(path)).status, path).to.equal(400);
    }
    expect((await server().get('/r4/Patient/kept')).status).to.equal(200);
  });

  it('marks the types that api.json names instead of removing them', async () => {
    const created = await server().post('/api/fhir/Patient', aPatient({ active: true }));
    expect(created.status, created.text).to.equal(201);
    const path = `/api/fhir/Patient/${String(created.json['id'])}`;
    expect((await server().delete(path)).status).to.equal(204);
    const marked = await server().get(path);
    expect(marked.status).to.equal(200);
    expect(marked.headers.get('ETag')).to.equal('W/"2"');
    expect(marked.json['active']).to.equal(false);
    expect((await server().delete(path)).status).to.equal(204);
    expect((await server().get(path)).headers.get('ETag')).to.equal('W/"2"');
  });
});
