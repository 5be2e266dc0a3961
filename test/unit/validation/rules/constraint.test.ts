import { expect } from 'chai';
import { compileConstraints } from '../../../../src/validation/compile/rules/constraint.js';
import { anObservation, aPatient } from '../../../support/resources.js';
import { aProfile, profileUrl, type ValidatorFixture, validatorWith } from '../../../support/validator-fixture.js';

const BEST_PRACTICE = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice';
const options = { profiles: [profileUrl('p')] };

function constrained(elementId: string, expression: string, more: object = {}): ValidatorFixture {
  const constraint = [{ key: 'x-1', severity: 'error', human: 'It must hold', expression, ...more }];
  return validatorWith([aProfile('p', elementId.split('.')[0] as string, [{ id: elementId, constraint }])]);
}

describe('constraint', () => {
  it('is an issue with the key as its rule and the text that people read', () => {
    const { validate } = constrained('Patient.name', "family.exists() and family != ''");
    const [issue, ...others] = validate(aPatient({ name: [{ family: 'a' }, { text: 'b' }] }), options);
    expect(others).to.deep.equal([]);
    expect(issue).to.deep.include({
      severity: 'error',
      code: 'invariant',
      rule: 'x-1',
      expression: 'Patient.name[1]',
      definition: `${profileUrl('p')}|1.0.0`,
      diagnostics: 'x-1: It must hold',
    });
  });

  it('has the severity that the definition gives it', () => {
    const { issuesOf } = constrained('Patient', 'gender.exists()', { severity: 'warning' });
    expect(issuesOf(aPatient(), options)).to.deep.equal(['warning invariant x-1 Patient']);
    expect(issuesOf(aPatient({ gender: 'male' }), options)).to.deep.equal([]);
  });

  it('that gives nothing does not hold, as with the reference validator', () => {
    expect(constrained('Patient', "gender = 'male'").issuesOf(aPatient(), options)).to.deep.equal(['error invariant x-1 Patient']);
    expect(constrained('Patient', '{}').issuesOf(aPatient(), options)).to.deep.equal(['error invariant x-1 Patient']);
  });

  it('is not asked of an element that is absent', () => {
    expect(constrained('Patient.gender', 'false').issuesOf(aPatient(), options)).to.deep.equal([]);
    expect(constrained('Patient.contact', 'false').issuesOf(aPatient(), options)).to.deep.equal([]);
  });

  it('without an expression is for people', () => {
    expect(compileConstraints({ path: 'Patient', constraint: [{ key: 'x-1', severity: 'error', human: 'a' }] })).to.deep.equal([]);
  });

  it('is asked of primitives with their extensions, and of those without a value', () => {
    const { issuesOf } = constrained('Patient.birthDate', 'extension.exists() or $this.toString().length() = 4');
    const extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }];
    expect(issuesOf(aPatient({ birthDate: '1990' }), options)).to.deep.equal([]);
    expect(issuesOf(aPatient({ birthDate: '1990-01-01' }), options)).to.deep.equal(['error invariant x-1 Patient.birthDate']);
    expect(issuesOf(aPatient({ birthDate: '1990-01-01', _birthDate: { extension } }), options)).to.deep.equal([]);
    expect(issuesOf({ resourceType: 'Patient', _birthDate: { extension } }, options)).to.deep.equal([]);
  });

  it('is asked of every type of a choice', () => {
    const { issuesOf } = constrained('Observation.value[x]', '$this is Quantity');
    expect(issuesOf(anObservation({ valueQuantity: { value: 1 } }), options)).to.deep.equal([]);
    expect(issuesOf(anObservation({ valueString: 'a' }), options)).to.deep.equal(['error invariant x-1 Observation.value.ofType(string)']);
  });

  it('knows %resource and %rootResource', () => {
    const contained = [{ resourceType: 'Organization', id: 'o', name: 'x' }];
    const resource = aPatient({ contained, managingOrganization: { reference: '#o' } });
    const inContained = validatorWith([
      aProfile('p', 'Patient', [{ id: 'Patient.contained', type: [{ code: 'Organization', profile: [profileUrl('o')] }] }]),
      aProfile('o', 'Organization', [
        {
          id: 'Organization.name',
          constraint: [
            { key: 'x-1', severity: 'error', human: 'a', expression: '%resource is Organization' },
            { key: 'x-2', severity: 'error', human: 'b', expression: '%rootResource is Patient' },
            { key: 'x-3', severity: 'error', human: 'c', expression: "%resource.name = 'y'" },
          ],
        },
      ]),
    ]);
    expect(inContained.issuesOf(resource, options)).to.deep.equal(['error invariant x-3 Patient.contained[0].name']);
  });

  describe('that is a best practice', () => {
    const profile = aProfile('p', 'Patient', [
      {
        id: 'Patient',
        constraint: [
          {
            extension: [{ url: BEST_PRACTICE, valueBoolean: true }],
            key: 'x-1',
            severity: 'warning',
            human: 'Better so',
            expression: 'gender.exists()',
          },
        ],
      },
    ]);

    it('is not asked unless it is wanted', () => {
      expect(validatorWith([profile]).issuesOf(aPatient(), options)).to.deep.equal([]);
      expect(validatorWith().issuesOf(aPatient())).to.deep.equal([]);
    });

    it('counts where it is wanted', () => {
      const wanted = validatorWith([profile], { bestPractice: true });
      expect(wanted.issuesOf(aPatient(), options)).to.deep.equal(['warning invariant dom-6 Patient', 'warning invariant x-1 Patient']);
    });
  });

  describe('that cannot be evaluated', () => {
    it('is reported as such with the expression, and refuses nothing more than the constraint would', () => {
      for (const expression of ['gender.nonsense(1)', 'gender..exists()', '(']) {
        const { validate } = constrained('Patient', expression);
        const [issue, ...others] = validate(aPatient({ gender: 'male' }), options);
        expect(others, expression).to.deep.equal([]);
        expect(issue).to.deep.include({ severity: 'error', code: 'exception', rule: 'x-1', expression: 'Patient' });
        expect(issue?.diagnostics).to.contain(expression);
      }
    });

    it('is reported where it fails when run', () => {
      const { issuesOf } = constrained('Patient', 'name.single().exists()', { severity: 'warning' });
      expect(issuesOf(aPatient({ name: [{ text: 'a' }] }), options)).to.deep.equal([]);
      expect(issuesOf(aPatient({ name: [{ text: 'a' }, { text: 'b' }] }), options)).to.deep.equal(['warning exception x-1 Patient']);
    });
  });

  it('of the base is asked once, though a profile repeats it', () => {
    const { issuesOf } = validatorWith([
      aProfile('p', 'Patient', [{ id: 'Patient.contact', min: 1 }]),
      aProfile('q', 'Patient', [{ id: 'Patient.contact.gender', min: 1 }]),
    ]);
    const resource = aPatient({ contact: [{ gender: 'male' }] });
    expect(issuesOf(resource, { profiles: [profileUrl('p'), profileUrl('q')] })).to.deep.equal([
      'error invariant pat-1 Patient.contact[0]',
    ]);
  });

  it('of a type is asked where a profile goes into the type', () => {
    const { issuesOf } = validatorWith([aProfile('p', 'Observation', [{ id: 'Observation.referenceRange.low.value', min: 0 }])]);
    const range = { low: { value: 1, code: 'x' } };
    expect(issuesOf(anObservation({ referenceRange: [range] }), options)).to.deep.equal([
      'error invariant qty-3 Observation.referenceRange[0].low',
    ]);
    const period = { start: '2020', end: '2019' };
    expect(issuesOf(anObservation({ effectivePeriod: period }))).to.deep.equal([
      'error invariant per-1 Observation.effective.ofType(Period)',
    ]);
  });

  it('is held beside one of its base with the same key', () => {
    const constraint = (expression: string) => [{ key: 'x-1', severity: 'error', human: 'a', expression }];
    const { issuesOf } = validatorWith([
      aProfile('a', 'Patient', [{ id: 'Patient', constraint: constraint('false') }]),
      aProfile('b', 'Patient', [{ id: 'Patient', constraint: constraint('true') }], { baseDefinition: profileUrl('a') }),
    ]);
    expect(issuesOf(aPatient(), { profiles: [profileUrl('a')] })).to.deep.equal(['error invariant x-1 Patient']);
    expect(issuesOf(aPatient(), { profiles: [profileUrl('b')] })).to.deep.equal(['error invariant x-1 Patient']);
  });

  it('may ask whether a code is in a value set or a resource conforms', () => {
    const { issuesOf } = constrained('Patient.gender', "memberOf('http://hl7.org/fhir/ValueSet/administrative-gender')");
    expect(issuesOf(aPatient({ gender: 'male' }), options)).to.deep.equal([]);
    const conforms = constrained('Patient', "conformsTo('http://hl7.org/fhir/StructureDefinition/Patient')");
    expect(conforms.issuesOf(aPatient(), options)).to.deep.equal([]);
    const other = constrained('Patient', "conformsTo('http://hl7.org/fhir/StructureDefinition/Group')");
    expect(other.issuesOf(aPatient(), options)).to.deep.equal(['error invariant x-1 Patient']);
  });
});
