import { expect } from 'chai';
import type { JsonObject, JsonValue } from '../../../src/fhir/json.js';
import { checkReferences as check, isReferenceRule, type ReferenceCheck } from '../../../src/interactions/reference-rules.js';
import type { Api } from '../../../src/services.js';
import { summariesOf, TestApi } from '../../support/test-api.js';
import { documentOf } from '../../support/validator-fixture.js';

function checkReferences(api: Api, resource: JsonObject): ReferenceCheck {
  return check(api, { document: documentOf(resource), resource });
}

const UUID = '7f0c8f0a-34d2-4b58-9a3d-5b0a5a4f0d11';

describe('reference rules', () => {
  let r4: TestApi;
  let uuids: TestApi;

  before(async () => {
    r4 = await TestApi.open('r4');
    uuids = await TestApi.open('rheumatic-fever');
  });

  const withSubject = (subject: JsonObject, more: JsonObject = {}): JsonObject => ({ resourceType: 'Condition', ...more, subject });
  const rulesOf = ({ api }: TestApi, resource: JsonObject): readonly (string | undefined)[] =>
    checkReferences(api, resource).issues.map(({ rule }) => rule);

  const references: readonly (readonly [reference: string, rule: string | undefined])[] = [
    [`Patient/${UUID}`, undefined],
    ['Patient/a.b-1', undefined],
    ['Patient/1/_history/2', undefined],
    ['https://example.org/base/Patient/123', undefined],
    ['https://example.org/base/Patience/a_b', undefined],
    ['https://example.org/anything', undefined],
    ['#p1', undefined],
    ['#', undefined],
    ['Patient/', 'reference-id-empty'],
    ['Patient', 'reference-id-empty'],
    ['https://example.org/base/Patient/', 'reference-id-empty'],
    ['Patient/a_b', 'reference-id-form'],
    ['https://example.org/base/Patient/a_b', 'reference-id-form'],
    [`https://example.org/base/Patient/${'a'.repeat(65)}`, 'reference-id-form'],
    ['https://example.org/base/Patient/1/_history/', 'reference-id-form'],
    ['Patient/a b', 'reference-id-form'],
    [`Patient/${'a'.repeat(65)}`, 'reference-id-form'],
    ['Patient/1/_history/', 'reference-id-form'],
    ['Patience/1', 'reference-type-unknown'],
    ['patient/1', 'reference-form'],
    ['1', 'reference-form'],
    ['', 'reference-form'],
    ['Patient?identifier=1', 'reference-conditional'],
  ];

  for (const [reference, rule] of references) {
    it(
      rule === undefined ? `accepts '${reference}' without looking for its target` : `refuses '${reference.slice(0, 40)}' (${rule})`,
      () => {
        const { issues, targets } = checkReferences(r4.api, withSubject({ reference }));
        expect(issues.map((issue) => issue.rule)).to.deep.equal(rule === undefined ? [] : [rule]);
        expect(targets).to.deep.equal([]);
        if (rule !== undefined) {
          expect(summariesOf(issues)).to.deep.equal([{ severity: 'error', code: 'value', expression: 'Condition.subject.reference' }]);
          expect(isReferenceRule(rule)).to.equal(true);
        }
      },
    );
  }

  it('accepts a logical reference, and one that is a display only', () => {
    expect(rulesOf(r4, withSubject({ type: 'Patient', identifier: { system: 'urn:x', value: '1' } }))).to.deep.equal([]);
    expect(rulesOf(r4, withSubject({ display: 'somebody' }))).to.deep.equal([]);
  });

  it('warns of a urn, which nothing resolves any more', async () => {
    const { issues } = checkReferences(r4.api, withSubject({ reference: 'urn:uuid:Encounter-temporary-id' }));
    expect(summariesOf(issues)).to.deep.equal([{ severity: 'warning', code: 'not-found', expression: 'Condition.subject.reference' }]);
    const observation = { resourceType: 'Observation', status: 'final', code: { text: 'a' }, subject: { reference: 'urn:oid:1.2.3' } };
    const { status, outcome } = await r4.create(observation);
    expect(status).to.equal(201);
    expect(outcome).to.include("'urn:oid:1.2.3' is stored as it is");
  });

  it('wants a UUID in relative references where api.json says so, and there alone', () => {
    expect(rulesOf(uuids, withSubject({ reference: `Patient/${UUID}` }))).to.deep.equal([]);
    expect(rulesOf(uuids, withSubject({ reference: `Patient/${UUID.toUpperCase()}` }))).to.deep.equal([]);
    expect(rulesOf(uuids, withSubject({ reference: 'Patient/A2A3-B7B' }))).to.deep.equal(['reference-id-uuid']);
    expect(rulesOf(uuids, withSubject({ reference: 'https://fhir.example.org/base/Patient/123' }))).to.deep.equal([]);
    expect(rulesOf(uuids, withSubject({ reference: 'Patient/' }))).to.deep.equal(['reference-id-empty']);
  });

  it('refuses a type that contradicts the reference, in any form of either', () => {
    const contained = { contained: [{ resourceType: 'Patient', id: 'p' }] };
    for (const [subject, more, expected] of [
      [{ reference: 'Patient/1', type: 'Patient' }, {}, []],
      [{ reference: 'Patient/1', type: 'http://hl7.org/fhir/StructureDefinition/Patient' }, {}, []],
      [{ reference: 'Patient/1', type: 'CareTeam' }, {}, ['reference-type-contradiction']],
      [{ reference: 'https://example.org/Patient/1', type: 'Group' }, {}, ['reference-type-contradiction']],
      [{ reference: '#p', type: 'Patient' }, contained, []],
      [{ reference: '#p', type: 'Group' }, contained, ['reference-type-contradiction']],
      [{ reference: 'urn:uuid:a', type: 'Group' }, {}, ['reference-unresolved']],
    ] as const) {
      expect(rulesOf(r4, withSubject(subject, more)), JSON.stringify(subject)).to.deep.equal(expected);
    }
    const { issues } = checkReferences(r4.api, withSubject({ reference: 'Patient/a_b', type: 'Group' }));
    expect(issues.map(({ expression }) => expression)).to.deep.equal(['Condition.subject.reference', 'Condition.subject.type']);
    expect(issues.map(({ line, column }) => ({ line, column }))).to.deep.equal([
      { line: 1, column: 52 },
      { line: 1, column: 73 },
    ]);
  });

  it('finds references wherever they stand, and says where', () => {
    const reference: JsonValue = { reference: 'Patient/' };
    const { issues } = checkReferences(r4.api, {
      resourceType: 'Observation',
      contained: [{ resourceType: 'Specimen', id: 's', subject: reference }],
      extension: [{ url: 'http://example.org/a', valueReference: reference }],
      subject: { ...reference, extension: [{ url: 'http://example.org/b', extension: [{ url: 'c', valueReference: reference }] }] },
      performer: [{ reference: 'Practitioner/1' }, reference],
      _issued: { extension: [{ url: 'http://example.org/d', valueReference: reference }] },
      component: [{ code: { text: 'a' }, extension: [{ url: 'http://example.org/e', valueAnnotation: { authorReference: reference } }] }],
    });
    expect(issues.map(({ expression }) => expression)).to.have.members([
      'Observation.contained[0].subject.reference',
      'Observation.extension[0].value.ofType(Reference).reference',
      'Observation.subject.reference',
      'Observation.subject.extension[0].extension[0].value.ofType(Reference).reference',
      'Observation.performer[1].reference',
      'Observation.issued.extension[0].value.ofType(Reference).reference',
      'Observation.component[0].extension[0].value.ofType(Annotation).author.ofType(Reference).reference',
    ]);
  });

  it('leaves alone what is called reference and is none', () => {
    expect(rulesOf(r4, { resourceType: 'DetectedIssue', status: 'final', reference: 'not one' })).to.deep.equal([]);
    expect(rulesOf(r4, { resourceType: 'Immunization', education: [{ reference: 'not one' }] })).to.deep.equal([]);
    expect(
      rulesOf(r4, { resourceType: 'PlanDefinition', action: [{ condition: [{ expression: { language: 'text/x', reference: 'a b' } }] }] }),
    ).to.deep.equal([]);
  });

  it('asks no UUID of what a stored Bundle holds, which its own full URLs address', () => {
    const entry = [{ fullUrl: 'http://example.org/fhir/Condition/1', resource: withSubject({ reference: 'Patient/1' }) }];
    expect(rulesOf(uuids, { resourceType: 'Bundle', type: 'collection', entry })).to.deep.equal([]);
    const broken = [{ resource: withSubject({ reference: 'Patient/' }) }];
    expect(rulesOf(uuids, { resourceType: 'Bundle', type: 'collection', entry: broken })).to.deep.equal(['reference-id-empty']);
  });

  it('never stumbles over what is no resource', () => {
    for (const resource of [{}, { resourceType: 7 }, { resourceType: 'Patient', contained: [null, 1, {}], link: 'x' }] as JsonObject[]) {
      expect(checkReferences(r4.api, resource).issues).to.deep.equal([]);
    }
  });

  describe('where api.json asks that targets exist', () => {
    let api: TestApi;

    beforeEach(async () => {
      api = await TestApi.open('r4', { config: { references: { uuidIds: false, mustExist: true } } });
    });

    const observation = (reference: string): JsonObject => ({
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'a' },
      subject: { reference },
    });

    it('refuses a relative reference that leads nowhere, also to what was deleted', async () => {
      const refusal = await api.refusal('create', { type: 'Observation', body: observation('Patient/p') });
      expect(refusal).to.include({ code: 'invalid-reference', status: 400 });
      expect(summariesOf(refusal.issues)).to.deep.equal([
        { severity: 'error', code: 'not-found', expression: 'Observation.subject.reference' },
      ]);
      await api.update({ resourceType: 'Patient', id: 'p' });
      expect((await api.create(observation('Patient/p'))).status).to.equal(201);
      await api.call('delete', { type: 'Patient', id: 'p' });
      expect((await api.refusal('create', { type: 'Observation', body: observation('Patient/p') })).status).to.equal(400);
    });

    it('takes what the same transaction writes for existing, and absolute references unseen', async () => {
      expect((await api.create(observation('https://example.org/fhir/Patient/1'))).status).to.equal(201);
      const entry = [
        { resource: observation('Patient/new'), request: { method: 'POST', url: 'Observation' } },
        { resource: { resourceType: 'Patient', id: 'new' }, request: { method: 'PUT', url: 'Patient/new' } },
      ];
      const body = { resourceType: 'Bundle', type: 'transaction', entry };
      expect((await api.call('transaction', { body })).status).to.equal(200);
      const alone = { ...body, entry: [{ resource: observation('Patient/none'), request: { method: 'POST', url: 'Observation' } }] };
      expect(summariesOf((await api.refusal('transaction', { body: alone })).issues)).to.deep.equal([
        { severity: 'error', code: 'not-found', expression: 'Bundle.entry[0].resource.subject.reference' },
      ]);
    });
  });
});
