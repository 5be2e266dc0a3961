/** Searches over several types: https://hl7.org/fhir/R4/http.html#search */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { anObservation, aPatient } from '../support/resources.js';
import { type Answer, describeServer } from '../support/test-server.js';

function typesOf(answer: Answer): readonly unknown[] {
  expect(answer.status, answer.text).to.equal(200);
  return ((answer.json['entry'] ?? []) as { resource: JsonObject }[]).map(({ resource }) => resource['resourceType']);
}

describeServer('search-system', (server) => {
  before(async () => {
    await server().put('/r4/Patient/same', aPatient({ id: 'same' }));
    await server().put('/r4/Observation/same', anObservation({ id: 'same' }));
    await server().put('/r4/Observation/other', anObservation({ id: 'other' }));
  });

  it('finds in every type what the parameters of all types say', async () => {
    expect(typesOf(await server().get('/r4?_id=same'))).to.have.members(['Patient', 'Observation']);
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(typesOf(await server().post('/r4/_search', '_id=same', form))).to.have.length(2);
  });

  it('looks at the types that _type names', async () => {
    expect(typesOf(await server().get('/r4?_type=Observation'))).to.deep.equal(['Observation', 'Observation']);
    expect(typesOf(await server().get('/r4/?_type=Patient,Observation&_id=same'))).to.have.length(2);
    const answer = await server().get('/r4?_type=Nothing');
    expect(answer.status).to.equal(400);
    expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'value', location: ['http._type'] }]);
  });

  it('answers 403 where the token does not allow every type', async () => {
    expect((await server().request('/r4?_id=same', { scope: 'system/Patient.s' })).status).to.equal(403);
    expect(typesOf(await server().request('/r4?_type=Patient', { scope: 'system/Patient.s' }))).to.deep.equal(['Patient']);
  });

  it('wants the mandatory parameters of the types that it looks at', async () => {
    const answer = await server().get('/sdhr?_type=Condition');
    expect(answer.status).to.equal(400);
    expect(answer.diagnostics).to.include("'patient'");
  });
});
