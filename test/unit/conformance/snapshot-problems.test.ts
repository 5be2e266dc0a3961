import { expect } from 'chai';
import type { ElementDefinition, StructureDefinition } from 'fhir/r4.js';
import { anElement, anExtension, aProfile, codesOf, snapshotOf } from './snapshot-fixtures.js';

describe('problems of a snapshot', () => {
  it('name the element whose path does not exist, and leave the rest standing', () => {
    const { element, problems } = snapshotOf(
      aProfile('p', 'Patient', [
        anElement('Patient.nickname', { min: 1 }),
        anElement('Patient.name.familly', { min: 1 }),
        anElement('Observation.code', { min: 1 }),
        anElement('Patient.active', { min: 1 }),
      ]),
    );
    expect(element('Patient.active')).to.include({ min: 1 });
    expect(problems).to.deep.equal([
      { elementId: 'Patient.nickname', index: 0, message: "There is no element 'nickname' in 'Patient'" },
      { elementId: 'Patient.name.familly', index: 1, message: "There is no element 'familly' in 'Patient.name'" },
      { elementId: 'Observation.code', index: 2, message: "Every path of this definition begins with 'Patient'" },
    ]);
  });

  it('name what asks for less than the base', () => {
    const { problems } = snapshotOf(
      aProfile('p', 'Observation', [anElement('Observation.status', { min: 0 }), anElement('Observation.code', { max: '*' })]),
    );
    expect(problems).to.deep.equal([
      { elementId: 'Observation.status', index: 0, message: 'min 0 is less than the 1 of what it constrains' },
      { elementId: 'Observation.code', index: 1, message: 'max * is more than the 1 of what it constrains' },
    ]);
  });

  it('name a fixed value other than the inherited one', () => {
    const fixed = (text: string) => ({ fixedCodeableConcept: { text, coding: [{ code: 'a', system: 'http://example.org' }] } });
    const base = aProfile('base', 'Observation', [anElement('Observation.code', fixed('x'))]);
    const derived = (...elements: ElementDefinition[]) => aProfile('derived', 'Observation', elements, { baseDefinition: base.url });
    const again = { fixedCodeableConcept: { coding: [{ system: 'http://example.org', code: 'a' }], text: 'x' } };
    expect(snapshotOf(base, derived(anElement('Observation.code', again))).problems).to.deep.equal([]);
    expect(snapshotOf(base, derived(anElement('Observation.code', fixed('y')))).problems.map(({ message }) => message)).to.deep.equal([
      'fixedCodeableConcept {"text":"y","coding":[{"code":"a","system":"http://example.org"}]} is not the ' +
        '{"text":"x","coding":[{"code":"a","system":"http://example.org"}]} of what it constrains',
    ]);
  });

  it('name types that nothing defines, or that the base has not; the types of the base stand', () => {
    for (const code of ['Foo', 'boolean']) {
      const { element, problems } = snapshotOf(aProfile('p', 'Patient', [anElement('Patient.gender', { type: [{ code }] })]));
      expect(
        problems.map(({ elementId }) => elementId),
        code,
      ).to.deep.equal(['Patient.gender']);
      expect(codesOf(element('Patient.gender')), code).to.deep.equal(['code']);
    }
    const narrowed = aProfile('p', 'Bundle', [anElement('Bundle.entry.resource', { type: [{ code: 'Patient' }] })]);
    expect(snapshotOf(narrowed).problems).to.deep.equal([]);
  });

  it('name discriminators that lead to nothing', () => {
    for (const path of ['(((', 'nope', 'period.nope']) {
      const slicing = { discriminator: [{ type: 'value' as const, path }], rules: 'open' as const };
      const { problems } = snapshotOf(aProfile('p', 'Patient', [anElement('Patient.name', { slicing })]));
      expect(
        problems.map(({ elementId, below }) => ({ elementId, below })),
        path,
      ).to.deep.equal([{ elementId: 'Patient.name', below: ['slicing', 'discriminator', 0] }]);
    }
  });

  it('name values that are of no type of the element; what the base says of them stands', () => {
    const { problems, element } = snapshotOf(aProfile('p', 'Patient', [anElement('Patient.birthDate', { fixedString: 'x', min: 1 })]));
    expect(problems.map(({ elementId, below }) => ({ elementId, below }))).to.deep.equal([
      { elementId: 'Patient.birthDate', below: ['fixedString'] },
    ]);
    expect(element('Patient.birthDate')).to.include({ min: 1 }).and.not.have.property('fixedString');
  });

  it('name a profile without a base, and one that says nothing', () => {
    const { baseDefinition: _base, ...without } = aProfile('p', 'Patient', [anElement('Patient.gender', { min: 1 })]);
    const { problems, element } = snapshotOf(without as StructureDefinition);
    expect(problems.map(({ elementId }) => elementId)).to.deep.equal(['Patient']);
    expect(element('Patient.gender')).to.include({ min: 1 });
    const { differential: _differential, ...empty } = aProfile('p', 'Patient', []);
    expect(snapshotOf(empty as StructureDefinition).problems.map(({ elementId }) => elementId)).to.deep.equal(['Patient']);
  });

  it('name a base that is unknown; the type stands in for it where there is one', () => {
    const baseDefinition = 'http://example.org/absent';
    const message = 'The base definition http://example.org/absent is unknown or has no elements';
    const patient = snapshotOf(aProfile('p', 'Patient', [anElement('Patient.active', { min: 1 })], { baseDefinition }));
    expect(patient.problems).to.deep.equal([{ elementId: 'Patient', message }]);
    expect(patient.element('Patient.active')).to.include({ min: 1 });
    expect(patient.element('Patient.name')).to.include({ max: '*' });
    const model = snapshotOf(aProfile('m', 'http://example.org/Model', [anElement('Model.a')], { baseDefinition }));
    expect(model.problems).to.deep.equal([{ elementId: 'Model', message }]);
    expect(model.ids).to.deep.equal(['Model.a']);
  });

  it('end a definition that is built upon itself, directly or round about', () => {
    const self = aProfile('self', 'Patient', [anElement('Patient.active', { min: 1 })], { baseDefinition: 'http://example.org/self' });
    const a = aProfile('a', 'Patient', [anElement('Patient.active', { min: 1 })], { baseDefinition: 'http://example.org/b' });
    const b = aProfile('b', 'Patient', [], { baseDefinition: 'http://example.org/a' });
    expect(snapshotOf(self).problems).to.have.length(1);
    expect(snapshotOf(b, a).ids).to.be.an('array');
  });

  it('do not come from a type profile that goes round in a circle', () => {
    const human = aProfile('human', 'HumanName', [anElement('HumanName.period.start', { min: 1 })], { kind: 'complex-type' });
    const period = aProfile(
      'period',
      'Period',
      [
        anElement('Period.extension:e', { type: [{ code: 'Extension', profile: ['http://example.org/round'] }] }),
        anElement('Period.extension:e.value[x]', { type: [{ code: 'Period', profile: ['http://example.org/period'] }] }),
        anElement('Period.extension:e.value[x].start', { min: 1 }),
      ],
      { kind: 'complex-type' },
    );
    const round = anExtension('round', [
      anElement('Extension.value[x]', { type: [{ code: 'Period', profile: ['http://example.org/period'] }] }),
      anElement('Extension.value[x].end', { min: 1 }),
    ]);
    const { element, problems } = snapshotOf(human, round, period);
    expect(problems).to.deep.equal([]);
    expect(element('Period.extension:e.value[x].start')).to.include({ min: 1 });
  });
});
