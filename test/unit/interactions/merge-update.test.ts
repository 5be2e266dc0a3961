import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { bodyOf, idOf, summariesOf, TestApi } from '../../support/test-api.js';

const TAG = { system: 'urn:tags', code: 'a' };

describe('updates that say only what changes', () => {
  let api: TestApi;

  beforeEach(async () => {
    api = await TestApi.open('r4', { config: { update: 'merge' } });
  });

  const stored = async (type: string, id: string) => {
    const { body = '' } = await api.call('read', { type, id });
    return body;
  };

  it('leave what the body lacks as it is, to the letter', async () => {
    const id = idOf(
      await api.create('{"resourceType":"Observation","status":"preliminary","code":{"text":"x"},"valueQuantity":{ "value":1.50 }}'),
    );
    await api.update({ resourceType: 'Observation', id, status: 'final' });
    expect(await stored('Observation', id))
      .to.contain('"status":"final"')
      .and.to.contain('"valueQuantity":{ "value":1.50 }')
      .and.to.contain('"code"');
  });

  it('replace a whole element with all that belongs to it: extensions of a primitive, other types of a choice', async () => {
    const request: JsonObject = {
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      _intent: { extension: [{ url: 'urn:x', valueString: 'y' }] },
      medicationCodeableConcept: { text: 'a' },
      subject: { reference: 'Patient/1' },
    };
    const id = idOf(await api.create(request));
    await api.update({ resourceType: 'MedicationRequest', id, intent: 'plan', medicationReference: { reference: 'Medication/1' } });
    const after = JSON.parse(await stored('MedicationRequest', id)) as JsonObject;
    expect(after).to.include.keys('status', 'subject', 'medicationReference').and.not.include.keys('_intent', 'medicationCodeableConcept');
  });

  it('keep claims and tags, but not the narrative, which tells what was', async () => {
    const text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">active</div>' };
    const id = idOf(await api.create({ resourceType: 'Patient', active: true, meta: { tag: [TAG] }, text }));
    const after = bodyOf(await api.update({ resourceType: 'Patient', id, active: false }, { prefer: { return: 'representation' } }));
    expect(after['meta']).to.deep.include({ tag: [TAG], versionId: '2' });
    expect(after).not.to.have.property('text');
  });

  it('are held against the profiles as a whole, with the positions of the body', async () => {
    const id = idOf(await api.create({ resourceType: 'Patient', deceasedBoolean: false, gender: 'female' }));
    const body = `{"resourceType":"Patient",\n"id":"${id}",\n"gender":"x"}`;
    const refusal = await api.refusal('update', { type: 'Patient', id, body });
    expect(refusal.issues[0]).to.include({ line: 3, expression: 'Patient.gender' });
    const choices = await api.refusal('update', { type: 'Patient', id, body: { resourceType: 'Patient', id, deceasedBoolean: 1 } });
    expect(summariesOf(choices.issues)[0]).to.include({ expression: 'Patient.deceased.ofType(boolean)' });
  });

  it('are merged again when someone else wrote in between', async () => {
    const id = idOf(await api.create({ resourceType: 'Patient' }));
    const changes: readonly JsonObject[] = [{ active: true }, { gender: 'female' }, { birthDate: '1990' }, { language: 'fr' }];
    await Promise.all(changes.map((change) => api.update({ resourceType: 'Patient', id, ...change })));
    expect(JSON.parse(await stored('Patient', id))).to.include(Object.assign({}, ...changes) as JsonObject);
  });

  it('may stand in a transaction', async () => {
    const id = idOf(await api.create({ resourceType: 'Patient', gender: 'female' }));
    const entry = [{ resource: { resourceType: 'Patient', id, active: true }, request: { method: 'PUT', url: `Patient/${id}` } }];
    await api.call('transaction', { body: { resourceType: 'Bundle', type: 'transaction', entry } });
    expect(JSON.parse(await stored('Patient', id))).to.include({ active: true, gender: 'female' });
  });
});
