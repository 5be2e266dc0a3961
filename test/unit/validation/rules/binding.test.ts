import { expect } from 'chai';
import type { JsonObject, JsonValue } from '../../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../../support/resources.js';
import {
  aCodeSystem,
  aProfile,
  aValueSet,
  profileUrl,
  TEST_BASE,
  type ValidatorFixture,
  validatorWith,
} from '../../../support/validator-fixture.js';

const COLOURS = `${TEST_BASE}/CodeSystem/colours`;
const colours = aCodeSystem('colours', [
  { code: 'red', display: 'Red' },
  'green',
  'blue',
  { code: 'mixed', concept: [{ code: 'purple' }] },
]);
const warm = aValueSet('warm', [{ system: COLOURS, concept: [{ code: 'red' }] }]);
const all = aValueSet('all', [{ system: COLOURS }]);
const snomed = aValueSet('snomed', [
  { system: 'http://snomed.info/sct', filter: [{ property: 'concept', op: 'is-a', value: '404684003' }] },
]);
const MAX_VALUE_SET = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet';

function url(valueSet: string): string {
  return valueSet.includes(':') ? valueSet : `${TEST_BASE}/ValueSet/${valueSet}`;
}

function bound(elementId: string, strength: string, valueSet: string, maxValueSet?: string): JsonObject {
  const extension = maxValueSet === undefined ? {} : { extension: [{ url: MAX_VALUE_SET, valueCanonical: url(maxValueSet) }] };
  const binding = { ...extension, strength, valueSet: url(valueSet) };
  return aProfile('p', elementId.split('.')[0] as string, [{ id: elementId, binding }]);
}

function fixture(profile: JsonObject): ValidatorFixture {
  return validatorWith([colours, warm, all, snomed, profile]);
}

/** Of an Observation whose code is bound. */
function ofCode(strength: string, valueSet: string, code: JsonValue, maxValueSet?: string): readonly string[] {
  const resource = anObservation({ code });
  return fixture(bound('Observation.code', strength, valueSet, maxValueSet)).issuesOf(resource, { profiles: [profileUrl('p')] });
}

const coded = (...codes: readonly string[]): JsonObject => ({ coding: codes.map((code) => ({ system: COLOURS, code })) });

