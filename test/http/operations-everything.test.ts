/** $everything: https://hl7.org/fhir/R4/patient-operation-everything.html and https://hl7.org/fhir/R4/encounter-operation-everything.html */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { aBundle, anEntry, anObservation, aPatient } from '../support/resources.js';
import { type Answer, describeServer } from '../support/test-server.js';

const AMBULATORY = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' };
const to = (reference: string): JsonObject => ({ reference });

/** A patient with an encounter, what was found in it, and those who took part; and another patient. */
const RECORD: readonly JsonObject[] = [
  { resourceType: 'Organization', id: 'clinic', name: 'Clinic', partOf: to('Organization/group') },
  { resourceType: 'Organization', id: 'group', name: 'Group' },
  { resourceType: 'Organization', id: 'unrelated', name: 'Other' },
  { resourceType: 'Practitioner', id: 'doctor' },
  { resourceType: 'PractitionerRole', id: 'role', practitioner: to('Practitioner/doctor'), organization: to('Organization/clinic') },
  { resourceType: 'Location', id: 'ward', name: 'Ward' },
  { resourceType: 'Medication', id: 'aspirin' },
  aPatient({ id: 'hine', generalPractitioner: [to('PractitionerRole/role')] }),
  aPatient({ id: 'other' }),
  {
    resourceType: 'Encounter',
    id: 'visit',
    status: 'finished',
    class: AMBULATORY,
    subject: to('Patient/hine'),
    location: [{ location: to('Location/ward') }],
    // no search parameter leads there
    hospitalization: { origin: to('Organization/unrelated') },
    diagnosis: [{ condition: to('Condition/old') }],
    period: { start: '2024-05-01', end: '2024-05-02' },
  },
  { resourceType: 'Condition', id: 'old', subject: to('Patient/hine'), recordedDate: '2010-01-01' },
  { resourceType: 'Condition', id: 'undated', subject: to('Patient/hine'), encounter: to('Encounter/visit') },
  anObservation({ id: 'weight', subject: to('Patient/hine'), encounter: to('Encounter/visit'), effectiveDateTime: '2024-05-01' }),
  anObservation({ id: 'later', subject: to('Patient/hine'), effectiveDateTime: '2025-01-01', performer: [to('Practitioner/doctor')] }),
  anObservation({ id: 'of-other', subject: to('Patient/other'), performer: [to('Practitioner/doctor')] }),
  // the other one's record names this one, who did not see it
  { resourceType: 'Communication', id: 'sent', status: 'completed', subject: to('Patient/other'), recipient: [to('Patient/hine')] },
  {
    resourceType: 'MedicationRequest',
    id: 'order',
    status: 'active',
    intent: 'order',
    subject: to('Patient/hine'),
    medicationReference: to('Medication/aspirin'),
    authoredOn: '2024-05-01',
  },
];

const keysOf = ({ json }: Answer, mode?: string): readonly string[] =>
  ((json['entry'] ?? []) as JsonObject[])
    .filter(({ search }) => mode === undefined || (search as JsonObject)['mode'] === mode)
    .map(({ resource }) => `${String((resource as JsonObject)['resourceType'])}/${String((resource as JsonObject)['id'])}`);

const OF_HINE = [
  'Patient/hine',
  'Encounter/visit',
  'Condition/old',
  'Condition/undated',
  'Observation/weight',
  'Observation/later',
  'MedicationRequest/order',
  'Communication/sent',
];
const SUPPORTING = [
  'PractitionerRole/role',
  'Practitioner/doctor',
  'Organization/clinic',
  'Organization/group',
  'Organization/unrelated',
  'Location/ward',
  'Medication/aspirin',
];

