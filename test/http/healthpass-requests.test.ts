/** Each request of the HealthPass guide in the guide's order, on one server: what it answers, and how many it finds. */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { AMOXICILLIN, aRelation, CONSULTATION, JOHN, MEASUREMENTS, PNEUMONIA, TEMPERATURE } from '../support/healthpass-resources.js';
import { type Answer, describeServer } from '../support/test-server.js';

const BASE = '/fhir/R4';
const PATIENT = 'patient=Patient/patient-123';
const ONCE = { 'If-None-Exist': 'telecom=+27821234567' };

function resourcesOf({ json }: Answer): readonly JsonObject[] {
  return ((json['entry'] ?? []) as { resource: JsonObject }[]).map(({ resource }) => resource);
}

describeServer('the requests of the HealthPass guide', (server) => {
  /** Ids that the server gave, by the name of the placeholder in the guide. */
  const ids = new Map<string, string>();

  const send = async (title: string, resource: JsonObject, status: number, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await server().post(`${BASE}/${String(resource['resourceType'])}`, resource, headers);
    expect(answer.status, answer.text).to.equal(status);
    ids.set(title, String(answer.json['id']));
    return answer;
  };
  const find = async (query: string, total: number): Promise<Answer> => {
    const answer = await server().get(`${BASE}/${query}`, { Accept: 'application/fhir+json' });
    expect(answer.status, `${query}: ${answer.text.slice(0, 500)}`).to.equal(200);
    expect(answer.json, query).to.include({ resourceType: 'Bundle', type: 'searchset', total });
    return answer;
  };

  it('Autenticação: a token by client credentials, and none is 401', async () => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: undefined };
    const refused = await server().post('/oauth2/token', 'grant_type=client_credentials&client_id=a&client_secret=b', form);
    expect(refused.status).to.equal(401);
    expect((await server().get(`${BASE}/Patient`, { Authorization: undefined })).status).to.equal(401);
    expect((await server().get(`${BASE}/Patient`, { Authorization: `Bearer ${await server().token()}` })).status).to.equal(200);
  });

  it('Paciente: finds nobody, creates him once, and finds, reads and updates him', async () => {
    for (const query of ['identifier=9001015009087', 'name=Smith', 'telecom=+27821234567']) await find(`Patient?${query}`, 0);
    const first = await send('patient', JOHN, 201, ONCE);
    expect((await send('patient', JOHN, 200, ONCE)).json['id']).to.equal(first.json['id']);
    const read = await server().get(`${BASE}/Patient/${ids.get('patient')}`);
    expect(read.json).to.deep.include(JOHN);
    const identifier = [{ value: '9001015009087' }];
    const updated = await server().put(`${BASE}/Patient/${ids.get('patient')}`, { ...JOHN, id: String(ids.get('patient')), identifier });
    expect(updated.status, updated.text).to.equal(200);
    for (const query of ['identifier=9001015009087', 'name=Smith', 'name=smi', 'telecom=+27821234567', 'telecom=%2B27821234567']) {
      const [entry] = (await find(`Patient?${query}`, 1)).json['entry'] as JsonObject[];
      expect(entry).to.deep.include({ fullUrl: `${server().url}${BASE}/Patient/${ids.get('patient')}`, search: { mode: 'match' } });
    }
    expect((await server().get(`${BASE}/Patient/invalid-id`)).status).to.equal(404);
    expect((await server().put(`${BASE}/Patient/invalid-id`, { ...JOHN, id: 'invalid-id' })).status).to.be.oneOf([404, 405]);
  });

  it('Observação: of a patient, by codes, by category, in order', async () => {
    await send('temperature', TEMPERATURE, 201);
    server().clock.advance(1_000);
    await send('rate', { ...TEMPERATURE, code: { coding: [{ system: 'http://loinc.org', code: '9279-1' }] } }, 201);
    await send('other', { ...TEMPERATURE, subject: { reference: 'Patient/other' } }, 201);
    await find(`Observation?${PATIENT}`, 2);
    await find(`Observation?${PATIENT}&code=8310-5,9279-1`, 2);
    await find(`Observation?${PATIENT}&code=8310-5`, 1);
    await find(`Observation?${PATIENT}&category=vital-signs`, 2);
    const sorted = await find(`Observation?${PATIENT}&category=vital-signs&_sort=-_lastUpdated`, 2);
    expect(resourcesOf(sorted).map(({ id }) => id)).to.deep.equal([ids.get('rate'), ids.get('temperature')]);
    const latest = await find(`Observation?${PATIENT}&_sort=-_lastUpdated&_count=1`, 2);
    expect(resourcesOf(latest).map(({ id }) => id)).to.deep.equal([ids.get('rate')]);
    expect((await server().get(`${BASE}/Observation?code=8310-5`)).status).to.equal(400);
  });

  it('Condição: of a patient, by clinical status, the latest recorded first', async () => {
    await send('pneumonia', PNEUMONIA, 201);
    await send('later', { ...PNEUMONIA, recordedDate: '2024-02-01' }, 201);
    await find(`Condition?${PATIENT}`, 2);
    await find(`Condition?${PATIENT}&clinical-status=active`, 2);
    await find(`Condition?${PATIENT}&clinical-status=resolved`, 0);
    const sorted = await find(`Condition?${PATIENT}&_sort=-recordedDate`, 2);
    expect(resourcesOf(sorted).map(({ id }) => id)).to.deep.equal([ids.get('later'), ids.get('pneumonia')]);
    expect((await server().get(`${BASE}/Condition?clinical-status=active`)).status).to.equal(400);
  });

  it('MedicationRequest: of a patient, by status, the latest first', async () => {
    await send('first', AMOXICILLIN, 201);
    await send('second', { ...AMOXICILLIN, authoredOn: '2024-03-01' }, 201);
    await find(`MedicationRequest?${PATIENT}`, 2);
    const sorted = await find(`MedicationRequest?${PATIENT}&status=active&_sort=-authoredOn`, 2);
    expect(resourcesOf(sorted).map(({ id }) => id)).to.deep.equal([ids.get('second'), ids.get('first')]);
  });

  it('Agendamento: by patient, any actor, status and date; books, checks in and cancels', async () => {
    await send('appointment', CONSULTATION, 201);
    await send('next', { ...CONSULTATION, start: '2024-02-20T09:00:00Z', end: '2024-02-20T09:30:00Z' }, 201);
    await find(`Appointment?${PATIENT}`, 2);
    for (const actor of ['Patient/patient-123', 'Practitioner/practitioner-456', 'Location/location-city-center']) {
      await find(`Appointment?actor=${actor}`, 2);
    }
    for (const [date, total] of [
      ['ge2024-01-20', 2],
      ['gt2024-01-20', 1],
      ['le2024-01-20', 1],
      ['lt2024-01-20', 0],
    ] as const) {
      await find(`Appointment?${PATIENT}&date=${date}`, total);
    }
    const sorted = await find(`Appointment?${PATIENT}&status=booked&date=ge2024-01-15&_sort=start`, 2);
    expect(resourcesOf(sorted).map(({ id }) => id)).to.deep.equal([ids.get('appointment'), ids.get('next')]);
    expect(resourcesOf(await find(`Appointment?${PATIENT}&_sort=-start`, 2))[0]?.['id']).to.equal(ids.get('next'));
    for (const status of ['arrived', 'cancelled']) {
      const body = { ...CONSULTATION, id: String(ids.get('appointment')), status };
      expect((await server().put(`${BASE}/Appointment/${ids.get('appointment')}`, body)).status).to.equal(200);
      await find(`Appointment?${PATIENT}&status=${status}`, 1);
    }
  });

  it('Profissional: by a part of the name, by the text of the specialty, by place through the role', async () => {
    const name = [{ family: 'Goldsmith', given: ['Ana'] }];
    await send('cardiologist', { resourceType: 'Practitioner', name, qualification: [{ code: { text: 'Cardiology' } }] }, 201);
    await send('nurse', { resourceType: 'Practitioner', name: [{ family: 'Smithers' }] }, 201);
    await find('Practitioner?name:contains=Smith', 2);
    await find('Practitioner?name=Smith', 1);
    await find('Practitioner?specialty:text=Cardiology', 1);
    await find('Practitioner?specialty:text=Dermatology', 0);
    const sorted = await find('Practitioner?name:contains=smith&_sort=name&_count=10', 2);
    expect(resourcesOf(sorted).map(({ id }) => id)).to.deep.equal([ids.get('cardiologist'), ids.get('nurse')]);
    const practitioner = { reference: `Practitioner/${ids.get('cardiologist')}` };
    const location = [{ reference: 'Location/location-city-center' }];
    await send('role', { resourceType: 'PractitionerRole', practitioner, location }, 201);
    const query = 'PractitionerRole?location=Location/location-city-center&_include=PractitionerRole:practitioner&_count=10';
    const modes = ((await find(query, 1)).json['entry'] as JsonObject[]).map(({ search }) => (search as JsonObject)['mode']);
    expect(modes).to.deep.equal(['match', 'include']);
  });

  it('RelatedPerson: from a parent to the children, and from a child to the parent', async () => {
    await send('child', aRelation('parent-123', 'CHILD', 'Junior', 'child-456'), 201);
    await send('parent', aRelation('child-456', 'PRN', 'John', 'parent-123'), 201);
    const children = await find('RelatedPerson?patient=Patient/parent-123&relationship=CHILD', 1);
    expect(resourcesOf(children)[0]?.['identifier']).to.deep.include.members([
      { system: 'http://example.org/fhir/related-person-patient', value: 'child-456' },
    ]);
    const parents = await find('RelatedPerson?patient=Patient/child-456&relationship=PRN', 1);
    expect(resourcesOf(parents)[0]?.['identifier']).to.deep.include.members([
      { system: 'http://example.org/fhir/related-person-patient', value: 'parent-123' },
    ]);
    await find('RelatedPerson?patient=Patient/child-456&relationship=CHILD', 0);
    await find('RelatedPerson?patient=Patient/parent-123&relationship=PRN', 0);
  });

  it('Lote: all of a transaction, or nothing', async () => {
    const answer = await server().post(`${BASE}/`, MEASUREMENTS);
    expect(answer.status, answer.text).to.equal(200);
    const statuses = (answer.json['entry'] as { response: JsonObject }[]).map(({ response }) => String(response['status']).slice(0, 3));
    expect(statuses).to.deep.equal(['201', '201']);
    await find(`Observation?${PATIENT}`, 4);
    const broken = structuredClone(MEASUREMENTS) as { entry: { resource: JsonObject }[] };
    (broken.entry[1] as { resource: JsonObject }).resource = { resourceType: 'Observation', status: 'none' };
    expect((await server().post(`${BASE}/`, broken as unknown as JsonObject)).status).to.equal(422);
    await find(`Observation?${PATIENT}`, 4);
  });

  it('Paginação: fifty where nothing is said, else by _count and _offset, with the total', async () => {
    for (let number = 0; number < 54; number += 1) {
      await send(`page-${number}`, { ...JOHN, telecom: [{ system: 'phone', value: `+2780000${number}` }] }, 201);
    }
    expect(resourcesOf(await find('Patient?name=Smith', 55))).to.have.length(50);
    const page = await find('Patient?name=Smith&_count=20&_offset=40', 55);
    expect(resourcesOf(page)).to.have.length(15);
    const links = page.json['link'] as JsonObject[];
    expect(links.map(({ relation }) => relation)).to.deep.equal(['self', 'first', 'previous']);
    const all = await Promise.all([0, 20, 40].map((offset) => find(`Patient?name=Smith&_count=20&_offset=${offset}`, 55)));
    expect(new Set(all.flatMap(resourcesOf).map(({ id }) => id)).size).to.equal(55);
  });

  it('Erros: an OperationOutcome with 400, 404 or 422', async () => {
    expect((await server().get(`${BASE}/Patient/invalid-id`)).issueSummaries[0]).to.include({ severity: 'error', code: 'not-found' });
    expect((await server().post(`${BASE}/Patient`, '{')).issueSummaries[0]).to.include({ severity: 'error' });
    expect((await server().post(`${BASE}/Patient`, '{')).status).to.equal(400);
    expect((await server().post(`${BASE}/Patient`, { resourceType: 'Patient', gender: 'masculine' })).status).to.equal(422);
    expect((await server().post(`${BASE}/Observation`, { resourceType: 'Observation', status: 'final' })).status).to.equal(422);
  });
});
