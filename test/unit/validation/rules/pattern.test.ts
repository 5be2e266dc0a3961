import { expect } from 'chai';
import type { JsonObject, JsonValue } from '../../../../src/fhir/json.js';
import { hasPattern } from '../../../../src/fhir/json-pattern.js';
import { anObservation, aPatient } from '../../../support/resources.js';
import { aProfile, issuesByDifferential as check, profileUrl, validatorWith } from '../../../support/validator-fixture.js';

const SYSTEM = 'http://x.example/s';

describe('pattern[x]', () => {
  it('says what is there and what the pattern demands', () => {
    const profile = aProfile('p', 'Patient', [{ id: 'Patient.gender', patternCode: 'female' }]);
    const [issue, ...others] = validatorWith([profile]).validate(aPatient({ gender: 'male' }), { profiles: [profileUrl('p')] });
    expect(others).to.deep.equal([]);
    expect(issue).to.deep.include({
      severity: 'error',
      code: 'value',
      rule: 'pattern',
      expression: 'Patient.gender',
      definition: `${profileUrl('p')}|1.0.0`,
      diagnostics: "The value 'male' lacks what its pattern demands: 'female' (Patient.gender)",
    });
  });

  it('of a primitive is that value exactly, with extensions free', () => {
    const pattern = { id: 'Patient.birthDate', patternDate: '1990' };
    const extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }];
    expect(check(aPatient({ birthDate: '1990', _birthDate: { extension } }), pattern)).to.deep.equal([]);
    expect(check(aPatient({ birthDate: '1990-01' }), pattern)).to.deep.equal(['error value pattern Patient.birthDate']);
    expect(check({ resourceType: 'Patient' }, pattern)).to.deep.equal([]);
    expect(check({ resourceType: 'Patient', _birthDate: { extension } }, pattern)).to.deep.equal(['error value pattern Patient.birthDate']);
  });

  it('of a complex type lets anything else stand beside it', () => {
    const pattern = { id: 'Observation.code', patternCodeableConcept: { coding: [{ system: SYSTEM, code: 'a' }] } };
    const ofCode = (code: JsonValue): readonly string[] => check(anObservation({ code }), pattern);
    expect(ofCode({ coding: [{ system: SYSTEM, code: 'a', display: 'A', id: 'x' }], text: 't' })).to.deep.equal([]);
    expect(
      ofCode({
        coding: [
          { system: 'http://y.example', code: 'b' },
          { system: SYSTEM, code: 'a' },
        ],
      }),
    ).to.deep.equal([]);
    for (const code of [
      { coding: [{ system: SYSTEM, code: 'b' }] },
      { coding: [{ code: 'a' }] },
      { coding: [{ system: SYSTEM }, { code: 'a' }] },
      { text: 'a' },
    ]) {
      expect(ofCode(code), JSON.stringify(code)).to.deep.equal(['error value pattern Observation.code']);
    }
  });

  it('of several items finds each in some item, in any order, two of them in one if need be', () => {
    const pattern = {
      id: 'Observation.code',
      patternCodeableConcept: { coding: [{ system: SYSTEM }, { code: 'b' }] },
    };
    const ofCoding = (...coding: JsonObject[]): readonly string[] => check(anObservation({ code: { coding } }), pattern);
    expect(ofCoding({ code: 'b', system: 'http://y.example' }, { system: SYSTEM, code: 'a' })).to.deep.equal([]);
    expect(ofCoding({ system: SYSTEM, code: 'b' })).to.deep.equal([]);
    expect(ofCoding({ system: SYSTEM, code: 'a' })).to.deep.equal(['error value pattern Observation.code']);
  });

  it('looks into companions that the pattern has', () => {
    const reason = { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' };
    const pattern = { id: 'Patient.identifier', patternIdentifier: { _value: { extension: [reason] } } };
    const ofIdentifier = (identifier: JsonObject): readonly string[] => check(aPatient({ identifier: [identifier] }), pattern);
    expect(ofIdentifier({ system: SYSTEM, _value: { extension: [reason] } })).to.deep.equal([]);
    expect(ofIdentifier({ value: '1', _value: { id: 'x', extension: [reason] } })).to.deep.equal([]);
    expect(ofIdentifier({ value: '1' })).to.deep.equal(['error value pattern Patient.identifier[0]']);
    expect(ofIdentifier({ _value: { extension: [{ ...reason, valueCode: 'unknown' }] } })).to.deep.equal([
      'error value pattern Patient.identifier[0]',
    ]);
  });

  it('holds for each item of an array', () => {
    const pattern = { id: 'Patient.identifier', patternIdentifier: { use: 'official' } };
    expect(check(aPatient({ identifier: [{ use: 'official' }, { use: 'old' }, { value: '1' }] }), pattern)).to.deep.equal([
      'error value pattern Patient.identifier[1]',
      'error value pattern Patient.identifier[2]',
    ]);
  });

  it('replaces a pattern of the base when a profile narrows it', () => {
    const { issuesOf } = validatorWith([
      aProfile('a', 'Patient', [{ id: 'Patient.identifier', patternIdentifier: { use: 'official' } }]),
      aProfile('b', 'Patient', [{ id: 'Patient.identifier', patternIdentifier: { use: 'official', system: SYSTEM } }], {
        baseDefinition: profileUrl('a'),
      }),
    ]);
    const ofB = (identifier: JsonObject) => issuesOf(aPatient({ identifier: [identifier] }), { profiles: [profileUrl('b')] });
    expect(ofB({ use: 'official', system: SYSTEM })).to.deep.equal([]);
    expect(ofB({ use: 'official' })).to.deep.equal(['error value pattern Patient.identifier[0]']);
  });

  it('is not met by values of another JSON type', () => {
    const cases: readonly (readonly [JsonValue | undefined, JsonValue])[] = [
      [undefined, 'a'],
      [undefined, {}],
      [1, '1'],
      ['1', 1],
      [true, 'true'],
      [[], {}],
      [{}, []],
      ['a', ['a']],
      [['a'], 'a'],
      [null, {}],
    ];
    for (const [value, pattern] of cases) expect(hasPattern(value, pattern), JSON.stringify([value, pattern])).to.equal(false);
    expect(hasPattern({ a: 1 }, {})).to.equal(true);
    expect(hasPattern([1], [])).to.equal(true);
  });
});
