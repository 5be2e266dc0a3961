import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import {
  aCodeSystem,
  aProfile,
  aValueSet,
  type DifferentialElement,
  profileUrl,
  R4_TYPES,
  slicing,
  validatorWith,
} from '../../support/validator-fixture.js';

const ADDRESS_USE = 'http://hl7.org/fhir/ValueSet/address-use';
const GENDER = 'http://hl7.org/fhir/ValueSet/administrative-gender';

/** Errors of a Patient that claims the last of the profiles, and what is said of the claim. */
function found(patient: JsonObject, ...profiles: readonly JsonObject[]): readonly string[] {
  const { validate } = validatorWith(profiles);
  const claim = String(profiles.at(-1)?.['url']);
  return validate({ resourceType: 'Patient', meta: { profile: [claim] }, ...patient }).map(
    ({ severity, rule, expression }) => `${severity} ${rule} ${expression}`,
  );
}

const upon = (base: string, ...elements: readonly DifferentialElement[]): JsonObject =>
  aProfile('derived', 'Patient', elements, { baseDefinition: profileUrl(base) });
const base = (...elements: readonly DifferentialElement[]): JsonObject => aProfile('base', 'Patient', elements);
const FAULTY = 'warning profile-faulty Patient.meta.profile[0]';

describe('A profile that asks for less than its base', () => {
  it('leaves the strength of bindings and the targets of references as they are, and says so', () => {
    const reference = { code: 'Reference', targetProfile: [`${R4_TYPES}Practitioner`] };
    const weak = aProfile('weak', 'Patient', [
      { id: 'Patient.gender', binding: { strength: 'example', valueSet: GENDER } },
      { id: 'Patient.managingOrganization', type: [reference] },
    ]);
    const patient = { gender: 'zz', managingOrganization: { reference: 'Practitioner/1' } };
    expect(found(patient, weak)).to.have.members([
      FAULTY,
      FAULTY,
      'error binding Patient.gender',
      'error reference-target Patient.managingOrganization',
    ]);
    const { validate } = validatorWith([weak]);
    const [first, second] = validate({ resourceType: 'Patient', meta: { profile: [profileUrl('weak')] } });
    expect(first?.diagnostics).to.equal(
      `The profile ${profileUrl('weak')}|1.0.0 of package loose#0 has a fault at Patient.gender: binding strength example is weaker ` +
        'than the required of what it constrains; instead, what it is built upon holds there',
    );
    expect(second?.diagnostics).to.include(`the target ${R4_TYPES}Practitioner is none of what it constrains, ${R4_TYPES}Organization`);
  });

  it('holds the value set that it replaces beside its own', () => {
    const other = { strength: 'required', valueSet: ADDRESS_USE };
    expect(found({ gender: 'home' }, aProfile('p', 'Patient', [{ id: 'Patient.gender', binding: other }]))).to.deep.equal([
      'error binding Patient.gender',
    ]);
    const few = aValueSet('few', [{ system: 'http://hl7.org/fhir/administrative-gender', concept: [{ code: 'male' }] }]);
    const narrow = aProfile('p', 'Patient', [{ id: 'Patient.gender', binding: { strength: 'required', valueSet: String(few['url']) } }]);
    expect(found({ gender: 'male' }, few, narrow)).to.deep.equal([]);
    expect(found({ gender: 'female' }, few, narrow)).to.deep.equal(['error binding Patient.gender']);
  });

  it('keeps cardinality, lengths, values, and the rules of slicings', () => {
    const id = 'Patient.identifier';
    const cases: readonly [JsonObject, DifferentialElement, DifferentialElement, string][] = [
      [{}, { id: 'Patient.name', min: 1 }, { id: 'Patient.name', min: 0 }, 'error cardinality-min Patient'],
      [{}, { id: 'Patient.name', min: 1 }, { id: 'Patient.name', max: '0' }, 'error cardinality-min Patient'],
      [
        { name: [{ text: 'a' }, { text: 'b' }] },
        { id: 'Patient.name', max: '1' },
        { id: 'Patient.name', max: '2' },
        'error cardinality-max Patient',
      ],
      [
        { language: 'en-NZ' },
        { id: 'Patient.language', maxLength: 3 },
        { id: 'Patient.language', maxLength: 10 },
        'error maxLength Patient.language',
      ],
      [
        { maritalStatus: { text: 'b' } },
        { id: 'Patient.maritalStatus', patternCodeableConcept: { text: 'a' } },
        { id: 'Patient.maritalStatus', patternCodeableConcept: { text: 'b' } },
        'error pattern Patient.maritalStatus',
      ],
      [
        { maritalStatus: { text: 'a' } },
        { id: 'Patient.maritalStatus', fixedCodeableConcept: { text: 'a', coding: [{ code: 'x' }] } },
        { id: 'Patient.maritalStatus', patternCodeableConcept: { text: 'b' } },
        'error fixed Patient.maritalStatus',
      ],
      [
        { active: true },
        { id: 'Patient.active', fixedBoolean: false },
        { id: 'Patient.active', fixedBoolean: true },
        'error fixed Patient.active',
      ],
    ];
    for (const [patient, strict, weak, expected] of cases) {
      const issues = found(patient, base(strict), upon('base', weak));
      expect(issues, JSON.stringify(weak)).to.include(FAULTY);
      expect(issues, JSON.stringify(weak)).to.include(expected);
    }
    const sliced = [slicing(id, [['value', 'system']], { rules: 'closed' }), { id: `${id}:a`, min: 1, max: '1' }];
    const strict = base(...sliced, { id: `${id}:a.system`, fixedUri: 'urn:a' });
    const [a, b] = [
      { system: 'urn:a', value: '1' },
      { system: 'urn:b', value: '1' },
    ];
    const open = upon('base', slicing(id, [['value', 'system']], { rules: 'open' }));
    expect(found({ identifier: [a, b] }, strict, open)).to.deep.equal([FAULTY, 'error slicing-closed Patient.identifier[1]']);
    const another = upon('base', { id: `${id}:b` }, { id: `${id}:b.system`, fixedUri: 'urn:b' });
    expect(found({ identifier: [a, b] }, strict, another))
      .to.include('error slicing-closed Patient.identifier[1]')
      .and.include(FAULTY);
    expect(found({}, strict, upon('base', { id: `${id}:a`, min: 0 }))).to.deep.equal([FAULTY, 'error cardinality-min Patient']);
    expect(found({ identifier: [a, a] }, strict, upon('base', { id: `${id}:a`, max: '2' }))).to.include('error cardinality-max Patient');
    // what only asks for more is no fault
    expect(found({ identifier: [a] }, strict, upon('base', { id: `${id}:a.value`, min: 1 }))).to.deep.equal([]);
  });

  it('holds patterns of the base beside others that do not contradict them, and constraints whose key it gives to others', () => {
    const pattern = (coding: string): DifferentialElement => ({
      id: 'Patient.maritalStatus',
      patternCodeableConcept: { coding: [{ code: coding }] },
    });
    const marital = (...codes: readonly string[]): JsonObject => ({ maritalStatus: { coding: codes.map((code) => ({ code })) } });
    expect(found(marital('b'), base(pattern('a')), upon('base', pattern('b')))).to.include('error pattern Patient.maritalStatus');
    expect(
      found(marital('a', 'b'), base(pattern('a')), upon('base', pattern('b'))).filter((issue) => issue.startsWith('error')),
    ).to.deep.equal([]);
    const constraint = (expression: string): DifferentialElement => ({
      id: 'Patient',
      constraint: [{ key: 'c-1', severity: 'error', human: expression, expression }],
    });
    expect(found({}, base(constraint('active.exists()')), upon('base', constraint('true')))).to.deep.equal(['error c-1 Patient']);
  });

  it('is held with its base wherever it is asked for, whatever snapshot it brings', () => {
    const weaken = ({ differential, ...rest }: JsonObject): JsonObject => ({ ...rest, snapshot: differential ?? null });
    const bare = weaken(aProfile('bare', 'Patient', [{ id: 'Patient' }]));
    expect(found({ gender: 'zz', nonsense: 1 }, bare)).to.include.members(['error binding Patient.gender']);
    const name = aProfile('name', 'HumanName', [{ id: 'HumanName.use', binding: { strength: 'required', valueSet: ADDRESS_USE } }]);
    const p = aProfile('p', 'Patient', [{ id: 'Patient.name', type: [{ code: 'HumanName', profile: [profileUrl('name')] }] }]);
    expect(found({ name: [{ use: 'home' }] }, name, p)).to.deep.equal(['error binding Patient.name[0].use']);
  });

  it('is held alone where it holds all that its base says', () => {
    const system = aCodeSystem('c', ['x']);
    const strict = upon('base', { id: 'Patient.name', min: 2 }, { id: 'Patient.generalPractitioner', max: '1' });
    expect(found({}, system, base({ id: 'Patient.name', min: 1 }), strict)).to.deep.equal(['error cardinality-min Patient']);
  });
});
