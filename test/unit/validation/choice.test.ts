import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { aProfile, issuesByDifferential as check, profileUrl, validatorWith } from '../../support/validator-fixture.js';

const base = validatorWith();

describe('Choice types', () => {
  it('may be given once, whatever types the two have and in whichever order they stand', () => {
    const first = base.validate(anObservation({ valueString: 'a', valueInteger: 1 }));
    expect(first).to.have.length(1);
    expect(first[0]).to.deep.include({
      severity: 'error',
      code: 'structure',
      rule: 'choice',
      expression: 'Observation',
      diagnostics: "Only one type may be given for Observation.value[x]: there are 'valueString' and 'valueInteger'",
    });
    expect(base.issuesOf(anObservation({ valueInteger: 1, valueString: 'a' }))).to.deep.equal(['error structure choice Observation']);
  });

  it('are counted with companions', () => {
    const extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }];
    expect(base.issuesOf(anObservation({ valueString: 'a', _valueString: { extension } }))).to.deep.equal([]);
    expect(base.issuesOf(anObservation({ _valueString: { extension } }))).to.deep.equal([]);
    expect(base.issuesOf(anObservation({ valueInteger: 1, _valueString: { extension } }))).to.deep.equal([
      'error structure choice Observation',
    ]);
    expect(base.issuesOf(anObservation({ _valueBoolean: { extension }, _valueString: { extension } }))).to.deep.equal([
      'error structure choice Observation',
    ]);
  });

  it('are told apart where an object has two of them', () => {
    const both = anObservation({ effectiveDateTime: '2024', valueString: 'a', effectivePeriod: { start: '2024' }, valueInteger: 1 });
    const issues = base.validate(both);
    expect(issues.map(({ rule, expression }) => [rule, expression])).to.deep.equal([
      ['choice', 'Observation'],
      ['choice', 'Observation'],
    ]);
    expect(issues.map(({ diagnostics }) => diagnostics)).to.deep.equal([
      "Only one type may be given for Observation.effective[x]: there are 'effectiveDateTime' and 'effectivePeriod'",
      "Only one type may be given for Observation.value[x]: there are 'valueString' and 'valueInteger'",
    ]);
  });

  it('hold each type against its own definition', () => {
    expect(base.issuesOf(anObservation({ valueQuantity: { value: 'a' } }))).to.deep.equal([
      'error structure json-type Observation.value.ofType(Quantity).value',
    ]);
    expect(base.issuesOf(anObservation({ valueDateTime: 'a' }))).to.deep.equal([
      'error value type-dateTime Observation.value.ofType(dateTime)',
    ]);
    expect(base.issuesOf(aPatient({ multipleBirthBoolean: 1 }))).to.deep.equal([
      'error structure json-type Patient.multipleBirth.ofType(boolean)',
    ]);
  });

  describe('that a profile narrows', () => {
    const narrowed = { id: 'Observation.value[x]', type: [{ code: 'Quantity' }, { code: 'string' }] };

    it('refuse the types that were taken away, where they stand', () => {
      const profile = aProfile('p', 'Observation', [narrowed]);
      const [issue, ...others] = validatorWith([profile]).validate(anObservation({ valueBoolean: true }), { profiles: [profileUrl('p')] });
      expect(others).to.deep.equal([]);
      expect(issue).to.deep.include({
        severity: 'error',
        code: 'structure',
        rule: 'type',
        expression: 'Observation.value.ofType(boolean)',
        definition: `${profileUrl('p')}|1.0.0`,
        diagnostics: 'The type boolean is not allowed for Observation.value[x]: use Quantity, string',
      });
      expect(check(anObservation({ valueString: 'a' }), narrowed)).to.deep.equal([]);
    });

    it('are told by the name that a differential gives them: valueQuantity', () => {
      const elements = [{ id: 'Observation.value[x]', path: 'Observation.valueQuantity', type: [{ code: 'Quantity' }], min: 1 }];
      expect(check(anObservation({ valueQuantity: { value: 1 } }), ...elements)).to.deep.equal([]);
      expect(check(anObservation({ valueString: 'a' }), ...elements)).to.deep.equal([
        'error structure type Observation.value.ofType(string)',
      ]);
      expect(check(anObservation(), ...elements)).to.deep.equal(['error required cardinality-min Observation']);
    });

    it('keep the other types when one is sliced without closing', () => {
      const elements = [
        {
          id: 'Observation.value[x]',
          slicing: { discriminator: [{ type: 'type', path: '$this' }], ordered: false, rules: 'open' },
        },
        { id: 'Observation.value[x]:valueQuantity', min: 0, max: '1', type: [{ code: 'Quantity' }] },
        { id: 'Observation.value[x]:valueQuantity.code', min: 1 },
      ];
      expect(check(anObservation({ valueString: 'a' }), ...elements)).to.deep.equal([]);
      expect(check(anObservation({ valueQuantity: { value: 1 } }), ...elements)).to.deep.equal([
        'error required cardinality-min Observation.value.ofType(Quantity)',
      ]);
      expect(check(anObservation(), ...elements)).to.deep.equal([]);
    });

    it('refuse other types when the slicing is closed', () => {
      const elements = [
        {
          id: 'Observation.value[x]',
          slicing: { discriminator: [{ type: 'type', path: '$this' }], ordered: false, rules: 'closed' },
        },
        { id: 'Observation.value[x]:valueQuantity', type: [{ code: 'Quantity' }] },
      ];
      expect(check(anObservation({ valueQuantity: { value: 1 } }), ...elements)).to.deep.equal([]);
      expect(check(anObservation({ valueString: 'a' }), ...elements)).to.deep.equal([
        'error structure slicing-closed Observation.value.ofType(string)',
      ]);
    });

    it('demand a required slice when no value is there, and when one of another type is', () => {
      const elements = [
        {
          id: 'Observation.value[x]',
          slicing: { discriminator: [{ type: 'type', path: '$this' }], ordered: false, rules: 'open' },
        },
        { id: 'Observation.value[x]:valueQuantity', min: 1, type: [{ code: 'Quantity' }] },
      ];
      expect(check(anObservation({ valueQuantity: { value: 1 } }), ...elements)).to.deep.equal([]);
      expect(check(anObservation(), ...elements)).to.deep.equal(['error required cardinality-min Observation']);
      expect(check(anObservation({ valueString: 'a' }), ...elements)).to.deep.equal(['error required cardinality-min Observation']);
    });
  });

  it('of which a differential names one by its type refuse others with one issue', () => {
    const issues = check(anObservation({ valueString: 'a' }), [{ id: 'Observation.valueQuantity', type: [{ code: 'Quantity' }] }]);
    expect(issues).to.deep.equal(['error structure type Observation.value.ofType(string)']);
  });

  it('take subtypes by their own name only: an Age is no Quantity', () => {
    expect(base.issuesOf({ ...condition(), onsetAge: { value: 4, system: 'http://unitsofmeasure.org', code: 'a' } })).to.deep.equal([
      'information not-supported binding-unchecked Condition.onset.ofType(Age)',
    ]);
    expect(base.issuesOf({ ...condition(), onsetQuantity: { value: 4 } })).to.deep.equal(['error structure unknown-element Condition']);
  });
});

function condition(): JsonObject {
  return {
    resourceType: 'Condition',
    subject: { reference: 'Patient/1' },
    code: { text: 'x' },
    clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] },
  };
}
