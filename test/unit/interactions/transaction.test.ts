import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { aBundle, anEntry, anObservation, aPatient, aRheumaticCondition, RHEUMATIC_CONDITION_PROFILE } from '../../support/resources.js';
import { bodyOf, type CallOptions, idOf, refusalOf, summariesOf, TestApi } from '../../support/test-api.js';

const PATIENT = 'urn:uuid:patient';
const patientEntry = (more: JsonObject = {}, fullUrl = PATIENT): JsonObject =>
  anEntry({ method: 'POST', url: 'Patient' }, aPatient(more), fullUrl);
const observationEntry = (reference: string, fullUrl?: string): JsonObject =>
  anEntry({ method: 'POST', url: 'Observation' }, anObservation({ subject: { reference } }), fullUrl);

describe('transaction', () => {
  let r4: TestApi;

  beforeEach(async () => {
    r4 = await TestApi.open('r4');
  });

  const send = (api: TestApi, entries: readonly JsonObject[], options: CallOptions = {}) =>
    api.call('transaction', { body: aBundle('transaction', ...entries), ...options });
  const post = async (...entries: JsonObject[]): Promise<readonly JsonObject[]> =>
    (bodyOf(await send(r4, entries))['entry'] ?? []) as JsonObject[];
  const responsesOf = (entries: readonly JsonObject[]): readonly JsonObject[] => entries.map(({ response }) => response as JsonObject);
  const statusesOf = (entries: readonly JsonObject[]): readonly unknown[] => responsesOf(entries).map(({ status }) => status);
  const read = async (location: unknown): Promise<JsonObject> => {
    const [type = '', id = ''] = String(location).split('/');
    return bodyOf(await r4.call('read', { type, id }));
  };

  it('links entries forward, backward and in circles', async () => {
    const [patient, observation] = responsesOf(
      await post(
        patientEntry({ link: [{ other: { reference: 'urn:uuid:other' }, type: 'seealso' }] }),
        observationEntry(PATIENT),
        patientEntry({ link: [{ other: { reference: PATIENT }, type: 'seealso' }] }, 'urn:uuid:other'),
      ),
    );
    const id = String(patient?.['location']).split('/')[1];
    expect((await read(observation?.['location']))['subject']).to.deep.equal({ reference: `Patient/${id}` });
    const { link } = await read(patient?.['location']);
    const [{ other }] = link as [{ other: JsonObject }];
    expect((await read(other['reference']))['link']).to.deep.equal([{ other: { reference: `Patient/${id}` }, type: 'seealso' }]);
  });

  it('finds what links stand for in the index', async () => {
    const [patient] = responsesOf(await post(patientEntry(), observationEntry(PATIENT)));
    const id = String(patient?.['location']).split('/')[1];
    expect(bodyOf(await r4.call('search-type', { type: 'Observation', query: `subject=Patient/${id}` }))).to.include({ total: 1 });
  });

  it('resolves links in the resources of Parameters, and warns of those that it cannot resolve', async () => {
    const parameters = (reference: string): JsonObject =>
      anEntry(
        { method: 'POST', url: 'Parameters' },
        { resourceType: 'Parameters', parameter: [{ name: 'x', resource: anObservation({ subject: { reference } }) }] },
      );
    const [patient, linked, unlinked] = responsesOf(await post(patientEntry(), parameters(PATIENT), parameters('urn:uuid:other')));
    const [parameter] = (await read(linked?.['location']))['parameter'] as { resource: JsonObject }[];
    expect(parameter?.resource['subject']).to.deep.equal({ reference: `Patient/${String(patient?.['location']).split('/')[1]}` });
    expect(JSON.stringify(unlinked?.['outcome'])).to.include("'urn:uuid:other' is stored as it is");
  });

  it("resolves relative references by R4's Bundle rule before it asks for UUIDs", async () => {
    const api = await TestApi.open('rheumatic-fever');
    const base = 'http://example.org/fhir';
    const meta = { profile: [`${RHEUMATIC_CONDITION_PROFILE}|0.9.0`], tag: [{ code: 'rf-nz' }] };
    const condition = (fullUrl: string): JsonObject =>
      anEntry({ method: 'POST', url: 'Condition' }, aRheumaticCondition({ meta, subject: { reference: 'Patient/1001' } }), fullUrl);
    const patient = anEntry(
      { method: 'POST', url: 'Patient' },
      {
        resourceType: 'Patient',
        id: '1001',
        identifier: [{ system: 'urn:x', value: '1' }],
        name: [{ family: 'a', given: ['b'] }],
        gender: 'other',
        birthDate: '1990',
      },
      `${base}/Patient/1001`,
    );
    const { body } = await send(api, [condition(`${base}/Condition/1`), patient]);
    const [stored] = responsesOf((JSON.parse(body ?? '') as { entry: JsonObject[] }).entry);
    expect(stored?.['location']).to.match(/^Condition\/[0-9a-f-]{36}$/);
    const refusal = await refusalOf(send(api, [condition('urn:uuid:c'), patient]));
    expect(summariesOf(refusal.issues)).to.deep.equal([
      { severity: 'error', code: 'value', expression: 'Bundle.entry[0].resource.subject.reference' },
    ]);
  });

  it('names every failing entry at once with index, full URL, expression and position, and stores nothing', async () => {
    const refusal = await refusalOf(
      send(r4, [
        patientEntry({ gender: 'none' }),
        observationEntry(PATIENT),
        anEntry({ method: 'FETCH', url: 'Patient' }, aPatient(), 'urn:uuid:third'),
        observationEntry('Patient/', 'urn:uuid:fourth'),
        anEntry({ method: 'PUT', url: 'Patient/x' }, aPatient({ id: 'y' })),
        anEntry({ method: 'POST', url: 'Patient' }, anObservation()),
        anEntry({ method: 'POST', url: 'Observation' }, anObservation({ subject: { reference: 'urn:uuid:third' } })),
        anEntry({ method: 'GET', url: 'Patient/none' }),
        anEntry({ method: 'POST', url: 'Unheard' }, aPatient()),
        anEntry({ method: 'GET', url: 'Patient?_count=many' }),
      ]),
    );
    expect(refusal.status).to.equal(400);
    expect(refusal.issues.filter(({ severity }) => severity === 'error').map(({ expression }) => expression)).to.deep.equal([
      'Bundle.entry[0].resource.gender',
      'Bundle.entry[2].request.method',
      'Bundle.entry[3].resource.subject.reference',
      'Bundle.entry[4].resource.id',
      'Bundle.entry[5].request.url',
      'Bundle.entry[7]',
      'Bundle.entry[8].request.url',
      'Bundle.entry[9].request.url',
    ]);
    expect(refusal.issues[0]?.diagnostics).to.match(/\(entry 0, urn:uuid:patient\)$/);
    expect(refusal.issues[0]).to.include.keys('line', 'column');
    expect(await r4.count('Patient')).to.equal(0);
    expect(await r4.count('Observation')).to.equal(0);
  });

  it('places what JSON allows and FHIR does not in the entry that has it', async () => {
    const entry = (resource: string): string => `{"request":{"method":"POST","url":"Patient"},"resource":${resource}}`;
    const body = (type: string): string =>
      `{"resourceType":"Bundle","type":"${type}","entry":[${[
        entry('{"resourceType":"Patient","gender":"male","gender":"female"}'),
        entry('{"resourceType":"Patient"}'),
        entry('{"resourceType":"Patient","name":[{"family":"\\ud800","__proto__":{}}]}'),
      ].join()}]}`;
    const { status, issues } = await r4.refusal('transaction', { body: body('transaction') });
    expect(status).to.equal(422);
    const faults = issues.filter(({ severity }) => severity === 'error').map(({ rule, expression }) => `${rule} ${expression}`);
    expect(faults).to.include.members([
      'json-duplicate-key Bundle.entry[0].resource',
      'json-lone-surrogate Bundle.entry[2].resource.name[0].family',
      'json-forbidden-key Bundle.entry[2].resource.name[0]',
    ]);
    expect(faults.some((fault) => fault.includes('entry[1]'))).to.equal(false);
    const batch = bodyOf(await r4.call('batch', { body: body('batch') }))['entry'] as JsonObject[];
    expect(statusesOf(batch)).to.deep.equal(['422 Unprocessable Entity', '201 Created', '422 Unprocessable Entity']);
    expect(await r4.count('Patient')).to.equal(1);
  });

  it('answers with the status of its entries where they agree', async () => {
    const invalid = patientEntry({ gender: 'none' });
    expect((await refusalOf(send(r4, [invalid]))).status).to.equal(422);
    expect((await refusalOf(send(r4, [anEntry({ method: 'GET', url: 'Patient/none' })]))).status).to.equal(404);
    expect((await refusalOf(send(r4, [invalid, anEntry({ method: 'GET', url: 'Patient/none' })]))).status).to.equal(400);
    expect((await refusalOf(send(r4, [patientEntry()], { scope: 'system/Patient.r' }))).status).to.equal(403);
    expect((await refusalOf(send(r4, [anEntry({ method: 'POST', url: '$nothing' })]))).status).to.equal(501);
    const claim = await refusalOf(send(r4, [patientEntry({ meta: { profile: ['http://example.org/p|9'] } })]));
    expect(claim.status).to.equal(400);
    expect(claim.issues[0]?.diagnostics).to.equal(
      `Profile reference 'http://example.org/p|9' has not been checked because it is unknown (entry 0, ${PATIENT})`,
    );
  });

  it('places the faults of a Bundle that is stored as such in its entry', async () => {
    const stored = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: aPatient({ gender: 'none' }) }] };
    const refusal = await refusalOf(send(r4, [anEntry({ method: 'POST', url: 'Bundle' }, stored)]));
    expect(refusal.issues[0]?.expression).to.match(/^Bundle\.entry\[0\]\.resource\.entry\[0\]\.resource\b.*gender$/);
  });

  it('takes one resource, one full URL and one condition of a create once', async () => {
    await r4.update(aPatient({ id: 'a' }));
    for (const [entries, expression] of [
      [
        [anEntry({ method: 'PUT', url: 'Patient/a' }, aPatient({ id: 'a' })), anEntry({ method: 'DELETE', url: 'Patient/a' })],
        'Bundle.entry[1].request.url',
      ],
      [[1, 2].map(() => anEntry({ method: 'PUT', url: 'Patient/new' }, aPatient({ id: 'new' }))), 'Bundle.entry[1].request.url'],
      [
        [1, 2].map(() => anEntry({ method: 'POST', url: 'Patient', ifNoneExist: 'identifier=1' }, aPatient())),
        'Bundle.entry[1].request.url',
      ],
      [[1, 2].map(() => anEntry({ method: 'PUT', url: 'Patient?identifier=1' }, aPatient())), 'Bundle.entry[1].request.url'],
      [
        [
          anEntry({ method: 'PUT', url: 'Patient?identifier=a%7Cb' }, aPatient()),
          anEntry({ method: 'POST', url: 'Patient', ifNoneExist: 'identifier=a|b' }, aPatient()),
        ],
        'Bundle.entry[1].request.url',
      ],
      [[patientEntry(), patientEntry()], 'Bundle.entry[1].fullUrl'],
    ] as const) {
      const refusal = await refusalOf(send(r4, entries));
      expect(refusal.status).to.equal(400);
      expect(summariesOf(refusal.issues)).to.deep.equal([{ severity: 'error', code: 'duplicate', expression }]);
    }
    expect(await r4.call('read', { type: 'Patient', id: 'a' })).to.include({ versionId: 1 });
  });

  it('refuses an empty fullUrl, of reads too', async () => {
    for (const entry of [patientEntry({}, ''), anEntry({ method: 'GET', url: 'Patient' }, undefined, '')]) {
      const refusal = await refusalOf(send(r4, [entry]));
      expect(refusal.status).to.equal(400);
      expect(summariesOf(refusal.issues)).to.deep.equal([{ severity: 'error', code: 'structure', expression: 'Bundle.entry[0].fullUrl' }]);
      expect(refusal.issues[0]?.diagnostics).to.match(/ \(entry 0\)$/);
    }
    expect(await r4.count('Patient')).to.equal(0);
  });

  it('refuses a search by POST with a resource, whose parameters it would not heed', async () => {
    const search = anEntry({ method: 'POST', url: 'Patient/_search' }, { resourceType: 'Parameters' });
    const refusal = await refusalOf(send(r4, [patientEntry(), search]));
    expect(refusal.status).to.equal(400);
    expect(summariesOf(refusal.issues)).to.deep.equal([{ severity: 'error', code: 'structure', expression: 'Bundle.entry[1].resource' }]);
    expect(await r4.count('Patient')).to.equal(0);
  });

  it('refuses what has too much to search by, in one entry or together', async () => {
    const many = (count: number, fullUrl: string): JsonObject =>
      patientEntry({ name: [{ given: Array.from({ length: count }, (_, index) => `g${index}`) }] }, fullUrl);
    const one = await refusalOf(send(r4, [patientEntry(), many(20_000, 'urn:uuid:many')]));
    expect(one).to.include({ status: 413, code: 'too-large' });
    expect(summariesOf(one.issues)).to.deep.equal([
      { severity: 'error', code: 'too-costly', expression: 'Bundle.entry[1].resource.name.given' },
    ]);
    const together = await refusalOf(
      send(
        r4,
        Array.from({ length: 11 }, (_, index) => many(16_000, `urn:uuid:${index}`)),
      ),
    );
    expect(together).to.include({ status: 413, code: 'too-large' });
    expect(summariesOf(together.issues)).to.deep.equal([{ severity: 'error', code: 'too-costly', expression: 'Bundle.entry' }]);
    expect(await r4.count('Patient')).to.equal(0);
  }).timeout(20_000);

  it('lets reads see what is written, and refuses one that would find nothing', async () => {
    await r4.update(aPatient({ id: 'old' }));
    const entries = await post(
      anEntry({ method: 'GET', url: 'Patient/new' }),
      anEntry({ method: 'GET', url: 'Patient?_summary=count' }),
      anEntry({ method: 'PUT', url: 'Patient/new' }, aPatient({ id: 'new' })),
      anEntry({ method: 'DELETE', url: 'Patient/old' }),
      anEntry({ method: 'DELETE', url: 'Patient/never' }),
    );
    expect(statusesOf(entries)).to.deep.equal(['200 OK', '200 OK', '201 Created', '204 No Content', '204 No Content']);
    expect(entries[0]?.['resource']).to.include({ id: 'new' });
    expect(entries[1]?.['resource']).to.include({ total: 1 });
    const deleting = [anEntry({ method: 'GET', url: 'Patient/new' }), anEntry({ method: 'DELETE', url: 'Patient/new' })];
    expect((await refusalOf(send(r4, deleting))).status).to.equal(404);
    expect(await r4.call('read', { type: 'Patient', id: 'new' })).to.include({ versionId: 1 });
  });

  it('links to what a GET of one resource reads, and to nothing else that a GET asks for', async () => {
    await r4.update(aPatient({ id: 'p1' }));
    const entries = await post(anEntry({ method: 'GET', url: 'Patient/p1' }, undefined, PATIENT), observationEntry(PATIENT));
    expect(statusesOf(entries)).to.deep.equal(['200 OK', '201 Created']);
    expect((await read(responsesOf(entries)[1]?.['location']))['subject']).to.deep.equal({ reference: 'Patient/p1' });
    const search = anEntry({ method: 'GET', url: 'Patient?_id=p1' }, undefined, PATIENT);
    const refusal = await refusalOf(send(r4, [search, observationEntry(PATIENT)]));
    expect(refusal.status).to.equal(400);
    expect(refusal.issues[0]).to.include({ code: 'value', expression: 'Bundle.entry[1].resource.subject.reference' });
    expect(refusal.issues[0]?.diagnostics).to.include('asks for no single resource');
  });

  it('refuses a link to an entry that deletes', async () => {
    const base = 'http://example.org/fhir';
    await r4.update(aPatient({ id: 'd1' }));
    for (const [fullUrl, reference] of [
      [PATIENT, PATIENT],
      [PATIENT, `${PATIENT}#part`],
      [`${base}/Patient/d1`, 'Patient/d1'],
    ] as const) {
      const deletion = anEntry({ method: 'DELETE', url: 'Patient/d1' }, undefined, fullUrl);
      const refusal = await refusalOf(send(r4, [observationEntry(reference, `${base}/Observation/1`), deletion]));
      expect(refusal.status).to.equal(400);
      expect(refusal.issues[0]).to.include({ code: 'value', expression: 'Bundle.entry[0].resource.subject.reference' });
      expect(refusal.issues[0]?.diagnostics).to.match(/^The reference '\S+' is to an entry that deletes Patient\/d1: /);
    }
    expect(await r4.count('Patient')).to.equal(1);
  });

  it('counts what it deletes as missing where references must exist, and what it marks as there', async () => {
    const api = await TestApi.open('r4');
    const references = { ...api.api.config.references, mustExist: true };
    const removing = await TestApi.open('r4', { config: { references } });
    const marking = await TestApi.open('r4', { config: { references, softDelete: { Patient: { element: 'active', value: false } } } });
    const entries = [anEntry({ method: 'DELETE', url: 'Patient/d1' }), observationEntry('Patient/d1')];
    for (const each of [removing, marking]) await each.update(aPatient({ id: 'd1' }));
    const refusal = await refusalOf(send(removing, entries));
    expect(summariesOf(refusal.issues)).to.deep.equal([
      { severity: 'error', code: 'not-found', expression: 'Bundle.entry[1].resource.subject.reference' },
    ]);
    expect((await send(marking, entries)).status).to.equal(200);
  });

  it('heeds the preconditions of its entries, those of deletes too', async () => {
    await r4.update(aPatient({ id: 'a' }));
    const refusal = await refusalOf(
      send(r4, [anEntry({ method: 'DELETE', url: 'Patient/a', ifMatch: 'W/"9"' }), patientEntry({ gender: 'none' })]),
    );
    expect(refusal.issues.filter(({ severity }) => severity === 'error')).to.have.length(2);
    expect((await refusalOf(send(r4, [anEntry({ method: 'DELETE', url: 'Patient/a', ifMatch: 'W/"9"' })]))).status).to.equal(412);
    expect(statusesOf(await post(anEntry({ method: 'PUT', url: 'Patient/a', ifMatch: 'W/"1"' }, aPatient({ id: 'a' }))))).to.deep.equal([
      '200 OK',
    ]);
  });

  it('answers outcomes, resources, or neither', async () => {
    const entry = [patientEntry()];
    const answer = async (wanted: 'minimal' | 'representation' | 'OperationOutcome'): Promise<JsonObject> =>
      (bodyOf(await send(r4, entry, { prefer: { return: wanted } }))['entry'] as JsonObject[])[0] as JsonObject;
    expect(Object.keys(await answer('minimal'))).to.deep.equal(['response']);
    expect((await answer('minimal'))['response']).to.have.all.keys('status', 'location', 'etag', 'lastModified');
    expect((await answer('OperationOutcome'))['response']).to.include.keys('outcome');
    expect((await answer('representation'))['resource']).to.include({ resourceType: 'Patient' });
  });

  describe('with conditions', () => {
    const known = aPatient({ identifier: [{ system: 'urn:mrn', value: '1' }] });
    const createKnown = anEntry({ method: 'POST', url: 'Patient', ifNoneExist: 'identifier=urn:mrn|1' }, known, PATIENT);

    it('links to what a conditional create finds', async () => {
      const id = idOf(await r4.create(known));
      const [patient, observation] = responsesOf(await post(createKnown, observationEntry(PATIENT)));
      expect(patient).to.include({ status: '200 OK', location: `Patient/${id}/_history/1` });
      expect((await read(observation?.['location']))['subject']).to.deep.equal({ reference: `Patient/${id}` });
      expect(await r4.count('Patient')).to.equal(1);
    });

    it('creates what the same transaction deletes', async () => {
      const id = idOf(await r4.create(known));
      const entries = await post(createKnown, anEntry({ method: 'DELETE', url: 'Patient?identifier=urn:mrn|1' }));
      expect(statusesOf(entries)).to.deep.equal(['201 Created', '204 No Content']);
      expect((await r4.refusal('read', { type: 'Patient', id })).status).to.equal(410);
      expect(await r4.count('Patient')).to.equal(1);
    });

    it('updates and deletes what a search finds', async () => {
      const id = idOf(await r4.create(known));
      const [updated] = responsesOf(await post(anEntry({ method: 'PUT', url: 'Patient?identifier=urn:mrn|1' }, known)));
      expect(updated).to.include({ status: '200 OK', location: `Patient/${id}/_history/2` });
      const [created] = responsesOf(await post(anEntry({ method: 'PUT', url: 'Patient?identifier=urn:mrn|2' }, aPatient())));
      expect(created).to.include({ status: '201 Created' });
      await r4.create(known);
      const refusal = await refusalOf(send(r4, [anEntry({ method: 'DELETE', url: 'Patient?identifier=urn:mrn|1' })]));
      expect(refusal).to.include({ code: 'multiple-matches', status: 412 });
    });

    it('resolves references that are searches, and names those that find none or several', async () => {
      const reference = 'Patient?identifier=urn:mrn|1';
      const none = await refusalOf(send(r4, [patientEntry(), observationEntry(reference, 'urn:uuid:o')]));
      expect(none).to.include({ status: 412 });
      expect(none.issues).to.have.length(1);
      expect(none.issues[0]).to.include({ code: 'not-found', expression: 'Bundle.entry[1].resource.subject.reference' });
      expect(none.issues[0]?.diagnostics).to.include('urn:uuid:o');
      const id = idOf(await r4.create(known));
      const [observation] = responsesOf(await post(observationEntry(reference)));
      expect((await read(observation?.['location']))['subject']).to.deep.equal({ reference: `Patient/${id}` });
      await r4.create(known);
      const several = await refusalOf(send(r4, [observationEntry(reference)]));
      expect(several).to.include({ code: 'multiple-matches', status: 412 });
      const unsearchable = await refusalOf(send(r4, [observationEntry('Patient?nonsense=1')]));
      expect(unsearchable).to.include({ status: 400 });
      expect((await refusalOf(send(r4, [observationEntry('Patients?identifier=1')]))).status).to.equal(400);
    });

    it('says once of a reference that is a search that it leads nowhere, and nothing of an id that nobody sent', async () => {
      const strict = await TestApi.open('r4', { config: { references: { uuidIds: false, mustExist: true } } });
      for (const reference of [
        'Nope?identifier=ce|1',
        'Patient?identifier=urn:mrn|9',
        'Practitioner?identifier=http://a.example/Patient/1',
      ]) {
        const { issues } = await refusalOf(send(strict, [observationEntry(reference)]));
        expect(summariesOf(issues), reference).to.have.length(1);
        expect(issues[0], reference).to.include({ severity: 'error', expression: 'Bundle.entry[0].resource.subject.reference' });
      }
    });

    it('says once of an entry that fails what is wrong with it, and nothing of the links to it', async () => {
      const strict = await TestApi.open('r4', { config: { references: { uuidIds: true, mustExist: true } } });
      const { issues } = await refusalOf(send(strict, [{ ...patientEntry(), search: { mode: 'match' } }, observationEntry(PATIENT)]));
      expect(summariesOf(issues)).to.deep.equal([{ severity: 'error', code: 'invariant', expression: 'Bundle.entry[0].search' }]);
    });

    it('finds by a reference what stays, not what the same transaction deletes', async () => {
      const id = idOf(await r4.create(known));
      const entries = [anEntry({ method: 'DELETE', url: `Patient/${id}` }), observationEntry('Patient?identifier=urn:mrn|1')];
      const refusal = await refusalOf(send(r4, entries));
      expect(refusal).to.include({ status: 412 });
      expect(refusal.issues[0]).to.include({ code: 'not-found', expression: 'Bundle.entry[1].resource.subject.reference' });
      expect(await r4.count('Observation')).to.equal(0);
      const other = idOf(await r4.create(known));
      const [, observation] = responsesOf(await post(...entries));
      expect((await read(observation?.['location']))['subject']).to.deep.equal({ reference: `Patient/${other}` });
    });

    it('resolves a reference to what an entry creates under the same condition', async () => {
      const [patient, observation] = responsesOf(await post(createKnown, observationEntry('Patient?identifier=urn:mrn|1')));
      const id = String(patient?.['location']).split('/')[1];
      expect((await read(observation?.['location']))['subject']).to.deep.equal({ reference: `Patient/${id}` });
    });

    it('creates once however many transactions ask at once', async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => post(createKnown, observationEntry(PATIENT))));
      expect(answers.map((entries) => statusesOf(entries)[0]).filter((status) => status === '201 Created')).to.have.length(1);
      expect([await r4.count('Patient'), await r4.count('Observation')]).to.deep.equal([1, 10]);
      const found = bodyOf(await r4.call('search-type', { type: 'Observation', query: 'subject:Patient.identifier=urn:mrn|1' }));
      expect(found).to.include({ total: 10 });
    });
  });

  it('is planned anew when others write what it writes', async () => {
    await r4.update(aPatient({ id: 'a' }));
    const entry = anEntry({ method: 'PUT', url: 'Patient/a' }, aPatient({ id: 'a' }));
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(entry, patientEntry())));
    expect(answers.flatMap(statusesOf).sort()).to.deep.equal([...Array(8).fill('200 OK'), ...Array(8).fill('201 Created')]);
    expect(await r4.call('read', { type: 'Patient', id: 'a' })).to.include({ versionId: 9 });
    expect(await r4.count('Patient')).to.equal(9);
  });

  it('of 5,000 entries lets others work meanwhile', async () => {
    const entries = Array.from({ length: 5_000 }, (_, index) => (index === 0 ? patientEntry() : observationEntry(PATIENT)));
    let isDone = false;
    let turns = 0;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const { body } = await send(r4, entries, { prefer: { return: 'minimal' } });
    isDone = true;
    expect(body?.match(/201 Created/g)).to.have.length(5_000);
    expect(turns).to.be.greaterThan(10);
    expect(await r4.count('Observation')).to.equal(4_999);
  });
});
