import { expect } from 'chai';
import type { JsonObject, JsonValue } from '../../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../../support/resources.js';
import {
  aProfile,
  issuesByDifferential as check,
  type DifferentialElement,
  profileUrl,
  validatorWith,
} from '../../../support/validator-fixture.js';

describe('fixed[x]', () => {
  it('says what is there and what must be, and which profile says so', () => {
    const profile = aProfile('p', 'Patient', [{ id: 'Patient.gender', fixedCode: 'female' }]);
    const [issue, ...others] = validatorWith([profile]).validate(aPatient({ gender: 'male' }), { profiles: [profileUrl('p')] });
    expect(others).to.deep.equal([]);
    expect(issue).to.deep.include({
      severity: 'error',
      code: 'value',
      rule: 'fixed',
      expression: 'Patient.gender',
      definition: `${profileUrl('p')}|1.0.0`,
      diagnostics: "The value 'male' is not the fixed one: it must be exactly 'female' (Patient.gender)",
    });
  });

  it('holds for every kind of primitive, and for none that is absent', () => {
    const cases: readonly (readonly [DifferentialElement, JsonObject, JsonObject])[] = [
      [{ id: 'Patient.active', fixedBoolean: false }, { active: false }, { active: true }],
      [{ id: 'Patient.birthDate', fixedDate: '1990' }, { birthDate: '1990' }, { birthDate: '1990-01' }],
      [{ id: 'Patient.multipleBirth[x]', fixedInteger: 0 }, { multipleBirthInteger: 0 }, { multipleBirthInteger: 1 }],
      [{ id: 'Patient.language', fixedCode: 'en' }, { language: 'en' }, { language: 'en-NZ' }],
      [
        { id: 'Patient.implicitRules', fixedUri: 'http://x.example/A' },
        { implicitRules: 'http://x.example/A' },
        { implicitRules: 'http://x.example/a' },
      ],
    ];
    for (const [element, right, wrong] of cases) {
      const [property] = Object.keys(wrong) as [string];
      const expression = property === 'multipleBirthInteger' ? 'multipleBirth.ofType(integer)' : property;
      expect(check(aPatient({ birthDate: '1990', ...right }), element)).to.deep.equal([]);
      expect(check(aPatient({ birthDate: '1990', ...wrong }), element), element.id).to.deep.equal([
        `error value fixed Patient.${expression}`,
      ]);
      expect(check({ resourceType: 'Patient' }, element)).to.deep.equal([]);
    }
  });

  it('minds letter case, accents and white space', () => {
    for (const family of ['ngata', 'Ngāta', 'Ngata ', 'Nga\u0304ta']) {
      const issues = check(aPatient({ name: [{ family }] }), { id: 'Patient.name.family', fixedString: 'Ngata' });
      expect(
        issues.filter((issue) => issue.startsWith('error')),
        family,
      ).to.deep.equal(['error value fixed Patient.name[0].family']);
    }
  });

  it('leaves the extensions of a primitive free, but not its value out', () => {
    const extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }];
    const fixed = { id: 'Patient.birthDate', fixedDate: '1990' };
    expect(check({ resourceType: 'Patient', birthDate: '1990', _birthDate: { extension } }, fixed)).to.deep.equal([]);
    expect(check({ resourceType: 'Patient', _birthDate: { extension } }, fixed)).to.deep.equal(['error value fixed Patient.birthDate']);
  });

  it('takes decimals of one value as the same however they are written', () => {
    const { issuesOfText } = validatorWith([
      aProfile('p', 'Observation', [
        { id: 'Observation.value[x]', type: [{ code: 'Quantity' }] },
        { id: 'Observation.value[x].value', fixedDecimal: 1.5 },
      ]),
    ]);
    const text = (literal: string): string =>
      `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":${literal}}}`;
    expect(issuesOfText(text('1.5'), { profiles: [profileUrl('p')] })).to.deep.equal([]);
    expect(issuesOfText(text('1.50'), { profiles: [profileUrl('p')] })).to.deep.equal([]);
    expect(issuesOfText(text('1.51'), { profiles: [profileUrl('p')] })).to.deep.equal([
      'error value fixed Observation.value.ofType(Quantity).value',
    ]);
  });

  describe('of a complex type', () => {
    const fixed = {
      id: 'Observation.code',
      fixedCodeableConcept: {
        coding: [
          { system: 'http://x.example/s', code: 'a' },
          { system: 'http://x.example/s', code: 'b' },
        ],
        text: 't',
      },
    };
    const ofCode = (code: JsonValue): readonly string[] => check(anObservation({ code }), fixed);
    const [a, b] = fixed.fixedCodeableConcept.coding as readonly JsonObject[] as [JsonObject, JsonObject];

    it('holds when nothing is missing, other or more, whatever the order of properties', () => {
      expect(ofCode({ coding: [a, b], text: 't' })).to.deep.equal([]);
      expect(ofCode({ text: 't', coding: [{ code: 'a', system: 'http://x.example/s' }, b] })).to.deep.equal([]);
    });

    it('names the innermost element that differs', () => {
      expect(ofCode({ coding: [a, { ...b, code: 'c' }], text: 't' })).to.deep.equal(['error value fixed Observation.code.coding[1].code']);
      expect(ofCode({ coding: [a, b], text: 'T' })).to.deep.equal(['error value fixed Observation.code.text']);
    });

    it('says at the parent what is missing, as that has no place', () => {
      expect(ofCode({ coding: [a, b] })).to.deep.equal(['error value fixed Observation.code']);
      expect(ofCode({ coding: [a, { code: 'b' }], text: 't' })).to.deep.equal(['error value fixed Observation.code.coding[1]']);
      const profile = aProfile('p', 'Observation', [fixed]);
      const [issue] = validatorWith([profile]).validate(anObservation({ code: { coding: [a, b] } }), { profiles: [profileUrl('p')] });
      expect(issue?.diagnostics).to.equal("The value lacks 'text': it must be exactly 't' (Observation.code)");
    });

    it('refuses what stands beside the fixed value', () => {
      expect(ofCode({ coding: [a, { ...b, display: 'B' }], text: 't' })).to.deep.equal([
        'error value fixed Observation.code.coding[1].display',
      ]);
      expect(ofCode({ id: 'x', coding: [a, b], text: 't' })).to.deep.equal(['error value fixed Observation.code.id']);
      expect(ofCode({ coding: [a, b], text: 't', _text: { id: 'x' } })).to.deep.equal(['error value fixed Observation.code.text']);
    });

    it('minds the order and the number of items', () => {
      expect(ofCode({ coding: [b, a], text: 't' })).to.deep.equal([
        'error value fixed Observation.code.coding[0].code',
        'error value fixed Observation.code.coding[1].code',
      ]);
      expect(ofCode({ coding: [a], text: 't' })).to.deep.equal(['error value fixed Observation.code.coding']);
      expect(ofCode({ coding: [a, b, a], text: 't' })).to.deep.equal(['error value fixed Observation.code.coding']);
    });

    it('names what nobody knows at the parent', () => {
      expect(ofCode({ coding: [a, b], text: 't', 'a b': 1 })).to.deep.equal([
        'error structure unknown-element Observation.code',
        'error value fixed Observation.code',
      ]);
    });
  });

  it('names an element that differs in a choice by its type', () => {
    const fixed = { id: 'Patient.photo', fixedAttachment: { title: 't' } };
    expect(check(aPatient({ photo: [{ title: 'u' }] }), fixed)).to.deep.equal(['error value fixed Patient.photo[0].title']);
    const timing = { repeat: { boundsRange: { low: { value: 1 } } } };
    const request = {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'plan',
      code: { text: 'x' },
      subject: { reference: 'Patient/1' },
    };
    const other = { repeat: { boundsRange: { low: { value: 2 } } } };
    expect(check({ ...request, occurrenceTiming: other }, { id: 'ServiceRequest.occurrence[x]', fixedTiming: timing })).to.deep.equal([
      'error value fixed ServiceRequest.occurrence.ofType(Timing).repeat.bounds.ofType(Range).low.value',
    ]);
  });

  it('holds for each item of an array', () => {
    const fixed = { id: 'Patient.name.given', fixedString: 'Hine' };
    expect(check(aPatient({ name: [{ given: ['Hine', 'Mere'] }] }), fixed)).to.deep.equal(['error value fixed Patient.name[0].given[1]']);
  });
});
