import { expect } from 'chai';
import type { JsonObject } from '../../../../src/fhir/json.js';
import { aPatient } from '../../../support/resources.js';
import { aProfile, profileUrl, validatorWith } from '../../../support/validator-fixture.js';

const REGEX = 'http://hl7.org/fhir/StructureDefinition/regex';
const regex = (valueString: string): JsonObject => ({ extension: [{ url: REGEX, valueString }] });
const options = { profiles: [profileUrl('p')] };

describe('The extension regex', () => {
  it('says which pattern the value does not match', () => {
    const { validate } = validatorWith([aProfile('p', 'Patient', [{ id: 'Patient.identifier.value', ...regex('[A-Z]{3}\\d{4}') }])]);
    const [issue, ...others] = validate(aPatient({ identifier: [{ value: 'abc1234' }] }), options);
    expect(others).to.deep.equal([]);
    expect(issue).to.deep.include({
      severity: 'error',
      code: 'value',
      rule: 'regex',
      expression: 'Patient.identifier[0].value',
      definition: `${profileUrl('p')}|1.0.0`,
      diagnostics: 'The value does not match the pattern [A-Z]{3}\\d{4} (Patient.identifier.value)',
    });
  });

  it('holds for the whole value, and alternatives as a whole', () => {
    const { issuesOf } = validatorWith([aProfile('p', 'Patient', [{ id: 'Patient.identifier.value', ...regex('a|bc') }])]);
    const ofValue = (value: string): readonly string[] => issuesOf(aPatient({ identifier: [{ value }] }), options);
    for (const value of ['a', 'bc']) expect(ofValue(value), value).to.deep.equal([]);
    for (const value of ['ac', 'abc', 'xa', 'a\nb'])
      expect(ofValue(value), value).to.deep.equal(['error value regex Patient.identifier[0].value']);
  });

  it('lets a dot stand for a line feed, as R4 says', () => {
    const { issuesOf } = validatorWith([aProfile('p', 'Patient', [{ id: 'Patient.identifier.value', ...regex('a.b') }])]);
    expect(issuesOf(aPatient({ identifier: [{ value: 'a\nb' }] }), options)).to.deep.equal([]);
  });

  it('may stand on the type of the element', () => {
    const element = { id: 'Patient.identifier.value', type: [{ code: 'string', ...regex('\\d+') }] };
    const { issuesOf } = validatorWith([aProfile('p', 'Patient', [element])]);
    expect(issuesOf(aPatient({ identifier: [{ value: '12' }] }), options)).to.deep.equal([]);
    expect(issuesOf(aPatient({ identifier: [{ value: 'x' }] }), options)).to.deep.equal(['error value regex Patient.identifier[0].value']);
  });

  it('holds for numbers as they are written', () => {
    const elements = [
      { id: 'Observation.value[x]', type: [{ code: 'Quantity' }] },
      { id: 'Observation.value[x].value', ...regex('\\d+\\.\\d{2}') },
    ];
    const { issuesOfText } = validatorWith([aProfile('p', 'Observation', elements)]);
    const ofLiteral = (literal: string): readonly string[] =>
      issuesOfText(`{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":${literal}}}`, options);
    expect(ofLiteral('1.25')).to.deep.equal([]);
    expect(ofLiteral('1.10')).to.deep.equal([]);
    expect(ofLiteral('1.1')).to.deep.equal(['error value regex Observation.value.ofType(Quantity).value']);
    expect(ofLiteral('1')).to.deep.equal(['error value regex Observation.value.ofType(Quantity).value']);
  });

  it('is a warning, once, when it is no regular expression', () => {
    const { issuesOf } = validatorWith([aProfile('p', 'Patient', [{ id: 'Patient.identifier.value', ...regex('(') }])]);
    expect(issuesOf(aPatient({ identifier: [{ value: '1' }, { value: '2' }] }), options)).to.deep.equal([
      'warning not-supported regex Patient.identifier[0].value',
    ]);
  });

  it('says nothing of a primitive without value', () => {
    const { issuesOf } = validatorWith([aProfile('p', 'Patient', [{ id: 'Patient.birthDate', ...regex('\\d{4}') }])]);
    const extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }];
    expect(issuesOf({ resourceType: 'Patient', _birthDate: { extension } }, options)).to.deep.equal([]);
  });
});
