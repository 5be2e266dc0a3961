import { expect } from 'chai';
import type { JsonObject } from '../../../../src/fhir/json.js';
import {
  anExtension,
  aProfile,
  type DifferentialElement,
  profileUrl,
  R4_TYPES,
  slicing,
  validatorWith,
} from '../../../support/validator-fixture.js';

const { issuesOf, validate } = validatorWith([anExtension('base', ['string']), aProfile('name', 'HumanName', [{ id: 'HumanName' }])]);
const errorsOf = (resource: JsonObject): readonly string[] => issuesOf(resource).filter((issue) => issue.startsWith('error'));
const named = (resource: JsonObject): JsonObject => ({ ...resource, name: 'Profile' });
const profile = (...elements: readonly DifferentialElement[]): JsonObject => named(aProfile('p', 'Observation', elements));
const at = (rest: string): string => `StructureDefinition.differential.${rest}`;

describe('StructureDefinition', () => {
  it('is laid onto its base, and says where that cannot be', () => {
    expect(errorsOf(profile({ id: 'Observation.status', min: 1 }))).to.deep.equal([]);
    const found = errorsOf(
      profile({ id: 'Observation.status', min: 0 }, { id: 'Observation.subject', min: 1 }, { id: 'Observation.colour', min: 1 }),
    );
    expect(found).to.deep.equal([`error value differential ${at('element[0]')}`, `error value differential ${at('element[2]')}`]);
  });

  it('has its elements in the order of its base', () => {
    const found = errorsOf(
      profile({ id: 'Observation.status', min: 1 }, { id: 'Observation.value[x]', min: 1 }, { id: 'Observation.subject', min: 1 }),
    );
    expect(found).to.deep.equal([`error value differential-order ${at('element[1]')}`]);
  });

  it('has the type and the kind of its base', () => {
    const other = { ...profile({ id: 'Observation' }), baseDefinition: `${R4_TYPES}HumanName` };
    expect(errorsOf(other)).to.include.members([
      'error invalid base-mismatch StructureDefinition.type',
      'error invalid base-mismatch StructureDefinition.kind',
    ]);
  });

  it('warns of a base that is not loaded', () => {
    expect(issuesOf({ ...profile({ id: 'Observation' }), baseDefinition: 'http://example.org/unknown' })).to.deep.equal([
      'warning not-found base-unknown StructureDefinition.baseDefinition',
    ]);
  });

  it('asks for no less than its base', () => {
    const status = { strength: 'example', valueSet: 'http://hl7.org/fhir/ValueSet/observation-status' };
    const subject = [{ code: 'Reference', targetProfile: [`${R4_TYPES}Practitioner`] }];
    const weak = profile({ id: 'Observation.status', binding: status }, { id: 'Observation.subject', type: subject });
    expect(errorsOf(weak)).to.deep.equal([`error value differential ${at('element[0]')}`, `error value differential ${at('element[1]')}`]);
  });

  it('is not built upon itself, directly or by way of others', () => {
    const fault = 'error invalid base-circle StructureDefinition.baseDefinition';
    const self = { ...profile({ id: 'Observation' }), baseDefinition: profileUrl('p') };
    expect(issuesOf(self)).to.deep.equal([fault]);
    const other = aProfile('q', 'Observation', [], { baseDefinition: profileUrl('p') });
    expect(validatorWith([other]).issuesOf({ ...self, baseDefinition: profileUrl('q') })).to.deep.equal([fault]);
    const earlier = aProfile('p', 'Observation', [], { version: '0.9.0' });
    expect(validatorWith([earlier]).issuesOf({ ...self, baseDefinition: `${profileUrl('p')}|0.9.0` })).to.deep.equal([]);
  });

  it('binds what can be bound', () => {
    const binding = { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/observation-status' };
    expect(errorsOf(profile({ id: 'Observation.status', binding }))).to.deep.equal([]);
    expect(errorsOf(profile({ id: 'Observation.issued', binding }))).to.deep.equal([
      `error business-rule binding-type ${at('element[0]')}`,
    ]);
  });

  it('fixes values of the types of the element', () => {
    expect(errorsOf(profile({ id: 'Observation.status', fixedCode: 'final' }))).to.deep.equal([]);
    expect(errorsOf(profile({ id: 'Observation.status', fixedInteger: 1 }))).to.deep.equal([
      `error value differential ${at('element[0].fixed.ofType(integer)')}`,
    ]);
    expect(errorsOf(profile({ id: 'Observation.code', patternCoding: { code: 'x' } }))).to.deep.equal([
      `error value differential ${at('element[0].pattern.ofType(Coding)')}`,
    ]);
  });

  it('slices by paths that lead to something', () => {
    for (const path of [
      'code',
      'code.coding.code',
      '$this',
      'value',
      'value.ofType(Quantity).unit',
      "extension('http://x.example/e').value",
    ]) {
      expect(errorsOf(profile(slicing('Observation.component', [['value', path]]))), path).to.deep.equal([]);
    }
    expect(errorsOf(profile(slicing('Observation.performer', [['type', 'resolve()']])))).to.deep.equal([]);
    for (const path of ['colour', 'code.colour', 'value.ofType(Quantity).colour']) {
      expect(errorsOf(profile(slicing('Observation.component', [['value', path]]))), path).to.deep.equal([
        `error value differential ${at('element[0].slicing.discriminator[0]')}`,
      ]);
    }
  });

  it('has constraints that are FHIRPath', () => {
    const constraint = (expression: string): DifferentialElement => ({
      id: 'Observation',
      constraint: [{ key: 'x-1', severity: 'error', human: 'x', expression }],
    });
    expect(errorsOf(profile(constraint('status.exists()')))).to.deep.equal([]);
    const [issue, ...others] = validate(profile(constraint('status.exists('))).filter(({ severity }) => severity === 'error');
    expect(others).to.deep.equal([]);
    expect(issue).to.deep.include({ rule: 'constraint-expression', expression: at('element[0].constraint[0].expression') });
  });

  it('names profiles of the types that it gives them to', () => {
    const withProfile = (code: string): DifferentialElement => ({
      id: 'Observation.contained',
      type: [{ code, profile: [profileUrl('name')] }],
    });
    expect(errorsOf(profile(withProfile('Resource')))).to.include(`error invalid type-profile ${at('element[0].type[0].profile[0]')}`);
  });

  it('of an extension fixes its own url, and none that its base fixed otherwise', () => {
    expect(errorsOf(named(anExtension('own', ['string'])))).to.deep.equal([]);
    const wrong = named(
      aProfile('own', 'Extension', [{ id: 'Extension.url', fixedUri: profileUrl('other') }], {
        context: [{ type: 'element', expression: 'Element' }],
      }),
    );
    expect(errorsOf(wrong)).to.include(`error invalid extension-url ${at('element[0].fixedUri')}`);
    const derived = named({ ...anExtension('derived', ['string']), baseDefinition: profileUrl('base') });
    expect(errorsOf(derived)).to.deep.equal([`error value differential ${at('element[0]')}`]);
  });

  it('of any shape is refused without a fault in the checks', () => {
    const shapes: readonly JsonObject[] = [
      { element: {} },
      { element: [1, {}] },
      { element: [{ path: {} }] },
      { element: [{ path: 'Observation', type: 'x', slicing: [] }] },
    ];
    for (const differential of shapes) expect(errorsOf({ ...profile(), differential }), JSON.stringify(differential)).to.not.deep.equal([]);
  });
});
