/** create and conditional create: https://hl7.org/fhir/R4/http.html#create */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { RULE_SYSTEM } from '../../src/fhir/operation-outcome.js';
import {
  aCondition,
  anObservation,
  aPatient,
  aRheumaticCondition,
  RHEUMATIC_CONDITION_PROFILE,
  SDHR_CONDITION_PROFILE,
} from '../support/resources.js';
import { describeServer } from '../support/test-server.js';

const ISSUE_TYPE_SYSTEM = 'http://hl7.org/fhir/issue-type';

describeServer('create', (server) => {
  it('answers 201 with where the resource is, its version and its text', async () => {
    const answer = await server().post('/sdhr/Condition', aCondition());
    expect(answer.status, answer.text).to.equal(201);
    const { id, meta, ...rest } = answer.json;
    expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(answer.headers.get('Location')).to.equal(`${server().url}/sdhr/Condition/${String(id)}/_history/1`);
    expect(answer.headers.get('Content-Location')).to.equal(answer.headers.get('Location'));
    expect(answer.headers.get('ETag')).to.equal('W/"1"');
    expect(answer.headers.get('Last-Modified')).to.equal('Tue, 04 Mar 2025 05:06:07 GMT');
    const { meta: sentMeta, ...sent } = aCondition();
    expect(rest).to.deep.equal(sent);
    expect(meta).to.deep.equal({ versionId: '1', lastUpdated: '2025-03-04T05:06:07.089Z', ...(sentMeta as JsonObject) });
    expect((await server().get(`/sdhr/Condition/${String(id)}`)).text).to.equal(answer.text);
  });

  it('keeps digits, order and spaces of what was sent, but not its id, version and instant', async () => {
    const value = '{ "value" : 72.50, "unit":"kg","system":"http://unitsofmeasure.org","code":"kg" }';
    const body = `{"valueQuantity":${value}, "status":"final","resourceType":"Observation","id":"mine","code":{"text":"a"},
      "meta":{"versionId":"7","lastUpdated":"2001-01-01T00:00:00Z","tag":[{"code":"t"}]}}`;
    const answer = await server().post('/r4/Observation', body);
    expect(answer.status, answer.text).to.equal(201);
    expect(answer.text).to.include(value);
    expect(answer.json['id']).to.not.equal('mine');
    expect(answer.json['meta']).to.deep.equal({ versionId: '1', lastUpdated: '2025-03-04T05:06:07.089Z', tag: [{ code: 't' }] });
    expect(Object.keys(answer.json).filter((name) => name !== 'id' && name !== 'meta')).to.deep.equal([
      'valueQuantity',
      'status',
      'resourceType',
      'code',
    ]);
  });

  it('answers as Prefer asks', async () => {
    const minimal = await server().post('/r4/Patient', aPatient(), { Prefer: 'return=minimal' });
    expect([minimal.status, minimal.text]).to.deep.equal([201, '']);
    expect(minimal.headers.get('Preference-Applied')).to.equal('return=minimal');
    expect(minimal.headers.get('Location')).to.match(/\/r4\/Patient\/[0-9a-f-]{36}\/_history\/1$/);
    expect(minimal.headers.get('ETag')).to.equal('W/"1"');
    const outcome = await server().post('/r4/Patient', aPatient(), { Prefer: 'return=OperationOutcome' });
    expect(outcome.status).to.equal(201);
    expect(outcome.issues.every(({ severity }) => severity === 'information' || severity === 'warning')).to.equal(true);
    const representation = await server().post('/r4/Patient', aPatient(), { Prefer: 'return=representation' });
    expect(representation.json['resourceType']).to.equal('Patient');
    expect(representation.headers.get('Preference-Applied')).to.equal('return=representation');
    const unknown = await server().post('/r4/Patient', aPatient(), { Prefer: 'return=foo' });
    expect(unknown.json['resourceType']).to.equal('Patient');
    expect(unknown.headers.get('Preference-Applied')).to.equal(null);
    expect((await server().post('/r4/Patient', aPatient(), { Prefer: 'respond-async' })).json['resourceType']).to.equal('Patient');
  });

  it('says where a fault is, which rule it breaks and in which profile: 400 and invalid in the NZ APIs', async () => {
    const answer = await server().post(
      '/sdhr/Condition',
      aCondition({ identifier: [{ system: 'https://pms.example.org.nz/conditions' }] }),
    );
    expect(answer.status).to.equal(400);
    const [issue] = answer.issues.filter(({ severity }) => severity === 'error');
    expect(issue).to.deep.include({ severity: 'error', code: 'invalid', expression: ['Condition.identifier[0]'] });
    expect(issue?.['diagnostics']).to.include('value');
    const { coding } = (issue?.['details'] ?? {}) as { coding: JsonObject[] };
    expect(coding[0]).to.deep.equal({ system: ISSUE_TYPE_SYSTEM, code: 'required' });
    expect(coding[1]).to.include({ system: RULE_SYSTEM });
    expect(JSON.stringify(issue?.['extension'])).to.include(`${SDHR_CONDITION_PROFILE}|1.0.0`);
  });

  it('answers 422 and the precise code in the other APIs', async () => {
    for (const base of ['/r4', '/fhir/R4']) {
      const answer = await server().post(`${base}/Patient`, aPatient({ gender: 'unheard-of', birthDate: '1990-02-30' }));
      expect(answer.status).to.equal(422);
      expect(answer.issueSummaries).to.deep.include({ severity: 'error', code: 'code-invalid', expression: ['Patient.gender'] });
      expect(answer.issueSummaries).to.deep.include({ severity: 'error', code: 'value', expression: ['Patient.birthDate'] });
    }
  });

  it('names every fault at once, and stores nothing', async () => {
    const path = '/r4/Observation?identifier=faulty&_summary=count';
    const answer = await server().post('/r4/Observation', {
      resourceType: 'Observation',
      identifier: [{ value: 'faulty' }],
      status: 'done',
      unheardOf: true,
      subject: { reference: 'Patient/' },
    });
    expect(answer.status).to.equal(400);
    const places = answer.issues.filter(({ severity }) => severity === 'error').map(({ expression }) => (expression as string[])[0]);
    expect(places).to.have.members(['Observation.status', 'Observation', 'Observation', 'Observation.subject.reference']);
    expect(answer.diagnostics).to.include('unheardOf').and.to.include('code');
    expect((await server().get(path)).json['total']).to.equal(0);
  });

  describe('profile claims', () => {
    const UNKNOWN = (claim: string): string => `Profile reference '${claim}' has not been checked because it is unknown`;

    it('hold the resource against the claimed version, and say which it was', async () => {
      const old = `${RHEUMATIC_CONDITION_PROFILE}|0.9.0`;
      const accepted = await server().post(
        '/rheumatic-fever/Condition',
        aRheumaticCondition({ meta: { profile: [old], tag: [{ code: 'rf-nz' }] } }),
      );
      expect(accepted.status, accepted.text).to.equal(201);
      expect(accepted.headers.get('X-Profile-Resolved')).to.equal(old);
    });

    it('mean the highest version where they name none', async () => {
      const refused = await server().post('/rheumatic-fever/Condition', aRheumaticCondition());
      expect(refused.status).to.equal(400);
      expect(refused.text).to.include('RFConditionNZCategoryConstraint');
      expect(refused.headers.get('X-Profile-Resolved')).to.equal(`${RHEUMATIC_CONDITION_PROFILE}|1.0.0`);
      expect(refused.diagnostics).to.include(`'${RHEUMATIC_CONDITION_PROFILE}' was resolved to ${RHEUMATIC_CONDITION_PROFILE}|1.0.0`);
      const category = [{ coding: [{ code: 'rf-nz' }] }, { coding: [{ system: 'http://snomed.info/sct', code: '58718002' }] }];
      const accepted = await server().post('/rheumatic-fever/Condition', aRheumaticCondition({ category }));
      expect(accepted.status, accepted.text).to.equal(201);
      expect(accepted.headers.get('X-Profile-Resolved')).to.equal(`${RHEUMATIC_CONDITION_PROFILE}|1.0.0`);
    });

    it('are answered 400 in the words of the guide where they are unknown, whatever the API', async () => {
      for (const claim of ['https://example.org/StructureDefinition/unknown', `${RHEUMATIC_CONDITION_PROFILE}|7.0.0`]) {
        for (const [path, resource] of [
          ['/rheumatic-fever/Condition', aRheumaticCondition({ meta: { profile: [claim], tag: [{ code: 'rf-nz' }] } })],
          ['/r4/Patient', aPatient({ meta: { profile: [claim] } })],
        ] as const) {
          const answer = await server().post(path, resource);
          expect(answer.status, path).to.equal(400);
          expect(answer.issues.map(({ diagnostics }) => diagnostics)).to.include(UNKNOWN(claim));
        }
      }
    });

    it('are an error where the profile is one of another type', async () => {
      const claim = 'http://hl7.org/fhir/StructureDefinition/bodyweight';
      const answer = await server().post('/r4/Patient', aPatient({ meta: { profile: [claim] } }));
      expect(answer.status).to.equal(422);
      expect(answer.diagnostics).to.include('Observation');
    });

    it('must all hold', async () => {
      const claims = ['http://hl7.org/fhir/StructureDefinition/vitalsigns', 'http://hl7.org/fhir/StructureDefinition/bodyweight'];
      const answer = await server().post('/r4/Observation', anObservation({ meta: { profile: claims } }));
      expect(answer.status).to.equal(422);
      expect(answer.text).to.include('vitalsigns|').and.to.include('bodyweight|');
    });

    it('are not needed: R4 itself holds, and in the SDHR API the profile of the type', async () => {
      const plain = await server().post('/r4/Patient', aPatient());
      expect(plain.headers.get('X-Profile-Resolved')).to.equal('http://hl7.org/fhir/StructureDefinition/Patient|4.0.1');
      const answer = await server().post('/sdhr/Condition', aCondition({ meta: { source: 'https://example.org' } }));
      expect(answer.status).to.equal(400);
      expect(answer.text).to.include(`${SDHR_CONDITION_PROFILE}|1.0.0`).and.to.include('hpi-location-url-format');
    });
  });

  describe('references', () => {
    const subjectOf = (reference: string, more: JsonObject = {}): JsonObject => anObservation({ subject: { reference, ...more } });
    const UUID = '7f0c8f0a-34d2-4b58-9a3d-5b0a5a4f0d11';

    it('are taken without looking whether the target is there', async () => {
      for (const reference of [
        'Patient/1',
        'Patient/1/_history/3',
        'https://example.org/fhir/Patient/1',
        `urn:uuid:${UUID}`,
        'https://example.org/x',
      ]) {
        const answer = await server().post('/r4/Observation', subjectOf(reference));
        expect(answer.status, `${reference} ${answer.text}`).to.equal(201);
      }
      const logical = anObservation({
        subject: { type: 'Patient', identifier: { system: 'https://standards.digital.health.nz/ns/nhi-id', value: 'ZZZ0032' } },
      });
      expect((await server().post('/r4/Observation', logical)).status).to.equal(201);
    });

    const refused: readonly (readonly [string, JsonObject, string])[] = [
      ['an empty id', subjectOf('Patient/'), 'Observation.subject.reference'],
      ['no id', subjectOf('Patient'), 'Observation.subject.reference'],
      ['an id with a space', subjectOf('Patient/a b'), 'Observation.subject.reference'],
      ['an id of 65 characters', subjectOf(`Patient/${'a'.repeat(65)}`), 'Observation.subject.reference'],
      ['a type that R4 has not', subjectOf('Patients/1'), 'Observation.subject.reference'],
      ['a type that the element does not take', subjectOf('Practitioner/1'), 'Observation.subject'],
      ['a search, outside of a transaction', subjectOf('Patient?identifier=1'), 'Observation.subject.reference'],
      ['a type that contradicts it', subjectOf('Patient/1', { type: 'Group' }), 'Observation.subject.type'],
      ['an empty id in an absolute one', subjectOf('https://example.org/fhir/Patient/'), 'Observation.subject.reference'],
    ];
    for (const [title, resource, expression] of refused) {
      it(`are answered 400 for ${title}`, async () => {
        const answer = await server().post('/r4/Observation', resource);
        expect(answer.status, answer.text).to.equal(400);
        expect(answer.issues.map((issue) => (issue['expression'] as string[] | undefined)?.[0])).to.include(expression);
      });
    }

    it('are each held against the rules, however many there are to warn of before', async () => {
      const member = [...Array.from({ length: 1_200 }, () => 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520'), 'Patient/', 'Foo/1'];
      const group = { resourceType: 'Group', type: 'person', actual: true, member: member.map((reference) => ({ entity: { reference } })) };
      const answer = await server().post('/r4/Group', group);
      expect(answer.status).to.equal(400);
      expect(answer.issues.filter(({ severity }) => severity === 'error').length).to.be.greaterThan(1);
    });

    it('must have UUIDs in the NZ APIs, where they are relative', async () => {
      const withSubject = (reference: string): JsonObject =>
        aRheumaticCondition({
          meta: { profile: [`${RHEUMATIC_CONDITION_PROFILE}|0.9.0`], tag: [{ code: 'rf-nz' }] },
          subject: { reference },
        });
      expect((await server().post('/rheumatic-fever/Condition', withSubject(`Patient/${UUID}`))).status).to.equal(201);
      expect((await server().post('/rheumatic-fever/Condition', withSubject('https://example.org/fhir/Patient/1'))).status).to.equal(201);
      const answer = await server().post('/rheumatic-fever/Condition', withSubject('Patient/1'));
      expect(answer.status).to.equal(400);
      expect(answer.issueSummaries).to.deep.include({ severity: 'error', code: 'invalid', expression: ['Condition.subject.reference'] });
    });
  });

  describe('with If-None-Exist', () => {
    it('creates what there is not, answers what there is, and 412 when there are several', async () => {
      const patient = aPatient({ identifier: [{ system: 'https://example.org/mrn', value: 'one' }] });
      const condition = { 'If-None-Exist': 'identifier=https://example.org/mrn|one' };
      const first = await server().post('/r4/Patient', patient, condition);
      expect(first.status, first.text).to.equal(201);
      const second = await server().post('/r4/Patient', patient, condition);
      expect(second.status).to.equal(200);
      expect(second.json['id']).to.equal(first.json['id']);
      expect(second.headers.get('ETag')).to.equal('W/"1"');
      expect((await server().post('/r4/Patient', patient)).status).to.equal(201);
      const third = await server().post('/r4/Patient', patient, condition);
      expect(third.status).to.equal(412);
      expect(third.issueSummaries).to.deep.equal([{ severity: 'error', code: 'multiple-matches' }]);
    });

    it('creates one only, however many ask at once', async () => {
      const patient = aPatient({ identifier: [{ system: 'https://example.org/mrn', value: 'race' }] });
      const condition = { 'If-None-Exist': 'identifier=https://example.org/mrn|race' };
      const answers = await Promise.all(Array.from({ length: 8 }, () => server().post('/r4/Patient', patient, condition)));
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 200, 200, 200, 200, 200, 200, 201]);
      expect(new Set(answers.map(({ json }) => json['id'])).size).to.equal(1);
    });

    it('is refused where the API does not offer it, and where the condition is none', async () => {
      expect((await server().post('/sdhr/Condition', aCondition(), { 'If-None-Exist': 'patient=1' })).status).to.equal(501);
      for (const condition of ['_count=1', 'unheard-of=1', 'birthdate=soon']) {
        const answer = await server().post('/r4/Patient', aPatient(), { 'If-None-Exist': condition });
        expect(answer.status, condition).to.equal(400);
      }
    });
  });

  describe('with a query', () => {
    const system = 'https://example.org/mrn';
    const withMrn = (value: string): JsonObject => aPatient({ identifier: [{ system, value }] });
    const mrn = (value: string): string => `identifier=${encodeURIComponent(`${system}|${value}`)}`;

    it('is a conditional create where the API says so', async () => {
      const path = `/r4/Patient?${mrn('query one+two')}`;
      const first = await server().post(`${path}&_format=json&_pretty=true`, withMrn('query one+two'));
      expect(first.status, first.text).to.equal(201);
      const second = await server().post(path, withMrn('query one+two'));
      expect([second.status, second.json['id']]).to.deep.equal([200, first.json['id']]);
      expect((await server().post('/r4/Patient', withMrn('query one+two'))).status).to.equal(201);
      expect((await server().post(path, withMrn('query one+two'))).status).to.equal(412);
    });

    it('creates one only, however many ask at once', async () => {
      const path = `/r4/Patient?${mrn('query race')}`;
      const answers = await Promise.all(Array.from({ length: 8 }, () => server().post(path, withMrn('query race'))));
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 200, 200, 200, 200, 200, 200, 201]);
    });

    it('is a conditional create in a Bundle too, whose references may be to its condition as it stands', async () => {
      const entry = (url: string, resource: JsonObject) => ({ resource, request: { method: 'POST', url } });
      const statuses = async (type: string, query: string, value: string, isReferredTo: boolean): Promise<unknown> => {
        const reference = anObservation({ subject: { reference: `Patient?${query}` } });
        const entries = [entry(`Patient?${query}`, withMrn(value)), ...(isReferredTo ? [entry('Observation', reference)] : [])];
        const { json, text } = await server().post('/r4', { resourceType: 'Bundle', type, entry: entries });
        expect(json['entry'], text).to.be.an('array');
        return (json['entry'] as { response: { status: string } }[]).map(({ response }) => response.status.slice(0, 3));
      };
      for (const write of [mrn, (value: string) => `identifier=${system}|${value}`]) {
        const value = `bundle-${write === mrn ? 'escaped' : 'plain'}`;
        expect(await statuses('transaction', write(value), value, true)).to.deep.equal(['201', '201']);
        expect(await statuses('transaction', write(value), value, true)).to.deep.equal(['200', '201']);
        expect(await statuses('batch', write(value), value, false)).to.deep.equal(['200']);
        expect(await statuses('batch', write(`${value}-b`), `${value}-b`, false)).to.deep.equal(['201']);
        expect((await server().get(`/r4/Observation?subject:Patient.${mrn(value)}`)).json['total']).to.equal(2);
      }
    });

    it('needs the scope of a search', async () => {
      const asked = { body: withMrn('scope'), scope: 'system/Patient.c' };
      expect((await server().request(`/r4/Patient?${mrn('scope')}`, asked)).status).to.equal(403);
    });

    it('is refused where it is no condition, or there are two', async () => {
      const both = await server().post('/r4/Patient?active=true', aPatient(), { 'If-None-Exist': 'active=false' });
      expect(both.status).to.equal(400);
      expect(both.issueSummaries).to.deep.equal([{ severity: 'error', code: 'invalid', location: ['http.url'] }]);
      for (const query of ['_count=1', 'unheard-of=1', 'birthdate=soon', '_pretty=true&_sort=_id']) {
        expect((await server().post(`/r4/Patient?${query}`, aPatient())).status, query).to.equal(400);
      }
      expect((await server().post('/r4/Patient?', aPatient())).status).to.equal(201);
    });

    const nowhere: readonly (readonly [string, string, JsonObject | undefined])[] = [
      ['POST', '/sdhr/Condition?patient=https://example.org/Patient/1', aCondition()],
      ['POST', '/fhir/R4/Patient?identifier=a', aPatient()],
      ['POST', '/r4?identifier=a', { resourceType: 'Bundle', type: 'batch' }],
      ['POST', '/r4?identifier=a', { resourceType: 'Bundle', type: 'transaction' }],
      ['PUT', '/r4/Patient/a?identifier=a', aPatient({ id: 'a' })],
      ['DELETE', '/r4/Patient/a?_cascade=delete', undefined],
    ];
    for (const [method, path, body] of nowhere) {
      it(`is not passed over in silence: 400 to ${method} ${path}`, async () => {
        const answer = await server().request(path, { method, ...(body !== undefined && { body }) });
        expect(answer.status, answer.text).to.equal(400);
        expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'invalid', location: ['http.url'] }]);
        expect(answer.diagnostics).to.include(path.slice(path.indexOf('?') + 1, path.lastIndexOf('=')));
      });
    }

    it('is not passed over in the entry of a Bundle either', async () => {
      const entry = [{ resource: aPatient(), request: { method: 'POST', url: 'Patient?active=true' } }];
      const answer = await server().post('/fhir/R4', { resourceType: 'Bundle', type: 'transaction', entry });
      expect(answer.status, answer.text).to.equal(400);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'invalid', expression: ['Bundle.entry[0].request.url'] }]);
    });
  });
});
