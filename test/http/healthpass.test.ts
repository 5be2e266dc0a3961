/** The guide of the HealthPass API, request by request: what it says can be sent is taken, what it says is found is found. */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { aBundle, anEntry } from '../support/resources.js';
import { type Answer, describeServer } from '../support/test-server.js';

const BASE = '/fhir/R4';
const PATIENT = 'Patient/patient-123';
const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem';

function coded(system: string, code: string, display?: string): JsonObject {
  return { coding: [{ system, code, ...(display !== undefined && { display }) }] };
}

function aMeasurement(code: string, value: number, unit: string): JsonObject {
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [coded(`${TERMINOLOGY}/observation-category`, 'vital-signs')],
    code: coded('http://loinc.org', code),
    subject: { reference: PATIENT },
    effectiveDateTime: '2024-01-15T10:30:00Z',
    valueQuantity: { value, unit, system: 'http://unitsofmeasure.org', code: unit },
  };
}

function anAppointment(status: string): JsonObject {
  const actors = [PATIENT, 'Practitioner/practitioner-456', 'Location/location-city-center'];
  return {
    resourceType: 'Appointment',
    status,
    appointmentType: coded(`${TERMINOLOGY}/v2-0276`, 'CONSULT'),
    start: '2024-01-20T09:00:00Z',
    end: '2024-01-20T09:30:00Z',
    participant: actors.map((reference) => ({ actor: { reference }, status: 'accepted' })),
  };
}

function aRelation(patient: string, code: string, other: string): JsonObject {
  return {
    resourceType: 'RelatedPerson',
    patient: { reference: `Patient/${patient}` },
    relationship: [coded(`${TERMINOLOGY}/v3-RoleCode`, code)],
    name: [{ family: 'Smith' }],
    identifier: [{ system: 'http://example.org/fhir/related-person-patient', value: other }],
  };
}

