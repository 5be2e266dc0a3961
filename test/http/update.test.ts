/** update, update as create, version-aware and conditional update: https://hl7.org/fhir/R4/http.html#update */
import { expect } from 'chai';
import { aCondition, aPatient } from '../support/resources.js';
import { describeServer } from '../support/test-server.js';

describeServer('update', (server) => {
  it('creates a resource under an id of the caller where the API allows it', async () => {
    const answer = await server().put('/r4/Patient/new', aPatient({ id: 'new' }));
    expect(answer.status, answer.text).to.equal(201);
    expect(answer.headers.get('Location')).to.equal(`${server().url}/r4/Patient/new/_history/1`);
    expect(answer.headers.get('ETag')).to.equal('W/"1"');
  });

  it('answers 405 where the API gives the ids', async () => {
    const id = '7f0c8f0a-34d2-4b58-9a3d-5b0a5a4f0d11';
    const answer = await server().put(`/sdhr/Condition/${id}`, aCondition({ id }));
    expect(answer.status).to.equal(405);
    expect(answer.headers.get('Allow')).to.equal('GET, HEAD');
    expect((await server().get(`/sdhr/Condition/${id}`)).status).to.equal(404);
  });

  it('makes the next version, with an instant of its own', async () => {
    await server().put('/r4/Patient/a', aPatient({ id: 'a' }));
    server().clock.advance(60_000);
    const answer = await server().put('/r4/Patient/a', aPatient({ id: 'a', gender: 'female' }));
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('ETag')).to.equal('W/"2"');
    expect(answer.headers.get('Location')).to.equal(null);
    expect(answer.headers.get('Content-Location')).to.equal(`${server().url}/r4/Patient/a/_history/2`);
    const { versionId, lastUpdated } = answer.json['meta'] as { versionId: string; lastUpdated: string };
    expect(versionId).to.equal('2');
    expect(Date.parse(lastUpdated)).to.equal(server().clock.now);
    server().clock.advance(-60_000);
    expect((await server().get('/r4/Patient/a')).text).to.equal(answer.text);
  });

  it('validates as a create does', async () => {
    const answer = await server().put('/r4/Patient/a', aPatient({ id: 'a', gender: 'unheard-of' }));
    expect(answer.status).to.equal(422);
    expect((await server().get('/r4/Patient/a')).json['gender']).to.equal('female');
  });

  it('takes the version that If-Match names, and answers 412 to any other', async () => {
    await server().put('/r4/Patient/guarded', aPatient({ id: 'guarded' }));
    const body = aPatient({ id: 'guarded', active: true });
    for (const etag of ['W/"1"', '"2"', '3', '*']) {
      expect((await server().put('/r4/Patient/guarded', body, { 'If-Match': etag })).status, etag).to.equal(200);
    }
    for (const etag of ['W/"1"', 'W/"99"', 'W/"x"']) {
      const answer = await server().put('/r4/Patient/guarded', body, { 'If-Match': etag });
      expect(answer.status, etag).to.equal(412);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'conflict', location: ['http.If-Match'] }]);
      expect(answer.diagnostics).to.include('the current one is 5');
    }
    expect((await server().put('/r4/Patient/never', aPatient({ id: 'never' }), { 'If-Match': 'W/"1"' })).status).to.equal(412);
    expect((await server().put('/r4/Patient/guarded', body, { 'If-Match': 'W/"1", W/"2"' })).status).to.equal(412);
    expect((await server().put('/r4/Patient/guarded', body, { 'If-Match': 'W/"1" or W/"5"' })).status).to.equal(400);
    expect((await server().put('/r4/Patient/guarded', body, { 'If-None-Match': '*' })).status).to.equal(412);
  });

  it('lets one of several through who name the same version', async () => {
    await server().put('/r4/Patient/race', aPatient({ id: 'race' }));
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        server().put('/r4/Patient/race', aPatient({ id: 'race', language: `x-${index}` }), { 'If-Match': 'W/"1"' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 412, 412, 412, 412, 412, 412, 412]);
    expect((await server().get('/r4/Patient/race')).headers.get('ETag')).to.equal('W/"2"');
  });

  it('loses none of several who name no version', async () => {
    await server().put('/r4/Patient/busy', aPatient({ id: 'busy' }));
    const answers = await Promise.all(Array.from({ length: 8 }, () => server().put('/r4/Patient/busy', aPatient({ id: 'busy' }))));
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 200));
    expect(answers.map(({ headers }) => headers.get('ETag')).sort()).to.deep.equal(
      [2, 3, 4, 5, 6, 7, 8, 9].map((version) => `W/"${version}"`),
    );
  });

  it('brings a deleted resource back, with the version that follows', async () => {
    await server().put('/r4/Patient/back', aPatient({ id: 'back' }));
    await server().delete('/r4/Patient/back');
    const answer = await server().put('/r4/Patient/back', aPatient({ id: 'back' }));
    expect(answer.status).to.equal(201);
    expect(answer.headers.get('ETag')).to.equal('W/"3"');
    expect((await server().get('/r4/Patient/back')).status).to.equal(200);
  });

  describe('of what a search finds', () => {
    const identifier = [{ system: 'https://example.org/mrn', value: 'conditional' }];
    const path = '/r4/Patient?identifier=https://example.org/mrn|conditional';

    it('creates when it finds nothing, updates what it finds, answers 412 when it finds several', async () => {
      const created = await server().put(path, aPatient({ identifier }));
      expect(created.status, created.text).to.equal(201);
      const { id } = created.json;
      const updated = await server().put(path, aPatient({ identifier, active: true }));
      expect(updated.status).to.equal(200);
      expect(updated.json).to.deep.include({ id, active: true });
      expect((await server().put(path, aPatient({ id: 'another', identifier }))).status).to.equal(400);
      await server().post('/r4/Patient', aPatient({ identifier }));
      const several = await server().put(path, aPatient({ identifier }));
      expect(several.status).to.equal(412);
      expect(several.issueSummaries).to.deep.equal([{ severity: 'error', code: 'multiple-matches' }]);
    });

    it('wants a condition', async () => {
      expect((await server().put('/r4/Patient', aPatient())).status).to.equal(400);
      expect((await server().put('/r4/Patient?_count=1', aPatient())).status).to.equal(400);
    });
  });
});
