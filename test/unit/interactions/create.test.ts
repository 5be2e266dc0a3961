import { expect } from 'chai';
import { aCondition, aPatient, aRheumaticCondition, RHEUMATIC_CONDITION_PROFILE, SDHR_CONDITION_PROFILE } from '../../support/resources.js';
import { idOf, summariesOf, TestApi } from '../../support/test-api.js';

describe('create', () => {
  let r4: TestApi;

  beforeEach(async () => {
    r4 = await TestApi.open('r4');
  });

  it('stores the text to the letter but for id, versionId and lastUpdated', async () => {
    const text =
      '{ "valueQuantity":{"value":1.50,"unit":"kg"},\n "resourceType":"Observation", "id" : "mine",\n "status":"final",' +
      '"meta":{"versionId":"9","source":"urn:x"}, "code":{"text":"\\u0041"} }';
    const { status, body, location, versionId, lastModified } = await r4.create(text);
    const id = '00000000-0000-7000-8000-000000000001';
    expect({ status, versionId, lastModified, location }).to.deep.equal({
      status: 201,
      versionId: 1,
      lastModified: r4.now,
      location: `Observation/${id}/_history/1`,
    });
    expect(body).to.equal(
      text.replace('"mine"', `"${id}"`).replace('"versionId":"9"', '"lastUpdated":"2025-03-04T05:06:07.089Z","versionId":"1"'),
    );
    expect((await r4.call('read', { type: 'Observation', id })).body).to.equal(body);
  });

  it('says which definition the resource was held against when it claims none', async () => {
    const { profiles, outcome } = await r4.create(aPatient());
    expect(profiles).to.deep.equal(['http://hl7.org/fhir/StructureDefinition/Patient|4.0.1']);
    expect(JSON.parse(outcome ?? '')).to.include({ resourceType: 'OperationOutcome' });
  });

  it('says which version each claim was resolved to, also when the resource is refused', async () => {
    const api = await TestApi.open('rheumatic-fever');
    const valid = aRheumaticCondition({ meta: { profile: [`${RHEUMATIC_CONDITION_PROFILE}|0.9.0`], tag: [{ code: 'rf-nz' }] } });
    const { profiles, outcome } = await api.create(valid);
    expect(profiles).to.deep.equal([`${RHEUMATIC_CONDITION_PROFILE}|0.9.0`]);
    expect(outcome).to.include(`was resolved to ${RHEUMATIC_CONDITION_PROFILE}|0.9.0`);
    const { subject: _, ...rest } = aRheumaticCondition();
    const refusal = await api.refusal('create', { type: 'Condition', body: rest });
    expect(refusal).to.include({ code: 'resource-invalid', status: 400 });
    expect(refusal.issues.at(-1)).to.deep.equal({
      severity: 'information',
      code: 'informational',
      diagnostics: `The profile '${RHEUMATIC_CONDITION_PROFILE}' was resolved to ${RHEUMATIC_CONDITION_PROFILE}|1.0.0`,
      expression: 'Condition.meta.profile[0]',
      definition: `${RHEUMATIC_CONDITION_PROFILE}|1.0.0`,
    });
  });

  it('answers 400 to a claim that is unknown, whatever the API answers an invalid resource with', async () => {
    const refusal = await r4.refusal('create', { type: 'Patient', body: aPatient({ meta: { profile: ['http://example.org/p|1.0.0'] } }) });
    expect(refusal).to.include({ code: 'unknown-profile', status: 400 });
    expect(refusal.issues.map(({ diagnostics }) => diagnostics)).to.include(
      "Profile reference 'http://example.org/p|1.0.0' has not been checked because it is unknown",
    );
  });

  it('holds every resource against the profile of the CapabilityStatement where api.json says so', async () => {
    const sdhr = await TestApi.open('sdhr');
    const { meta: _, ...unclaimed } = aCondition();
    const refusal = await sdhr.refusal('create', { type: 'Condition', body: unclaimed });
    expect(refusal.status).to.equal(400);
    expect(refusal.issues.some(({ definition }) => definition?.startsWith(SDHR_CONDITION_PROFILE))).to.equal(true);
    const free = await TestApi.open('sdhr', { config: { validation: { ...sdhr.api.config.validation, enforceCapabilityProfile: false } } });
    expect((await free.create(unclaimed)).status).to.equal(201);
  });

  it('reports faults of references and of the profile at once', async () => {
    const body = { resourceType: 'Observation', status: 'no-status', code: { text: 'a' }, subject: { reference: 'Patient/' } };
    const { status, issues } = await r4.refusal('create', { type: 'Observation', body });
    expect(status).to.equal(400);
    expect(issues.filter(({ severity }) => severity === 'error').map(({ expression }) => expression)).to.have.members([
      'Observation.subject.reference',
      'Observation.status',
    ]);
    expect(await r4.count('Observation')).to.equal(0);
  });

  it('answers 400 to a body that is missing, no JSON, no object, or of another type, with the position', async () => {
    for (const [body, diagnostics, position] of [
      [undefined, /body is missing/, {}],
      [' ', /body is missing/, {}],
      ['{"resourceType":\n "Patient",}', /line 2, column 12/, { line: 2, column: 12 }],
      ['[]', /an array; wanted is an object/, { line: 1, column: 1 }],
      ['null', /null; wanted is an object/, { line: 1, column: 1 }],
      ['{"id":"a"}', /no 'resourceType'/, { line: 1, column: 1 }],
      ['{"resourceType":7}', /no string/, { line: 1, column: 17 }],
      ['{"resourceType":"Group"}', /'Group', but the request is for Patient/, { line: 1, column: 17 }],
    ] as const) {
      const { code, issues } = await r4.refusal('create', { type: 'Patient', ...(body !== undefined && { body }) });
      const { line, column } = issues[0] ?? {};
      expect(code, body).to.equal('malformed-request');
      expect(summariesOf(issues)).to.deep.equal([{ severity: 'error', code: 'structure' }]);
      expect(issues[0]?.diagnostics).to.match(diagnostics);
      expect({ ...(line !== undefined && { line, column }) }).to.deep.equal(position);
    }
  });

  describe('with a condition', () => {
    const patient = aPatient({ identifier: [{ system: 'urn:mrn', value: '1' }] });
    const ifNoneExist = 'identifier=urn:mrn|1';

    it('creates once, then answers what is there without looking at the body', async () => {
      const first = await r4.create(patient, { preconditions: { ifNoneExist } });
      const second = await r4.create({ ...patient, unknown: 1 }, { preconditions: { ifNoneExist } });
      expect([first.status, second.status]).to.deep.equal([201, 200]);
      expect(second.body).to.equal(first.body);
      expect(second.location).to.equal(first.location);
    });

    it('creates once only when many ask at the same moment', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => r4.create(patient, { preconditions: { ifNoneExist } })));
      expect(answers.filter(({ status }) => status === 201)).to.have.length(1);
      expect(new Set(answers.map(idOf)).size).to.equal(1);
      expect(await r4.count('Patient')).to.equal(1);
    });

    it('answers 412 when several match, and 400 to a condition that is none', async () => {
      await r4.create(patient);
      await r4.create(patient);
      const refusal = (query: string) => r4.refusal('create', { type: 'Patient', body: patient, preconditions: { ifNoneExist: query } });
      expect(await refusal(ifNoneExist)).to.include({ code: 'multiple-matches', status: 412 });
      expect(await refusal('')).to.include({ code: 'invalid-parameter', status: 400 });
      expect(await refusal('_count=1')).to.include({ code: 'invalid-parameter', status: 400 });
      expect(await refusal('nonsense=1')).to.include({ code: 'unsupported-parameter', status: 400 });
      expect(await r4.count('Patient')).to.equal(2);
    });

    it('is an interaction of its own: 501 where the policy has it not, 403 for who may not search', async () => {
      const without = await TestApi.open('r4', { policy: { conditionalCreate: false } });
      const options = { type: 'Patient', body: patient, preconditions: { ifNoneExist } };
      expect((await without.refusal('create', options)).status).to.equal(501);
      expect((await r4.refusal('create', { ...options, scope: 'system/Patient.c' })).status).to.equal(403);
      expect((await r4.call('create', { ...options, scope: 'system/Patient.cs' })).status).to.equal(201);
    });
  });
});
