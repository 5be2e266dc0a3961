import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import {
  aCodeSystem,
  anExtension,
  aProfile,
  aValueSet,
  type DifferentialElement,
  profileUrl,
  TEST_BASE,
  validatorWith,
} from '../../support/validator-fixture.js';

/** Profiles a, b, c … each built on the one before it. */
function chain(type: string, ...differentials: readonly (readonly DifferentialElement[])[]): JsonObject[] {
  return differentials.map((elements, index) => {
    const base = index === 0 ? {} : { baseDefinition: profileUrl(letter(index - 1)) };
    return aProfile(letter(index), type, elements, base);
  });
}

function letter(index: number): string {
  return String.fromCharCode(97 + index);
}

/** What the last profile of the chain finds. */
function lastFinds(definitions: readonly JsonObject[], resource: JsonObject, ...others: readonly JsonObject[]): readonly string[] {
  const last = definitions.at(-1) as JsonObject;
  return validatorWith([...definitions, ...others]).issuesOf(resource, { profiles: [String(last['url'])] });
}

const COLOURS = `${TEST_BASE}/CodeSystem/colours`;

describe('Profiles built on profiles', () => {
  it('narrow the types of a choice step by step', () => {
    const profiles = chain(
      'Observation',
      [{ id: 'Observation.value[x]', type: [{ code: 'Quantity' }, { code: 'string' }, { code: 'integer' }] }],
      [{ id: 'Observation.value[x]', type: [{ code: 'Quantity' }, { code: 'string' }] }],
      [
        { id: 'Observation.value[x]', type: [{ code: 'Quantity' }] },
        { id: 'Observation.value[x].unit', min: 1 },
      ],
      [{ id: 'Observation.value[x].unit', fixedString: 'kg' }],
    );
    expect(lastFinds(profiles, anObservation({ valueQuantity: { unit: 'kg' } }))).to.deep.equal([]);
    expect(lastFinds(profiles, anObservation({ valueString: 'a' }))).to.deep.equal([
      'error structure type Observation.value.ofType(string)',
    ]);
    expect(lastFinds(profiles, anObservation({ valueQuantity: { value: 1 } }))).to.deep.equal([
      'error required cardinality-min Observation.value.ofType(Quantity)',
    ]);
    expect(lastFinds(profiles, anObservation({ valueQuantity: { unit: 'g' } }))).to.deep.equal([
      'error value fixed Observation.value.ofType(Quantity).unit',
    ]);
    expect(lastFinds(profiles.slice(0, 2), anObservation({ valueInteger: 1 }))).to.deep.equal([
      'error structure type Observation.value.ofType(integer)',
    ]);
  });

  it('tighten a binding, in strength and in value set', () => {
    const colours = aCodeSystem('colours', ['red', 'green']);
    const all = aValueSet('all', [{ system: COLOURS }]);
    const warm = aValueSet('warm', [{ system: COLOURS, concept: [{ code: 'red' }] }]);
    const bound = (strength: string, valueSet: string): DifferentialElement[] => [
      { id: 'Observation.code', binding: { strength, valueSet: `${TEST_BASE}/ValueSet/${valueSet}` } },
    ];
    const profiles = chain('Observation', bound('extensible', 'all'), bound('required', 'all'), bound('required', 'warm'));
    const of = (count: number, code: string): readonly string[] =>
      lastFinds(profiles.slice(0, count), anObservation({ code: { coding: [{ system: COLOURS, code }] } }), colours, all, warm);
    expect(of(3, 'red')).to.deep.equal([]);
    expect(of(3, 'green')).to.deep.equal(['error code-invalid binding Observation.code']);
    expect(of(2, 'green')).to.deep.equal([]);
    expect(of(1, 'green')).to.deep.equal([]);
  });

  it('go into slices of their base, add slices, and close the slicing', () => {
    const profiles = chain(
      'Patient',
      [
        { id: 'Patient.identifier', slicing: { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' } },
        { id: 'Patient.identifier:a' },
        { id: 'Patient.identifier:a.system', min: 1, fixedUri: 'urn:a' },
      ],
      [
        { id: 'Patient.identifier:a', min: 1 },
        { id: 'Patient.identifier:a.value', min: 1 },
        { id: 'Patient.identifier:b', max: '1' },
        { id: 'Patient.identifier:b.system', min: 1, fixedUri: 'urn:b' },
      ],
      [
        { id: 'Patient.identifier', slicing: { discriminator: [{ type: 'value', path: 'system' }], rules: 'closed' } },
        { id: 'Patient.identifier:a.value', maxLength: 2 },
      ],
    );
    const of = (...identifier: JsonObject[]): readonly string[] => lastFinds(profiles, aPatient({ identifier }));
    const a = (value: string): JsonObject => ({ system: 'urn:a', value });
    const b = { system: 'urn:b', value: '1' };
    expect(of(a('1'), b)).to.deep.equal([]);
    expect(of(b)).to.deep.equal(['error required cardinality-min Patient']);
    expect(of({ system: 'urn:a' })).to.deep.equal(['error required cardinality-min Patient.identifier[0]']);
    expect(of(a('123'))).to.deep.equal(['error too-long maxLength Patient.identifier[0].value']);
    expect(of(a('1'), b, b)).to.deep.equal(['error structure cardinality-max Patient']);
    expect(of(a('1'), { system: 'urn:c', value: '1' })).to.deep.equal(['error structure slicing-closed Patient.identifier[1]']);
    expect(lastFinds(profiles.slice(0, 2), aPatient({ identifier: [a('123'), { system: 'urn:c', value: '1' }] }))).to.deep.equal([]);
  });

  it('gather constraints, extensions and cardinalities of all', () => {
    const constraint = (key: string, expression: string) => [{ key, severity: 'error', human: key, expression }];
    const sliced = { id: 'Patient.extension', slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' } };
    const profiles = chain(
      'Patient',
      [
        { id: 'Patient', constraint: constraint('a-1', 'gender.exists()') },
        sliced,
        { id: 'Patient.extension:a', min: 1, type: [{ code: 'Extension', profile: [profileUrl('ext-a')] }] },
      ],
      [
        { id: 'Patient', constraint: constraint('b-1', 'birthDate.exists()') },
        { id: 'Patient.extension:b', min: 1, type: [{ code: 'Extension', profile: [profileUrl('ext-b')] }] },
      ],
      [
        { id: 'Patient', constraint: constraint('c-1', 'name.exists()') },
        { id: 'Patient.photo', max: '0' },
      ],
    );
    const found = lastFinds(
      profiles,
      { resourceType: 'Patient', photo: [{ title: 'x' }] },
      anExtension('ext-a', ['string']),
      anExtension('ext-b', ['string']),
    );
    expect(found).to.have.members([
      'error structure cardinality-max Patient',
      'error required cardinality-min Patient',
      'error required cardinality-min Patient',
      'error invariant a-1 Patient',
      'error invariant b-1 Patient',
      'error invariant c-1 Patient',
    ]);
  });

  it('find their base in the version that they name', () => {
    const base = (version: string, element: string): JsonObject =>
      aProfile('base', 'Patient', [{ id: `Patient.${element}`, min: 1 }], { version });
    const on = (baseDefinition: string): JsonObject => aProfile('p', 'Patient', [{ id: 'Patient.photo', min: 1 }], { baseDefinition });
    const textsOf = (baseDefinition: string): readonly string[] =>
      validatorWith([base('1.0.0', 'gender'), base('2.0.0', 'birthDate'), on(baseDefinition)])
        .validate({ resourceType: 'Patient' }, { profiles: [profileUrl('p')] })
        .map(({ diagnostics }) => diagnostics);
    const photo = 'Patient.photo is missing: at least 1 is required';
    expect(textsOf(`${profileUrl('base')}|1.0.0`)).to.have.members(['Patient.gender is missing: at least 1 is required', photo]);
    expect(textsOf(profileUrl('base'))).to.have.members(['Patient.birthDate is missing: at least 1 is required', photo]);
  });

  it('hold on profiles of types and on what these are built on', () => {
    const profiles = [
      aProfile('coding', 'Coding', [{ id: 'Coding.system', min: 1 }]),
      aProfile('better-coding', 'Coding', [{ id: 'Coding.code', min: 1 }], { baseDefinition: profileUrl('coding') }),
      aProfile('concept', 'CodeableConcept', [
        { id: 'CodeableConcept.coding', min: 1, type: [{ code: 'Coding', profile: [profileUrl('better-coding')] }] },
      ]),
      aProfile('p', 'Observation', [{ id: 'Observation.code', type: [{ code: 'CodeableConcept', profile: [profileUrl('concept')] }] }]),
    ];
    expect(lastFinds(profiles, anObservation({ code: { text: 'x' } }))).to.deep.equal(['error required cardinality-min Observation.code']);
    expect(lastFinds(profiles, anObservation({ code: { coding: [{ display: 'x' }] } }))).to.deep.equal([
      'error required cardinality-min Observation.code.coding[0]',
      'error required cardinality-min Observation.code.coding[0]',
    ]);
    expect(lastFinds(profiles, anObservation({ code: { coding: [{ system: 'http://x.example', code: 'x' }] } }))).to.deep.equal([]);
  });

  it('of extensions may be extensions of their own', () => {
    const base = anExtension('base', ['string', 'integer']);
    const derived = aProfile('derived', 'Extension', [
      { id: 'Extension.url', fixedUri: profileUrl('derived') },
      { id: 'Extension.value[x]', type: [{ code: 'string' }], maxLength: 3 },
    ]);
    const { issuesOf } = validatorWith([
      base,
      { ...derived, baseDefinition: profileUrl('base'), context: [{ type: 'element', expression: 'Patient' }] },
    ]);
    const of = (value: JsonObject): readonly string[] => issuesOf(aPatient({ extension: [{ url: profileUrl('derived'), ...value }] }));
    expect(of({ valueString: 'abc' })).to.deep.equal([]);
    expect(of({ valueString: 'abcd' })).to.deep.equal(['error too-long maxLength Patient.extension[0].value.ofType(string)']);
    expect(of({ valueInteger: 1 })).to.deep.equal(['error structure type Patient.extension[0]']);
  });

  it('may slice a choice by the short form of R4, without naming the slicing', () => {
    const short = [{ id: 'Observation.value[x]:valueQuantity', path: 'Observation.valueQuantity', min: 0, type: [{ code: 'Quantity' }] }];
    const profiles = chain('Observation', [
      ...short,
      { id: 'Observation.value[x]:valueQuantity.code', path: 'Observation.valueQuantity.code', min: 1 },
    ]);
    expect(lastFinds(profiles, anObservation({ valueQuantity: { value: 1 } }))).to.deep.equal([
      'error required cardinality-min Observation.value.ofType(Quantity)',
    ]);
    expect(lastFinds(profiles, anObservation({ valueString: 'a' }))).to.deep.equal([]);
  });
});
