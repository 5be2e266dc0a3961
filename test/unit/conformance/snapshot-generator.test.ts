import { expect } from 'chai';
import type { StructureDefinition } from 'fhir/r4.js';
import { anElement, anExtension, aProfile, codesOf, snapshotOf } from './snapshot-fixtures.js';

const BY_SYSTEM = { discriminator: [{ type: 'value' as const, path: 'system' }], rules: 'open' as const };
const BY_URL = { discriminator: [{ type: 'value', path: 'url' }], ordered: false, rules: 'open' };
const BY_TYPE = { discriminator: [{ type: 'type', path: '$this' }], ordered: false, rules: 'open' };

describe('generateSnapshot', () => {
  it('keeps what the differential does not speak of, and the order of the base', () => {
    const { ids, element, problems } = snapshotOf(
      aProfile('p', 'Patient', [anElement('Patient.birthDate', { min: 1 }), anElement('Patient.active', { mustSupport: true })]),
    );
    expect(problems).to.deep.equal([]);
    expect(element('Patient.birthDate')).to.include({ min: 1, max: '1' });
    expect(element('Patient.active')).to.include({ min: 0, mustSupport: true });
    expect(element('Patient.name')).to.include({ min: 0, max: '*' });
    expect(ids.indexOf('Patient.active')).to.be.lessThan(ids.indexOf('Patient.birthDate'));
    expect(ids).to.have.length(snapshotOf(aProfile('q', 'Patient', [])).ids.length);
  });

  describe('slices', () => {
    const sliced = aProfile('sliced', 'Patient', [
      anElement('Patient.identifier', { slicing: BY_SYSTEM, min: 1 }),
      anElement('Patient.identifier.system', { min: 1 }),
      anElement('Patient.identifier:nhi', { max: '1' }),
      anElement('Patient.identifier:nhi.system', { fixedUri: 'http://example.org/nhi' }),
    ]);

    it('inherit everything of the element that they slice but slicing and min', () => {
      const { ids, element } = snapshotOf(sliced);
      expect(element('Patient.identifier')).to.include({ min: 1 }).and.have.property('slicing');
      expect(element('Patient.identifier:nhi')).to.include({ min: 0, max: '1', sliceName: 'nhi', path: 'Patient.identifier' });
      expect(element('Patient.identifier:nhi')).to.not.have.property('slicing');
      expect(element('Patient.identifier:nhi.system')).to.include({ min: 1, fixedUri: 'http://example.org/nhi' });
      expect(element('Patient.identifier.system')).to.include({ min: 1 }).and.not.have.property('fixedUri');
      expect(ids.indexOf('Patient.identifier:nhi')).to.be.greaterThan(ids.indexOf('Patient.identifier.assigner'));
    });

    it('are sliced again by a name with a slash, in a profile of the profile too', () => {
      const again = aProfile(
        'again',
        'Patient',
        [
          anElement('Patient.identifier:nhi', { slicing: { discriminator: [{ type: 'value', path: 'use' }], rules: 'open' }, max: '1' }),
          anElement('Patient.identifier:nhi/old', { max: '1' }),
          anElement('Patient.identifier:nhi/old.use', { fixedCode: 'old' }),
        ],
        { baseDefinition: sliced.url },
      );
      const { element, problems, ids } = snapshotOf(sliced, again);
      expect(problems).to.deep.equal([]);
      expect(element('Patient.identifier:nhi/old')).to.include({ sliceName: 'nhi/old', min: 0 });
      expect(element('Patient.identifier:nhi/old.system')).to.include({ fixedUri: 'http://example.org/nhi', min: 1 });
      expect(element('Patient.identifier:nhi/old.use')).to.include({ fixedCode: 'old' });
      expect(element('Patient.identifier:nhi.use')).to.not.have.property('fixedCode');
      expect(ids.indexOf('Patient.identifier:nhi/old')).to.be.greaterThan(ids.indexOf('Patient.identifier:nhi.assigner'));
    });

    it('may have a slash in their name without being re-slices', () => {
      const { element, problems } = snapshotOf(
        aProfile('slash', 'Patient', [
          anElement('Patient.identifier', { slicing: BY_SYSTEM }),
          anElement('Patient.identifier:a/b', { min: 1 }),
          anElement('Patient.identifier:a/b.system', { fixedUri: 'http://example.org/a' }),
        ]),
      );
      expect(problems).to.deep.equal([]);
      expect(element('Patient.identifier:a/b')).to.include({ min: 1 });
    });

    it('are found by path and slice name where elements have no ids, and where a name has a dot', () => {
      const noIds = [
        { path: 'Patient.identifier', slicing: BY_SYSTEM },
        { path: 'Patient.identifier', sliceName: 'nz.nhi', min: 1 },
        { path: 'Patient.identifier.system', fixedUri: 'http://example.org/nhi' },
        { path: 'Patient.identifier', sliceName: 'other' },
        { path: 'Patient.identifier.system', fixedUri: 'http://example.org/other' },
        { path: 'Patient.active', min: 1 },
      ];
      const { ids, element, problems } = snapshotOf(aProfile('ids', 'Patient', noIds));
      expect(problems).to.deep.equal([]);
      expect(element('Patient.identifier:nz.nhi.system')).to.include({ fixedUri: 'http://example.org/nhi' });
      expect(element('Patient.identifier:other.system')).to.include({ fixedUri: 'http://example.org/other' });
      expect(ids).to.not.include('Patient.identifier.system');
      expect(element('Patient.active')).to.include({ min: 1 });
    });

    it('without slicing are the element itself where it does not repeat, or bears its own name; others are problems', () => {
      const { ids, element, problems } = snapshotOf(
        aProfile('named', 'Patient', [
          anElement('Patient.maritalStatus:state', { min: 1 }),
          anElement('Patient.maritalStatus:state.text', { min: 1 }),
          anElement('Patient.maritalStatus:other', { min: 1 }),
          anElement('Patient.contact:Contact', { min: 1 }),
          anElement('Patient.identifier:a', { min: 1 }),
          anElement('Patient.identifier:a.system', { min: 1 }),
        ]),
      );
      expect(element('Patient.maritalStatus:state')).to.include({ min: 1, sliceName: 'state' });
      expect(element('Patient.maritalStatus:state.text')).to.include({ min: 1 });
      expect(element('Patient.contact:Contact')).to.include({ min: 1 });
      expect(ids).to.not.include('Patient.maritalStatus');
      expect(element('Patient.identifier')).to.include({ min: 0 }).and.not.have.property('sliceName');
      expect(ids.filter((id) => id.startsWith('Patient.identifier'))).to.deep.equal(['Patient.identifier']);
      const unsliced = (path: string, name: string): string => `'Patient.${path}' is not sliced, so '${name}' can be no slice of it`;
      expect(problems.map(({ index, message }) => [index, message])).to.deep.equal([
        [2, unsliced('maritalStatus', 'other')],
        [4, unsliced('identifier', 'a')],
        [5, unsliced('identifier', 'a')],
      ]);
    });
  });

  describe('choices of types', () => {
    const quantity = aProfile('quantity', 'Observation', [
      anElement('Observation.valueQuantity', { min: 1 }),
      anElement('Observation.valueQuantity.code', { min: 1 }),
    ]);

    it('are sliced by type where the differential says valueQuantity, and have no other types', () => {
      const { element, problems } = snapshotOf(quantity);
      expect(problems).to.deep.equal([]);
      expect(element('Observation.value[x]').slicing).to.deep.equal({ ...BY_TYPE, rules: 'closed' });
      expect(codesOf(element('Observation.value[x]'))).to.deep.equal(['Quantity']);
      expect(codesOf(element('Observation.value[x]:valueQuantity'))).to.deep.equal(['Quantity']);
      expect(element('Observation.value[x]:valueQuantity')).to.include({ min: 1, path: 'Observation.value[x]' });
      expect(element('Observation.value[x]:valueQuantity.code')).to.include({ min: 1 });
    });

    it('are reached by value[x] again after their slices', () => {
      const derived = aProfile(
        'derived',
        'Observation',
        [anElement('Observation.value[x]', { mustSupport: true }), anElement('Observation.value[x]:valueQuantity.unit', { min: 1 })],
        { baseDefinition: quantity.url },
      );
      const { element, problems } = snapshotOf(quantity, derived);
      expect(problems).to.deep.equal([]);
      expect(element('Observation.value[x]')).to.include({ mustSupport: true, min: 0 });
      expect(element('Observation.value[x]:valueQuantity')).to.include({ min: 1 }).and.not.have.property('mustSupport');
      expect(element('Observation.value[x]:valueQuantity.unit')).to.include({ min: 1 });
      expect(element('Observation.value[x]:valueQuantity.code')).to.include({ min: 1 });
    });

    it('of one type are that type: valueQuantity is the element itself', () => {
      const { ids, element } = snapshotOf(
        aProfile('one', 'Observation', [
          anElement('Observation.value[x]', { type: [{ code: 'Quantity' }] }),
          anElement('Observation.valueQuantity.code', { min: 1 }),
        ]),
      );
      expect(element('Observation.value[x]')).to.not.have.property('slicing');
      expect(element('Observation.value[x].code')).to.include({ min: 1 });
      expect(ids.filter((id) => id.includes('valueQuantity'))).to.deep.equal([]);
    });

    it('are sliced by their ids too, the slicing left unsaid', () => {
      const { element } = snapshotOf(aProfile('ids', 'Observation', [anElement('Observation.value[x]:valueString', { maxLength: 9 })]));
      expect(element('Observation.value[x]').slicing).to.deep.equal(BY_TYPE);
      expect(codesOf(element('Observation.value[x]:valueString'))).to.deep.equal(['string']);
    });
  });

  describe('content references', () => {
    it('bring what the base says of their target, and not what the profile says of it', () => {
      const { element, problems } = snapshotOf(
        aProfile('consent', 'Consent', [
          anElement('Consent.provision', { min: 1 }),
          anElement('Consent.provision.type', { min: 1 }),
          anElement('Consent.provision.provision.action', { mustSupport: true }),
          anElement('Consent.provision.provision.provision.code', { max: '1' }),
        ]),
      );
      expect(problems).to.deep.equal([]);
      expect(element('Consent.provision.type')).to.include({ min: 1 });
      expect(element('Consent.provision.provision')).to.include({ min: 0 }).and.not.have.property('contentReference');
      expect(codesOf(element('Consent.provision.provision'))).to.deep.equal(['BackboneElement']);
      expect(element('Consent.provision.provision.type')).to.include({ min: 0 });
      expect(element('Consent.provision.provision.action')).to.include({ mustSupport: true });
      expect(element('Consent.provision.provision.provision.code')).to.include({ max: '1' });
      expect(element('Consent.provision.provision.provision.provision')).to.include({ contentReference: '#Consent.provision' });
    });

    it('of a resource inside another mean that resource', () => {
      const { element, problems } = snapshotOf(
        aProfile('bundle', 'Bundle', [
          anElement('Bundle.entry.resource', { type: [{ code: 'Questionnaire' }] }),
          anElement('Bundle.entry.resource.item.item.linkId', { maxLength: 5 }),
        ]),
      );
      expect(problems).to.deep.equal([]);
      expect(element('Bundle.entry.resource.item.item.linkId')).to.include({ maxLength: 5, min: 1 });
    });
  });

  describe('extensions', () => {
    const outer = anExtension('outer', [
      anElement('Extension', { max: '3' }),
      anElement('Extension.extension', { slicing: { ...BY_URL, discriminator: [{ type: 'value', path: 'url' }], rules: 'open' } }),
      anElement('Extension.extension:inner', { min: 1, max: '1' }),
      anElement('Extension.extension:inner.url', { fixedUri: 'inner' }),
      anElement('Extension.extension:inner.value[x]', { type: [{ code: 'code' }, { code: 'string' }] }),
      anElement('Extension.url', { fixedUri: 'http://example.org/outer' }),
    ]);
    const type = [{ code: 'Extension', profile: [outer.url] }];

    it('are sliced by url, and what the differential says inside them is laid onto their definitions', () => {
      const { element, problems } = snapshotOf(
        outer,
        aProfile('p', 'Patient', [
          anElement('Patient.extension:outer', { min: 1, max: '1', type }),
          anElement('Patient.extension:outer.extension:inner.value[x]', { type: [{ code: 'code' }] }),
        ]),
      );
      expect(problems).to.deep.equal([]);
      expect(element('Patient.extension').slicing).to.deep.equal(BY_URL);
      expect(element('Patient.extension:outer')).to.include({ min: 1, max: '1' });
      expect(element('Patient.extension:outer.url')).to.include({ fixedUri: 'http://example.org/outer' });
      expect(element('Patient.extension:outer.extension:inner')).to.include({ min: 1, max: '1' });
      expect(codesOf(element('Patient.extension:outer.extension:inner.value[x]'))).to.deep.equal(['code']);
    });

    it('stand as often as their definition says where the differential does not', () => {
      const { element } = snapshotOf(outer, aProfile('p', 'Patient', [anElement('Patient.extension:outer', { type })]));
      expect(element('Patient.extension:outer')).to.include({ min: 0, max: '3' });
    });

    it('bring that they modify', () => {
      const modifier = anExtension('modifier', [anElement('Extension', { isModifier: true, isModifierReason: 'It negates' })]);
      const { element } = snapshotOf(
        modifier,
        aProfile('p', 'Patient', [anElement('Patient.modifierExtension:m', { type: [{ code: 'Extension', profile: [modifier.url] }] })]),
      );
      expect(element('Patient.modifierExtension:m')).to.include({ isModifier: true, isModifierReason: 'It negates' });
    });
  });

  it('grows an element from the profile of its type, and from the type where there are several profiles', () => {
    const address = aProfile('address', 'Address', [anElement('Address.city', { min: 1 })], { kind: 'complex-type' });
    const other = aProfile('other', 'Address', [], { kind: 'complex-type' });
    const profiled = (...profile: string[]): StructureDefinition =>
      aProfile('p', 'Patient', [
        anElement('Patient.address', { type: [{ code: 'Address', profile }] }),
        anElement('Patient.address.line', { max: '2' }),
      ]);
    expect(snapshotOf(address, profiled(address.url)).element('Patient.address.city')).to.include({ min: 1 });
    expect(snapshotOf(address, other, profiled(address.url, other.url)).element('Patient.address.city')).to.include({ min: 0 });
  });

  it('accumulates constraints, one with a known key taking the place of the inherited one', () => {
    const constraint = (key: string, expression: string) => ({ key, severity: 'error' as const, human: key, expression });
    const base = aProfile('base', 'Patient', [anElement('Patient', { constraint: [constraint('a', 'true'), constraint('b', 'true')] })]);
    const derived = aProfile('derived', 'Patient', [anElement('Patient', { constraint: [constraint('b', 'false')] })], {
      baseDefinition: base.url,
    });
    const found = snapshotOf(base, derived).element('Patient').constraint ?? [];
    expect(found.map(({ key }) => key)).to.include.members(['dom-6', 'a', 'b']);
    expect(found.filter(({ key }) => key === 'b')).to.deep.equal([{ ...constraint('b', 'false'), source: derived.url }]);
    expect(found.find(({ key }) => key === 'a')).to.include({ source: base.url });
  });

  it('lets a pattern of another type take the place of the inherited one where they do not contradict', () => {
    const base = aProfile('base', 'Observation', [anElement('Observation.value[x]', { patternQuantity: { unit: 'a' } })]);
    const other = { patternCodeableConcept: { text: 'b' } };
    const derived = aProfile('derived', 'Observation', [anElement('Observation.value[x]', other)], { baseDefinition: base.url });
    const element = snapshotOf(base, derived).element('Observation.value[x]');
    expect(element).to.have.property('patternCodeableConcept');
    expect(element).not.to.have.property('patternQuantity');
  });

  it('gives a logical model the elements of its own, with what holds for every element', () => {
    const model = aProfile(
      'Model',
      'http://example.org/Model',
      [
        anElement('Model'),
        anElement('Model.part', { min: 1, max: '*', type: [{ code: 'BackboneElement' }] }),
        anElement('Model.part.amount', { min: 0, max: '1', type: [{ code: 'Quantity' }] }),
        anElement('Model.part.same', { min: 0, max: '*', contentReference: '#Model.part' }),
        anElement('Model.part.same.amount', { min: 1 }),
      ],
      { kind: 'logical', derivation: 'specialization', baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Base' },
    );
    const { ids, element, problems } = snapshotOf(model);
    expect(problems).to.deep.equal([]);
    expect(ids.slice(0, 6)).to.deep.equal([
      'Model',
      'Model.part',
      'Model.part.id',
      'Model.part.extension',
      'Model.part.modifierExtension',
      'Model.part.amount',
    ]);
    expect(element('Model.part').base).to.deep.equal({ path: 'Model.part', min: 1, max: '*' });
    expect(element('Model.part.amount').constraint?.map(({ key }) => key)).to.deep.equal(['ele-1']);
    expect(element('Model.part.same.amount')).to.include({ min: 1 });
    expect(element('Model.part.amount')).to.include({ min: 0 });
  });
});