describe('binding', () => {
  describe('of a CodeableConcept', () => {
    it('holds when one of several codings is in the value set', () => {
      expect(ofCode('required', 'warm', coded('red'))).to.deep.equal([]);
      expect(ofCode('required', 'warm', coded('blue', 'red'))).to.deep.equal([]);
      expect(ofCode('required', 'all', coded('purple'))).to.deep.equal([]);
    });

    it('is an error when required, with the value set and what was found', () => {
      const { validate } = fixture(bound('Observation.code', 'required', 'warm'));
      const issues = validate(anObservation({ code: coded('blue', 'green') }), { profiles: [profileUrl('p')] });
      expect(issues).to.have.length(1);
      expect(issues[0]).to.deep.include({
        severity: 'error',
        code: 'code-invalid',
        rule: 'binding',
        expression: 'Observation.code',
        definition: `${profileUrl('p')}|1.0.0`,
        diagnostics: `None of the codes ${COLOURS}#blue, ${COLOURS}#green is in the value set ${url('warm')}|1.0.0 (required): use one of its codes`,
      });
    });

    it('is a warning when extensible', () => {
      expect(ofCode('extensible', 'warm', coded('blue'))).to.deep.equal(['warning code-invalid binding Observation.code']);
      expect(ofCode('extensible', 'warm', coded('red'))).to.deep.equal([]);
    });

    it('is not looked at when preferred or example', () => {
      expect(ofCode('preferred', 'warm', coded('blue'))).to.deep.equal([]);
      expect(ofCode('example', 'warm', coded('blue'))).to.deep.equal([]);
      expect(ofCode('example', 'unknown', coded('blue'))).to.deep.equal([]);
    });

    it('with a text only is an error when required, a warning when extensible', () => {
      expect(ofCode('required', 'warm', { text: 'red' })).to.deep.equal(['error code-invalid binding Observation.code']);
      expect(ofCode('extensible', 'warm', { text: 'red' })).to.deep.equal(['warning code-invalid binding Observation.code']);
      expect(ofCode('preferred', 'warm', { text: 'red' })).to.deep.equal([]);
    });

    it('does not hold by a code without its system, or with another one', () => {
      expect(ofCode('required', 'warm', { coding: [{ code: 'red' }] })).to.deep.equal(['error code-invalid binding Observation.code']);
      expect(ofCode('required', 'warm', { coding: [{ system: 'http://x.example', code: 'red' }] })).to.deep.equal([
        'error code-invalid binding Observation.code',
      ]);
      expect(ofCode('required', 'warm', { coding: [{ system: COLOURS }] })).to.deep.equal(['error code-invalid binding Observation.code']);
    });

    it('minds the letter case of codes', () => {
      expect(ofCode('required', 'warm', coded('Red'))).to.deep.equal([
        'error code-invalid unknown-code Observation.code.coding[0].code',
        'error code-invalid binding Observation.code',
      ]);
    });
  });

  describe('of other types', () => {
    const issuesOf = (elementId: string, resource: JsonObject, strength = 'required', valueSet = 'warm'): readonly string[] =>
      fixture(bound(elementId, strength, valueSet)).issuesOf(resource, { profiles: [profileUrl('p')] });

    it('holds for a code by the code alone', () => {
      const languages = (language: JsonValue) => aPatient({ language });
      const binding = (language: JsonValue) => issuesOf('Patient.language', languages(language), 'required', 'warm');
      expect(binding('red')).to.deep.equal([]);
      expect(binding('blue')).to.deep.equal(['error code-invalid binding Patient.language']);
    });

    it('says nothing of a value that is no code at all, as that is said already', () => {
      expect(validatorWith().issuesOf(aPatient({ gender: 1 }))).to.deep.equal(['error structure json-type Patient.gender']);
      expect(validatorWith().issuesOf(aPatient({ gender: '' }))).to.deep.equal(['error value type-code Patient.gender']);
      expect(validatorWith().issuesOf(aPatient({ maritalStatus: 'M' }))).to.deep.equal(['error structure json-type Patient.maritalStatus']);
    });

    it('holds for a Coding', () => {
      const encounter = (code: string) => ({ resourceType: 'Encounter', status: 'planned', class: { system: COLOURS, code } });
      expect(issuesOf('Encounter.class', encounter('red'))).to.deep.equal([]);
      expect(issuesOf('Encounter.class', encounter('blue'))).to.deep.equal(['error code-invalid binding Encounter.class']);
    });

    it('holds for the unit of a Quantity, which may do without a code', () => {
      const elements = [
        { id: 'Observation.value[x]', type: [{ code: 'Quantity' }], binding: { strength: 'required', valueSet: url('warm') } },
      ];
      const { issuesOf: check } = fixture(aProfile('p', 'Observation', elements));
      const of = (valueQuantity: JsonObject) => check(anObservation({ valueQuantity }), { profiles: [profileUrl('p')] });
      expect(of({ value: 1, system: COLOURS, code: 'red' })).to.deep.equal([]);
      expect(of({ value: 1, system: COLOURS, code: 'blue' })).to.deep.equal([
        'error code-invalid binding Observation.value.ofType(Quantity)',
      ]);
      expect(of({ value: 1, unit: 'red' })).to.deep.equal([]);
    });

    it('holds for a uri', () => {
      const set = aValueSet('policies', [{ system: 'urn:ietf:rfc:3986', concept: [{ code: 'http://x.example/a' }] }]);
      const profile = aProfile('p', 'Patient', [
        { id: 'Patient.implicitRules', binding: { strength: 'required', valueSet: url('policies') } },
      ]);
      const { issuesOf: check } = validatorWith([set, profile]);
      expect(check(aPatient({ implicitRules: 'http://x.example/a' }), { profiles: [profileUrl('p')] })).to.deep.equal([]);
      expect(check(aPatient({ implicitRules: 'http://x.example/b' }), { profiles: [profileUrl('p')] })).to.deep.equal([
        'error code-invalid binding Patient.implicitRules',
      ]);
    });

    it('holds for the codes of an array one by one', () => {
      const { issuesOf: check } = fixture(bound('Patient.name.prefix', 'required', 'warm'));
      // a string is no coded type, and R4 lets it be bound all the same
      expect(check(aPatient({ name: [{ prefix: ['red', 'blue'] }] }), { profiles: [profileUrl('p')] })).to.deep.equal([
        'error code-invalid binding Patient.name[0].prefix[1]',
      ]);
    });
  });

  describe('to a value set that cannot be looked into', () => {
    it('is a warning, once, when it is not loaded', () => {
      const unknown = fixture(bound('Patient.communication.language', 'required', 'nowhere'));
      const languages = aPatient({ communication: [{ language: coded('red') }, { language: coded('blue') }] });
      const issues = unknown.validate(languages, { profiles: [profileUrl('p')] });
      const ours = issues.filter(({ rule }) => rule === 'binding-unchecked');
      expect(ours).to.have.length(1);
      expect(ours[0]).to.deep.include({ severity: 'warning', code: 'not-found', expression: 'Patient.communication[0].language' });
      expect(ours[0]?.diagnostics).to.contain(url('nowhere'));
    });

    it('is an information, once, when it needs a code system that is not at hand', () => {
      const profile = bound('Observation.component.code', 'required', 'snomed');
      const component = ['1', '2', '3'].map((code) => ({ code: { coding: [{ system: 'http://snomed.info/sct', code }] } }));
      const { validate } = fixture(profile);
      const issues = validate(anObservation({ component }), { profiles: [profileUrl('p')] });
      expect(issues).to.have.length(1);
      expect(issues[0]).to.deep.include({
        severity: 'information',
        code: 'not-supported',
        rule: 'binding-unchecked',
        expression: 'Observation.component[0].code',
      });
      expect(issues[0]?.diagnostics).to.contain('http://snomed.info/sct');
    });

    it('is an error all the same for a code of a system that it cannot have', () => {
      expect(ofCode('required', 'snomed', coded('red'))).to.deep.equal(['error code-invalid binding Observation.code']);
      expect(ofCode('required', 'snomed', { text: 'x' })).to.deep.equal(['error code-invalid binding Observation.code']);
    });
  });

  describe('with a maxValueSet', () => {
    it('is an error outside the largest value set, and a warning between the two', () => {
      expect(ofCode('extensible', 'warm', coded('red'), 'all')).to.deep.equal([]);
      expect(ofCode('extensible', 'warm', coded('blue'), 'all')).to.deep.equal(['warning code-invalid binding Observation.code']);
      expect(ofCode('extensible', 'warm', { coding: [{ system: 'http://x.example', code: 'x' }] }, 'all')).to.deep.equal([
        'warning code-invalid binding Observation.code',
        'error code-invalid binding Observation.code',
      ]);
    });

    it('holds for a preferred binding, where a text may stand in place of a code', () => {
      expect(ofCode('preferred', 'warm', coded('blue'), 'all')).to.deep.equal([]);
      expect(ofCode('preferred', 'warm', { coding: [{ system: 'http://x.example', code: 'x' }] }, 'all')).to.deep.equal([
        'error code-invalid binding Observation.code',
      ]);
      expect(ofCode('preferred', 'warm', { text: 'x' }, 'all')).to.deep.equal([]);
    });
  });

  describe('of the base definitions', () => {
    it('refuses codes that a required binding does not have', () => {
      const { issuesOf } = validatorWith();
      expect(issuesOf(aPatient({ gender: 'm' }))).to.deep.equal(['error code-invalid binding Patient.gender']);
      expect(issuesOf(anObservation({ status: 'Final' }))).to.deep.equal(['error code-invalid binding Observation.status']);
      expect(issuesOf(aPatient({ language: 'en-NZ' }))).to.deep.equal([]);
      expect(issuesOf(aPatient({ language: 'no such language' }))).to.deep.equal(['error code-invalid binding Patient.language']);
    });

    it('finds the value set that a profile names by version', () => {
      const older = aValueSet('warm', [{ system: COLOURS, concept: [{ code: 'red' }] }], { version: '1.0.0' });
      const newer = aValueSet('warm', [{ system: COLOURS, concept: [{ code: 'blue' }] }], { version: '2.0.0' });
      const check = (valueSet: string, code: string) => {
        const profile = aProfile('p', 'Observation', [{ id: 'Observation.code', binding: { strength: 'required', valueSet } }]);
        return validatorWith([colours, older, newer, profile]).issuesOf(anObservation({ code: coded(code) }), {
          profiles: [profileUrl('p')],
        });
      };
      expect(check(`${url('warm')}|1.0.0`, 'red')).to.deep.equal([]);
      expect(check(`${url('warm')}|1.0.0`, 'blue')).to.deep.equal(['error code-invalid binding Observation.code']);
      expect(check(url('warm'), 'blue')).to.deep.equal([]);
      expect(check(`${url('warm')}|3.0.0`, 'red')).to.deep.equal(['warning not-found binding-unchecked Observation.code']);
    });
  });

  describe('that are additional', () => {
    const ADDITIONAL = 'http://hl7.org/fhir/tools/StructureDefinition/additional-binding';

    function ofCodeWith(purpose: string, code: JsonValue, more: readonly JsonObject[] = []): readonly string[] {
      const parts = [{ url: 'purpose', valueCode: purpose }, { url: 'valueSet', valueCanonical: url('warm') }, ...more];
      const binding = { strength: 'example', valueSet: url('all'), extension: [{ url: ADDITIONAL, extension: parts }] };
      const profile = aProfile('p', 'Observation', [{ id: 'Observation.code', binding }]);
      return fixture(profile).issuesOf(anObservation({ code }), { profiles: [profileUrl('p')] });
    }

    it('hold beside the binding of the element', () => {
      expect(ofCodeWith('required', coded('red'))).to.deep.equal([]);
      expect(ofCodeWith('required', coded('blue'))).to.deep.equal(['error code-invalid binding Observation.code']);
      expect(ofCodeWith('maximum', coded('blue'))).to.deep.equal(['error code-invalid binding Observation.code']);
      expect(ofCodeWith('extensible', coded('blue'))).to.deep.equal(['warning code-invalid binding Observation.code']);
    });

    it('are left alone where they are hints, or for one usage only', () => {
      expect(ofCodeWith('candidate', coded('blue'))).to.deep.equal([]);
      expect(ofCodeWith('required', coded('blue'), [{ url: 'usage', valueUsageContext: {} }])).to.deep.equal([]);
    });
  });
});
