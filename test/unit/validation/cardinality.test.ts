import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { aProfile, profileUrl, validatorWith } from '../../support/validator-fixture.js';

const base = validatorWith();
const RESEARCH = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'research' }] };

describe('Cardinality', () => {
  describe('of the base definitions', () => {
    it('finds nothing wrong with a resource that has what it must have', () => {
      expect(base.issuesOf(anObservation())).to.deep.equal([]);
      expect(base.issuesOf({ resourceType: 'Patient' })).to.deep.equal([]);
    });

    it('reports each missing element at the parent, with the definition that demands it', () => {
      const issues = base.validate({ resourceType: 'Observation' });
      expect(issues).to.deep.equal([
        {
          severity: 'error',
          code: 'required',
          rule: 'cardinality-min',
          expression: 'Observation',
          diagnostics: 'Observation.status is missing: at least 1 is required',
          definition: 'http://hl7.org/fhir/StructureDefinition/Observation|4.0.1',
          line: 1,
          column: 1,
        },
        {
          severity: 'error',
          code: 'required',
          rule: 'cardinality-min',
          expression: 'Observation',
          diagnostics: 'Observation.code is missing: at least 1 is required',
          definition: 'http://hl7.org/fhir/StructureDefinition/Observation|4.0.1',
          line: 1,
          column: 1,
        },
      ]);
    });

    it('reports what a backbone element lacks at that element', () => {
      const resource = aPatient({
        communication: [{ preferred: true }, { language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'mi' }] } }],
        link: [{ type: 'seealso' }],
      });
      expect(base.issuesOf(resource)).to.deep.equal([
        'error required cardinality-min Patient.communication[0]',
        'error required cardinality-min Patient.link[0]',
      ]);
    });

    it('reports what a type lacks at the element of that type', () => {
      const resource = aPatient({ photo: [{ url: 'http://x.example' }], text: { status: 'generated' } });
      expect(base.issuesOf(resource)).to.deep.equal(['error required cardinality-min Patient.text']);
    });

    it('holds children of a content reference against the element that is referred to', () => {
      const inner = { title: 'b', resource: { reference: 'Task/1' }, relatedAction: [{ actionId: 'x' }] };
      const action = [{ title: 'a', action: [{ title: 'aa', action: [inner] }] }];
      expect(base.issuesOf({ resourceType: 'RequestGroup', status: 'active', intent: 'plan', action })).to.deep.equal([
        'error required cardinality-min RequestGroup.action[0].action[0].action[0].relatedAction[0]',
      ]);
    });

    it('accepts one type of a required choice', () => {
      const medication = { resourceType: 'MedicationStatement', status: 'active', subject: { reference: 'Patient/1' } };
      expect(base.issuesOf({ ...medication, medicationCodeableConcept: { text: 'aspirin' } })).to.deep.equal([]);
      expect(base.issuesOf(medication)).to.deep.equal(['error required cardinality-min MedicationStatement']);
    });
  });

  describe('of arrays and single values', () => {
    it('refuses a value where an array belongs, and looks at the value all the same', () => {
      expect(base.issuesOf(aPatient({ name: { family: 'Ngata' } }))).to.deep.equal(['error structure json-type Patient.name']);
      expect(base.issuesOf(aPatient({ name: { family: 1 } }))).to.deep.equal([
        'error structure json-type Patient.name',
        'error structure json-type Patient.name.family',
      ]);
      expect(base.issuesOf(aPatient({ name: [{ given: 'Hine' }] }))).to.deep.equal(['error structure json-type Patient.name[0].given']);
    });

    it('refuses an array where one value belongs, of whatever length', () => {
      expect(base.issuesOf(aPatient({ birthDate: ['1990-05-01'] }))).to.deep.equal(['error structure json-type Patient.birthDate']);
      expect(base.issuesOf(aPatient({ birthDate: [] }))).to.deep.equal(['error structure json-type Patient.birthDate']);
      expect(base.issuesOf(aPatient({ maritalStatus: [{ text: 'married' }] }))).to.deep.equal([
        'error structure json-type Patient.maritalStatus',
      ]);
    });

    it('refuses an array of arrays', () => {
      expect(base.issuesOf(aPatient({ name: [[{ family: 'Ngata' }]] }))).to.deep.equal(['error structure json-type Patient.name[0]']);
      expect(base.issuesOf(aPatient({ name: [{ given: [['Hine']] }] }))).to.deep.equal([
        'error structure json-type Patient.name[0].given[0]',
      ]);
    });

    it('refuses an empty array once', () => {
      expect(base.issuesOf(aPatient({ name: [] }))).to.deep.equal(['error structure empty-array Patient.name']);
      expect(base.issuesOf(aPatient({ name: [{ given: [] }] }))).to.deep.equal(['error structure empty-array Patient.name[0].given']);
    });

    it('says of a required element that is an empty array that the array is empty', () => {
      const consent = {
        resourceType: 'Consent',
        status: 'active',
        scope: RESEARCH,
        category: [],
        policy: [{ authority: 'http://x.example' }],
      };
      expect(base.issuesOf(consent)).to.deep.equal(['error structure empty-array Consent.category']);
    });

    it('refuses an empty object', () => {
      expect(base.issuesOf(aPatient({ managingOrganization: {} }))).to.deep.equal(['error structure ele-1 Patient.managingOrganization']);
      expect(base.issuesOf(aPatient({ name: [{}] }))).to.deep.equal(['error structure ele-1 Patient.name[0]']);
      expect(base.issuesOf(aPatient({ meta: {} }))).to.deep.equal(['error structure ele-1 Patient.meta']);
    });

    it('refuses an element that has nothing but an id', () => {
      expect(base.issuesOf(aPatient({ name: [{ id: 'n1' }] }))).to.deep.equal(['error structure ele-1 Patient.name[0]']);
    });

    it('refuses null wherever it stands, once', () => {
      expect(base.issuesOf(aPatient({ birthDate: null }))).to.deep.equal(['error structure json-type Patient.birthDate']);
      expect(base.issuesOf(aPatient({ maritalStatus: null }))).to.deep.equal(['error structure json-type Patient.maritalStatus']);
      expect(base.issuesOf(aPatient({ name: null }))).to.deep.equal(['error structure json-type Patient.name']);
      expect(base.issuesOf(aPatient({ name: [null] }))).to.deep.equal(['error structure json-type Patient.name[0]']);
      expect(base.issuesOf(aPatient({ name: [{ given: null }] }))).to.deep.equal(['error structure json-type Patient.name[0].given']);
      expect(base.issuesOf(aPatient({ name: [{ given: [null] }] }))).to.deep.equal(['error structure ele-1 Patient.name[0].given[0]']);
      expect(base.issuesOf(anObservation({ valueQuantity: null }))).to.deep.equal([
        'error structure json-type Observation.value.ofType(Quantity)',
      ]);
    });
  });

  describe('of profiles', () => {
    const profiled = (elements: Parameters<typeof aProfile>[2], resource: JsonObject): readonly string[] =>
      validatorWith([aProfile('p', String(resource['resourceType']), elements)]).issuesOf(resource, { profiles: [profileUrl('p')] });

    it('reports fewer items than min at the parent, with how many there are', () => {
      const fixture = validatorWith([aProfile('p', 'Patient', [{ id: 'Patient.identifier', min: 2 }])]);
      const resource = aPatient({ identifier: [{ value: '1' }] });
      const [issue, ...others] = fixture.validate(resource, { profiles: [profileUrl('p')] });
      expect(others).to.deep.equal([]);
      expect(issue).to.deep.include({
        severity: 'error',
        code: 'required',
        rule: 'cardinality-min',
        expression: 'Patient',
        definition: `${profileUrl('p')}|1.0.0`,
        diagnostics: 'Patient.identifier: at least 2 are required, found 1',
      });
    });

    it('counts items that have extensions only', () => {
      const name = { given: ['Hine', null], _given: [null, { extension: [{ url: 'http://x.example/e', valueString: 'y' }] }] };
      const elements = [{ id: 'Patient.name.given', min: 2 }];
      expect(profiled(elements, aPatient({ name: [name] }))).to.deep.equal([
        'warning extension extension-unknown Patient.name[0].given[1].extension[0]',
      ]);
      expect(profiled([{ id: 'Patient.name.given', max: '1' }], aPatient({ name: [name] }))).to.deep.equal([
        'error structure cardinality-max Patient.name[0]',
        'warning extension extension-unknown Patient.name[0].given[1].extension[0]',
      ]);
    });

    it('reports more items than max at the parent, and the element goes on being an array in JSON', () => {
      const elements = [{ id: 'Patient.name', min: 1, max: '1' }];
      expect(profiled(elements, aPatient({ name: [{ text: 'a' }] }))).to.deep.equal([]);
      expect(profiled(elements, aPatient({ name: [{ text: 'a' }, { text: 'b' }] }))).to.deep.equal([
        'error structure cardinality-max Patient',
      ]);
      expect(profiled(elements, aPatient({ name: { text: 'a' } }))).to.deep.equal(['error structure json-type Patient.name']);
    });

    it('refuses an element that is taken away: single, repeating, choice and companion alone', () => {
      const taken = (id: string) => [{ id, max: '0' }];
      expect(profiled(taken('Patient.birthDate'), aPatient())).to.deep.equal(['error structure cardinality-max Patient']);
      expect(profiled(taken('Patient.name'), aPatient())).to.deep.equal(['error structure cardinality-max Patient']);
      expect(profiled(taken('Patient.deceased[x]'), aPatient({ deceasedBoolean: false }))).to.deep.equal([
        'error structure cardinality-max Patient',
      ]);
      const companion = { _birthDate: { extension: [{ url: `${profileUrl('e')}`, valueString: 'x' }] } };
      expect(profiled(taken('Patient.birthDate'), { resourceType: 'Patient', ...companion })).to.deep.equal([
        'error structure cardinality-max Patient',
        'warning extension extension-unknown Patient.birthDate.extension[0]',
      ]);
    });

    it('demands a choice whichever type it may have', () => {
      const elements = [{ id: 'Observation.value[x]', min: 1 }];
      expect(profiled(elements, anObservation({ valueString: 'x' }))).to.deep.equal([]);
      expect(profiled(elements, anObservation())).to.deep.equal(['error required cardinality-min Observation']);
    });

    it('demands an element inside one that is optional only where that one is there', () => {
      const elements = [{ id: 'Patient.contact.name.family', min: 1 }];
      expect(profiled(elements, aPatient())).to.deep.equal([]);
      expect(profiled(elements, aPatient({ contact: [{ name: { text: 'Mum' } }] }))).to.deep.equal([
        'error required cardinality-min Patient.contact[0].name',
      ]);
      expect(profiled(elements, aPatient({ contact: [{ address: { city: 'Nelson' } }] }))).to.deep.equal([]);
    });

    it('demands children below a choice for the type that the path names', () => {
      const elements = [
        { id: 'Observation.value[x]', type: [{ code: 'Quantity' }] },
        { id: 'Observation.value[x].code', min: 1 },
      ];
      expect(profiled(elements, anObservation({ valueQuantity: { value: 1 } }))).to.deep.equal([
        'error required cardinality-min Observation.value.ofType(Quantity)',
      ]);
    });

    it('demands children below a content reference', () => {
      const elements = [{ id: 'Questionnaire.item.item.text', min: 1 }];
      const questionnaire = (item: JsonObject) => ({ resourceType: 'Questionnaire', name: 'Q', status: 'active', item: [item] });
      const inner = { linkId: '1.1', type: 'string' };
      expect(profiled(elements, questionnaire({ linkId: '1', type: 'group', item: [{ ...inner, text: 'x' }] }))).to.deep.equal([]);
      expect(profiled(elements, questionnaire({ linkId: '1', type: 'group', item: [inner] }))).to.deep.equal([
        'error required cardinality-min Questionnaire.item[0].item[0]',
      ]);
    });

    it('holds min and max of extensions in an element without any', () => {
      const elements = [{ id: 'Patient.birthDate.extension', min: 1 }];
      expect(profiled(elements, aPatient())).to.deep.equal(['error required cardinality-min Patient.birthDate']);
      expect(profiled(elements, { resourceType: 'Patient' })).to.deep.equal([]);
    });

    it('adds up what profiles demand that are built on each other', () => {
      const fixture = validatorWith([
        aProfile('a', 'Patient', [{ id: 'Patient.gender', min: 1 }]),
        aProfile('b', 'Patient', [{ id: 'Patient.birthDate', min: 1 }], { baseDefinition: profileUrl('a') }),
        aProfile('c', 'Patient', [{ id: 'Patient.name.family', min: 1 }], { baseDefinition: profileUrl('b') }),
        aProfile('d', 'Patient', [{ id: 'Patient.name', min: 1 }], { baseDefinition: profileUrl('c') }),
      ]);
      const resource = { resourceType: 'Patient', name: [{ text: 'x' }] };
      const issues = fixture.validate(resource, { profiles: [profileUrl('d')] });
      expect(issues.map(({ diagnostics, definition, expression }) => [expression, diagnostics, definition])).to.deep.equal([
        ['Patient.name[0]', 'Patient.name.family is missing: at least 1 is required', `${profileUrl('d')}|1.0.0`],
        ['Patient', 'Patient.gender is missing: at least 1 is required', `${profileUrl('d')}|1.0.0`],
        ['Patient', 'Patient.birthDate is missing: at least 1 is required', `${profileUrl('d')}|1.0.0`],
      ]);
    });
  });
});