describeServer('HealthPass', (server) => {
  const create = async (resource: JsonObject, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    server().post(`${BASE}/${String(resource['resourceType'])}`, resource, headers);
  const created = async (resource: JsonObject): Promise<string> => {
    const answer = await create(resource);
    expect(answer.status, answer.text).to.equal(201);
    return String(answer.json['id']);
  };
  const expectTotal = async (query: string, total: number): Promise<Answer> => {
    const answer = await server().get(`${BASE}/${query}`);
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.json['total'], query).to.equal(total);
    return answer;
  };

  it('creates a patient once for a telephone number, and finds it by name, identifier and number', async () => {
    const patient: JsonObject = {
      resourceType: 'Patient',
      identifier: [{ value: '9001015009087' }],
      name: [{ family: 'Smith', given: ['John'] }],
      telecom: [{ system: 'phone', value: '+27821234567', use: 'mobile' }],
      gender: 'male',
      birthDate: '1990-01-01',
    };
    const first = await create(patient, { 'If-None-Exist': 'telecom=+27821234567' });
    const second = await create(patient, { 'If-None-Exist': 'telecom=+27821234567' });
    expect([first.status, second.status]).to.deep.equal([201, 200]);
    expect(second.json['id']).to.equal(first.json['id']);
    for (const query of ['identifier=9001015009087', 'name=Smith', 'telecom=+27821234567', 'name=Smith&_count=20&_offset=0']) {
      await expectTotal(`Patient?${query}`, 1);
    }
    const page = await expectTotal('Patient?name=Smith&_count=20&_offset=40', 1);
    expect(page.json).to.not.have.property('entry');
  });

  it('finds measurements of a patient by codes and category, the newest first', async () => {
    await created(aMeasurement('8310-5', 37.2, 'Cel'));
    server().clock.advance(1_000);
    const newest = await created(aMeasurement('9279-1', 18, '/min'));
    await expectTotal(`Observation?patient=${PATIENT}&code=8310-5,9279-1`, 2);
    await expectTotal(`Observation?patient=${PATIENT}&category=vital-signs&_sort=-_lastUpdated`, 2);
    const answer = await expectTotal(`Observation?patient=${PATIENT}&_sort=-_lastUpdated&_count=1`, 2);
    expect((answer.json['entry'] as { resource: JsonObject }[]).map(({ resource }) => resource['id'])).to.deep.equal([newest]);
    for (const type of ['Observation', 'Condition']) {
      const refused = await server().get(`${BASE}/${type}`);
      expect([refused.status, refused.issueSummaries[0]?.location]).to.deep.equal([400, ['http.patient']]);
    }
  });

  it('takes diagnoses and prescriptions, sorted by the elements that the guide sorts by', async () => {
    const subject = { reference: PATIENT };
    const diagnosis: JsonObject = {
      resourceType: 'Condition',
      clinicalStatus: coded(`${TERMINOLOGY}/condition-clinical`, 'active'),
      verificationStatus: coded(`${TERMINOLOGY}/condition-ver-status`, 'confirmed'),
      code: coded('http://snomed.info/sct', '233604007'),
      subject,
      recordedDate: '2024-01-15T10:30:00Z',
    };
    await created(diagnosis);
    await created({ ...diagnosis, recordedDate: '2024-02-01' });
    const sorted = await expectTotal(`Condition?patient=${PATIENT}&clinical-status=active&_sort=-recordedDate`, 2);
    const dates = (sorted.json['entry'] as { resource: JsonObject }[]).map(({ resource }) => resource['recordedDate']);
    expect(dates).to.deep.equal(['2024-02-01', '2024-01-15T10:30:00Z']);
    await created({
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      medicationCodeableConcept: coded('http://www.nlm.nih.gov/research/umls/rxnorm', '308182', 'Amoxicillin 500 MG Oral Capsule'),
      subject,
      authoredOn: '2024-01-15T10:30:00Z',
    });
    await expectTotal(`MedicationRequest?patient=${PATIENT}&status=active&_sort=-authoredOn`, 1);
  });

  it('books, finds and cancels an appointment with the type of its guide', async () => {
    const id = await created(anAppointment('booked'));
    await expectTotal(`Appointment?patient=${PATIENT}&status=booked&date=ge2024-01-15&_sort=start`, 1);
    await expectTotal('Appointment?actor=Practitioner/practitioner-456&_sort=-start', 1);
    await expectTotal(`Appointment?patient=${PATIENT}&date=lt2024-01-20`, 0);
    const cancelled = await server().put(`${BASE}/Appointment/${id}`, { ...anAppointment('cancelled'), id });
    expect(cancelled.status, cancelled.text).to.equal(200);
    const unheardOf = { ...anAppointment('booked'), appointmentType: coded(`${TERMINOLOGY}/v2-0276`, 'CONSULTATION') };
    expect((await create(unheardOf)).status).to.equal(422);
  });

  it('finds practitioners by a part of the name, by specialty and by place', async () => {
    const id = await created({
      resourceType: 'Practitioner',
      name: [{ family: 'Goldsmith' }],
      qualification: [{ code: { text: 'Cardiology' } }],
    });
    await created({
      resourceType: 'PractitionerRole',
      practitioner: { reference: `Practitioner/${id}` },
      location: [{ reference: 'Location/location-city-center' }],
    });
    await expectTotal('Practitioner?name:contains=smith&_count=10&_sort=name', 1);
    await expectTotal('Practitioner?specialty:text=cardio', 1);
    const query = 'PractitionerRole?location=Location/location-city-center&_include=PractitionerRole:practitioner&_count=10';
    expect((await expectTotal(query, 1)).json['entry']).to.have.length(2);
  });

  it('links parents and children both ways', async () => {
    await created(aRelation('parent-123', 'CHILD', 'child-456'));
    await created(aRelation('child-456', 'PRN', 'parent-123'));
    await expectTotal('RelatedPerson?patient=Patient/parent-123&relationship=CHILD', 1);
    await expectTotal('RelatedPerson?patient=Patient/child-456&relationship=PRN', 1);
    await expectTotal('RelatedPerson?patient=Patient/child-456&relationship=CHILD', 0);
  });

  it('takes several measurements as one transaction, at the base with its slash', async () => {
    const entries = [aMeasurement('8310-5', 37.2, 'Cel'), aMeasurement('9279-1', 18, '/min')].map((measurement) =>
      anEntry({ method: 'POST', url: 'Observation' }, { ...measurement, subject: { reference: 'Patient/batch' } }),
    );
    const answer = await server().post(`${BASE}/`, aBundle('transaction', ...entries));
    expect(answer.status, answer.text).to.equal(200);
    await expectTotal('Observation?patient=Patient/batch', 2);
  });

  it('answers 404 and 422 as its guide says', async () => {
    expect((await server().get(`${BASE}/Patient/invalid-id`)).issueSummaries[0]).to.include({ severity: 'error', code: 'not-found' });
    expect((await create({ resourceType: 'Patient', gender: 'masculine' })).status).to.equal(422);
  });
});