describeServer('$everything', (server) => {
  const everything = (query = '', scope?: string): Promise<Answer> =>
    server().request(`/r4/Patient/hine/$everything${query}`, scope === undefined ? {} : { scope });
  const nextOf = ({ json }: Answer): string | undefined =>
    (json['link'] as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')?.url.slice(server().url.length);

  before(async () => {
    const entries = RECORD.map((resource) => anEntry({ method: 'PUT', url: `${resource['resourceType']}/${resource['id']}` }, resource));
    const answer = await server().post('/r4', aBundle('transaction', ...entries));
    expect(answer.status, answer.text).to.equal(200);
  });

  it('has the compartment of a patient, and what that refers to', async () => {
    const answer = await everything();
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.json).to.include({ resourceType: 'Bundle', type: 'searchset' });
    expect(keysOf(answer, 'match')).to.have.members(OF_HINE).and.to.have.length(OF_HINE.length);
    expect(keysOf(answer)[0]).to.equal('Patient/hine');
    // a communication may be about someone else, whose record is no part of this one
    expect(keysOf(answer, 'include')).to.have.members(SUPPORTING).and.to.have.length(SUPPORTING.length);
    expect(nextOf(answer)).to.equal(undefined);
    const posted = await server().post('/r4/Patient/hine/$everything', { resourceType: 'Parameters' });
    expect(keysOf(posted)).to.deep.equal(keysOf(answer));
  });

  it('has what belongs to an encounter, its patient, and what it names itself', async () => {
    const answer = await server().get('/r4/Encounter/visit/$everything');
    expect(keysOf(answer, 'match')).to.have.members(['Encounter/visit', 'Condition/undated', 'Observation/weight']);
    expect(keysOf(answer, 'include')).to.have.members([
      'Patient/hine',
      'Condition/old',
      'Location/ward',
      'PractitionerRole/role',
      'Practitioner/doctor',
      'Organization/clinic',
      'Organization/group',
      'Organization/unrelated',
    ]);
    expect((await server().get('/r4/Encounter/visit/$everything?start=2024')).status).to.equal(400);
  });

  it('goes on page by page, each match once', async () => {
    const all = keysOf(await everything(), 'match');
    for (const count of [1, 2, 3, 8]) {
      const found: string[] = [];
      const included = new Set<string>();
      let path: string | undefined = `/r4/Patient/hine/$everything?_count=${count}`;
      while (path !== undefined) {
        const page: Answer = await server().get(path);
        expect(page.status, page.text).to.equal(200);
        expect(keysOf(page, 'match'), path).to.have.length.within(1, count);
        found.push(...keysOf(page, 'match'));
        for (const key of keysOf(page, 'include')) included.add(key);
        path = nextOf(page);
      }
      expect(found, `_count=${count}`).to.deep.equal(all);
      expect([...included]).to.have.members(SUPPORTING);
    }
  });

  it('heeds the dates of care, and leaves what has none', async () => {
    const of2024 = [
      'Patient/hine',
      'Encounter/visit',
      'Condition/undated',
      'Observation/weight',
      'MedicationRequest/order',
      'Communication/sent',
    ];
    expect(keysOf(await everything('?start=2024&end=2024-12-31'), 'match')).to.have.members(of2024);
    expect(keysOf(await everything('?start=2025-01'), 'match')).to.have.members([
      'Patient/hine',
      'Condition/undated',
      'Observation/later',
      'Communication/sent',
    ]);
    expect(keysOf(await everything('?end=2010'), 'match')).to.have.members([
      'Patient/hine',
      'Condition/old',
      'Condition/undated',
      'Communication/sent',
    ]);
  });

  it('has the types that are asked for, those that are only referred to as well', async () => {
    expect(keysOf(await everything('?_type=Observation'))).to.have.members(['Observation/weight', 'Observation/later']);
    expect(keysOf(await everything('?_type=Observation,Practitioner&_type=Patient'))).to.have.members([
      'Patient/hine',
      'Observation/weight',
      'Observation/later',
      'Practitioner/doctor',
    ]);
    expect(keysOf(await everything('?_type=Medication'))).to.deep.equal(['Medication/aspirin']);
  });

  it('has what was updated since, with what that refers to', async () => {
    server().clock.advance(60_000);
    const since = new Date(server().clock.now).toISOString();
    const observation = anObservation({
      id: 'later',
      subject: to('Patient/hine'),
      effectiveDateTime: '2025-01-02',
      performer: [to('Practitioner/doctor')],
    });
    expect((await server().put('/r4/Observation/later', observation)).status).to.equal(200);
    const answer = await everything(`?_since=${since}`);
    expect(keysOf(answer)).to.deep.equal(['Observation/later', 'Practitioner/doctor']);
    expect(keysOf(await everything('?_since=2099-01-01T00:00:00Z'))).to.deep.equal([]);
  });

  it('has of what the caller may not read nothing, and refuses types that are asked for all the same', async () => {
    const some = await everything('', 'system/Patient.rs system/Observation.rs system/Practitioner.r');
    expect(keysOf(some)).to.have.members(['Patient/hine', 'Observation/weight', 'Observation/later', 'Practitioner/doctor']);
    expect((await everything('', 'system/Observation.rs')).status).to.equal(403);
    expect((await everything('?_type=Condition', 'system/Patient.rs')).status).to.equal(403);
    const named = await everything('', 'http://hl7.org/fhir/OperationDefinition/Patient-everything');
    expect(keysOf(named)).to.deep.equal(['Patient/hine']);
  });

  it('says what is wrong with what it is asked', async () => {
    const { json } = await everything('?_count=2');
    const next = (json['link'] as { url: string }[])[1]?.url ?? '';
    const cursor = new URL(next).searchParams.get('_cursor') ?? '';
    const faults: readonly (readonly [query: string, told: string])[] = [
      ['?_type=Nothing', "'Nothing'"],
      ['?_type=', "'_type'"],
      ['?_type=,', 'is empty'],
      ['?_count=0', 'from 1 up'],
      ['?_count=-1', "'-1'"],
      ['?_count=1&_count=2', 'given 2 times'],
      ['?_offset=2', 'links of a page'],
      ['?start=soon', "'soon'"],
      ['?start=2025&end=2024', "'start' is after 'end'"],
      ['?_since=yesterday', "'yesterday'"],
      ['?name=x', "no parameter 'name'"],
      ['?_cursor=x', 'links of a page'],
      [`?_count=2&_type=Observation&_cursor=${cursor}`, 'belongs to another query'],
      [`?_count=2&_cursor=${cursor.replace(/\.\d+\./, '.9999.')}`, 'belongs to another query'],
      [`?_count=2&_cursor=${cursor}%7Fx`, '_cursor'],
    ];
    for (const [query, told] of faults) {
      const answer = await everything(query);
      expect(answer.status, `${query} ${answer.text}`).to.equal(400);
      expect(answer.diagnostics, query).to.include(told);
    }
    expect((await server().get('/r4/Patient/$everything')).status).to.equal(501);
    expect((await server().get('/r4/Observation/weight/$everything')).status).to.equal(501);
    expect((await server().get('/r4/Patient/none/$everything')).status).to.equal(404);
  });

  it('stands in a batch', async () => {
    const { json } = await server().post(
      '/r4',
      aBundle('batch', anEntry({ method: 'GET', url: 'Patient/hine/$everything?_type=Patient' })),
    );
    const [entry] = json['entry'] as JsonObject[];
    expect(JSON.stringify(entry)).to.include('"searchset"').and.to.include('"hine"');
  });

  it('says of a patient who was deleted that there was one', async () => {
    await server().post('/r4/Patient', aPatient());
    await server().put('/r4/Patient/gone', aPatient({ id: 'gone' }));
    await server().delete('/r4/Patient/gone');
    expect((await server().get('/r4/Patient/gone/$everything')).status).to.equal(410);
  });
});
