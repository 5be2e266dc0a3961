import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { aPatient } from '../../support/resources.js';
import { bodyOf, idOf, refusalOf, TestApi } from '../../support/test-api.js';

describe('delete', () => {
  let r4: TestApi;

  beforeEach(async () => {
    r4 = await TestApi.open('r4');
  });

  const remove = (api: TestApi, id: string, ifMatch?: string) =>
    api.call('delete', { type: 'Patient', id, ...(ifMatch !== undefined && { preconditions: { ifMatch } }) });

  it('takes a version of its own, and may be said again', async () => {
    const id = idOf(await r4.create(aPatient()));
    expect(await remove(r4, id)).to.include({ status: 204, versionId: 2 });
    const again = await remove(r4, id);
    expect(again).to.include({ status: 204 }).and.not.have.property('versionId');
    expect(again.outcome).to.include('nothing to delete');
    expect((await remove(r4, 'never')).status).to.equal(204);
    expect(await r4.count('Patient')).to.equal(0);
  });

  it('leaves 410 for reads, 404 for what never was, and the versions before', async () => {
    const id = idOf(await r4.create(aPatient()));
    await remove(r4, id);
    expect(await r4.refusal('read', { type: 'Patient', id })).to.include({ code: 'resource-deleted', status: 410 });
    expect(await r4.refusal('read', { type: 'Patient', id: 'never' })).to.include({ code: 'resource-not-found', status: 404 });
    expect(await r4.refusal('vread', { type: 'Patient', id, versionId: '2' })).to.include({ code: 'resource-deleted', status: 410 });
    expect(await r4.call('vread', { type: 'Patient', id, versionId: '1' })).to.include({ status: 200, versionId: 1 });
    for (const versionId of ['0', '3', 'x', '1.0']) {
      expect((await r4.refusal('vread', { type: 'Patient', id, versionId })).status, versionId).to.equal(404);
    }
  });

  it('heeds If-Match', async () => {
    const id = idOf(await r4.create(aPatient()));
    expect(await refusalOf(remove(r4, id, 'W/"2"'))).to.include({ code: 'precondition-failed', status: 412 });
    expect((await remove(r4, id, 'W/"1"')).status).to.equal(204);
    expect(await refusalOf(remove(r4, id, 'W/"2"'))).to.include({ status: 412 });
  });

  it('of what a search finds is one at a time, unless the policy says several', async () => {
    const several = await TestApi.open('r4', { policy: { conditionalDelete: 'multiple' } });
    for (const api of [r4, several]) {
      for (const birthDate of ['1990', '1990', '1991']) await api.create(aPatient({ birthDate }));
    }
    const byBirth = (api: TestApi, query: string) => api.call('delete', { type: 'Patient', query });
    expect(await byBirth(r4, 'birthdate=1991')).to.include({ status: 204, versionId: 2 });
    expect((await byBirth(r4, 'birthdate=1991')).status).to.equal(204);
    expect(await refusalOf(byBirth(r4, 'birthdate=1990'))).to.include({ code: 'multiple-matches', status: 412 });
    expect(await r4.count('Patient')).to.equal(2);
    expect((await byBirth(several, 'birthdate=1990')).status).to.equal(204);
    expect(await several.count('Patient')).to.equal(1);
    expect(await refusalOf(byBirth(several, '_count=5'))).to.include({ status: 400 });
  });

  it('marks what api.json says is not to be removed', async () => {
    const softDelete = { Patient: { element: 'active', value: false }, Appointment: { element: 'status', value: 'cancelled' } };
    const api = await TestApi.open('r4', { config: { softDelete } });
    const id = idOf(await api.create('{"resourceType":"Patient","extension":[{"url":"urn:x","valueDecimal":1.50}]}'));
    expect(await remove(api, id)).to.include({ status: 204, versionId: 2 });
    const marked = await api.call('read', { type: 'Patient', id });
    expect(bodyOf(marked)).to.include({ active: false });
    expect(marked.body).to.include('1.50');
    expect(marked.body).to.include('"versionId":"2"');
    const found = bodyOf(await api.call('search-type', { type: 'Patient', query: 'active=false' }));
    expect((found['entry'] as JsonObject[]).length).to.equal(1);
    // it is marked already
    expect((await remove(api, id)).status).to.equal(204);
    expect(await api.call('read', { type: 'Patient', id })).to.include({ versionId: 2 });
  });

  it('answers 404 or 410 to what is not there, where api.json says so', async () => {
    const api = await TestApi.open('r4', { config: { deleteOfNothing: 404 } });
    const id = idOf(await api.create(aPatient()));
    expect((await remove(api, id)).status).to.equal(204);
    expect((await refusalOf(remove(api, id))).status).to.equal(410);
    expect((await refusalOf(remove(api, 'never'))).status).to.equal(404);
    expect((await api.refusal('delete', { type: 'Patient', query: '_id=never' })).status).to.equal(404);
    const body = { resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method: 'DELETE', url: 'Patient/never' } }] };
    expect((await api.refusal('transaction', { body })).status).to.equal(404);
  });

  it('ends the period of what it marks, unless that has an end or begins later', async () => {
    const softDelete = { Encounter: { element: 'status', value: 'finished', period: 'period' } };
    const api = await TestApi.open('r4', { config: { softDelete } });
    const end = new Date(api.now).toISOString();
    const periods: readonly (readonly [JsonObject | undefined, JsonObject])[] = [
      [undefined, { end }],
      [{ start: '2025-03' }, { start: '2025-03', end }],
      [
        { start: '2025-03-01', end: '2025-03-02' },
        { start: '2025-03-01', end: '2025-03-02' },
      ],
      [{ start: '2025-03-05' }, { start: '2025-03-05' }],
    ];
    for (const [period, wanted] of periods) {
      const encounter = { resourceType: 'Encounter', status: 'planned', class: { code: 'VR' }, ...(period !== undefined && { period }) };
      const id = idOf(await api.create(encounter));
      await api.call('delete', { type: 'Encounter', id });
      const { body } = await api.call('read', { type: 'Encounter', id });
      expect(JSON.parse(body ?? '')).to.deep.include({ status: 'finished', period: wanted });
    }
  });
});
