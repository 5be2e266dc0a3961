import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import {
  aProfile,
  issuesByDifferential as check,
  type DifferentialElement,
  profileUrl,
  type SlicingOptions,
  slicing,
  validatorWith,
} from '../../support/validator-fixture.js';

const HIP = 'http://terminology.hl7.org/CodeSystem/v2-0203';
const NHI = 'https://standards.digital.health.nz/ns/nhi-id';
const LOCAL = 'http://x.example/local';

/** Identifiers sliced by system: `nhi` 1..1 and `local` 0..2. */
function bySystem(more: SlicingOptions = {}): DifferentialElement[] {
  return [
    slicing('Patient.identifier', [['value', 'system']], more),
    { id: 'Patient.identifier:nhi', min: 1, max: '1' },
    { id: 'Patient.identifier:nhi.system', min: 1, fixedUri: NHI },
    { id: 'Patient.identifier:nhi.value', min: 1 },
    { id: 'Patient.identifier:local', max: '2' },
    { id: 'Patient.identifier:local.system', min: 1, fixedUri: LOCAL },
  ];
}

const nhi = (more: JsonObject = {}): JsonObject => ({ system: NHI, value: 'ZZZ0032', ...more });
const local = (value: string): JsonObject => ({ system: LOCAL, value });
const other = (value: string): JsonObject => ({ system: 'http://y.example', value });
const identified = (...identifier: JsonObject[]): JsonObject => aPatient({ identifier });

describe('Slicing', () => {
  describe('by value', () => {
    it('holds what is in a slice against the slice, and leaves the rest alone', () => {
      expect(check(identified(other('1'), nhi(), local('2')), bySystem())).to.deep.equal([]);
      expect(check(identified(nhi({ value: '' }), other('1')), bySystem())).to.deep.equal([
        'error value type-string Patient.identifier[0].value',
      ]);
      expect(check(identified(other('1'), { system: NHI }), bySystem())).to.deep.equal([
        'error required cardinality-min Patient.identifier[1]',
      ]);
    });

    it('says which slices there are, and in which order', () => {
      const textsOf = (more: SlicingOptions, ...identifier: JsonObject[]): readonly string[] =>
        validatorWith([aProfile('p', 'Patient', bySystem(more))])
          .validate(identified(...identifier), { profiles: [profileUrl('p')] })
          .map(({ diagnostics }) => diagnostics);
      expect(textsOf({ rules: 'closed' }, nhi(), other('1'))[0]).to.include('its slices are nhi, local, told apart by value of system');
      expect(textsOf({ ordered: true }, local('1'), nhi())[0]).to.include('in the wrong order: wanted are nhi, local');
    });

    it('names profile and slice in what it reports', () => {
      const { validate } = validatorWith([aProfile('p', 'Patient', bySystem())]);
      const [issue, ...others] = validate(identified({ system: NHI }), { profiles: [profileUrl('p')] });
      expect(others).to.deep.equal([]);
      expect(issue).to.deep.include({
        severity: 'error',
        code: 'required',
        rule: 'cardinality-min',
        expression: 'Patient.identifier[0]',
        definition: `${profileUrl('p')}|1.0.0`,
        sliceName: 'nhi',
        diagnostics: 'Patient.identifier:nhi.value is missing: at least 1 is required',
      });
    });

    it('counts each slice, at the parent', () => {
      const { validate } = validatorWith([aProfile('p', 'Patient', bySystem())]);
      const [missing, ...others] = validate(identified(other('1')), { profiles: [profileUrl('p')] });
      expect(others).to.deep.equal([]);
      expect(missing).to.deep.include({
        severity: 'error',
        code: 'required',
        rule: 'cardinality-min',
        expression: 'Patient',
        sliceName: 'nhi',
        definition: `${profileUrl('p')}|1.0.0`,
        diagnostics: 'Patient.identifier:nhi: at least 1 required, found 0 that is this slice',
      });
      expect(check(identified(nhi(), nhi(), local('1')), bySystem())).to.deep.equal(['error structure cardinality-max Patient']);
      expect(check(identified(nhi(), local('1'), local('2'), local('3')), bySystem())).to.deep.equal([
        'error structure cardinality-max Patient',
      ]);
    });

    it('demands a required slice where the element is absent or an empty array', () => {
      expect(check(aPatient(), bySystem())).to.deep.equal(['error required cardinality-min Patient']);
      expect(check(identified(), bySystem())).to.deep.equal(['error structure empty-array Patient.identifier']);
    });

    it('by a required binding takes what is in the value set', () => {
      const elements = [
        slicing('Patient.telecom', [['value', 'system']]),
        { id: 'Patient.telecom:any', max: '1' },
        {
          id: 'Patient.telecom:any.use',
          min: 0,
        },
        {
          id: 'Patient.telecom:any.system',
          min: 1,
          binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/contact-point-system' },
        },
      ];
      const telecom = (...systems: string[]): JsonObject => aPatient({ telecom: systems.map((system) => ({ system, value: '1' })) });
      expect(check(telecom('phone'), elements)).to.deep.equal([]);
      expect(check(telecom('phone', 'email'), elements)).to.deep.equal(['error structure cardinality-max Patient']);
    });

    it('goes down a path of several steps, over arrays', () => {
      const elements = [
        slicing('Observation.component', [['value', 'code.coding.code']]),
        { id: 'Observation.component:systolic', min: 1, max: '1' },
        { id: 'Observation.component:systolic.code.coding.code', min: 1, fixedCode: '8480-6' },
        { id: 'Observation.component:systolic.value[x]', min: 1 },
      ];
      const component = (...codes: string[]): JsonObject => ({ code: { coding: codes.map((code) => ({ code })) }, valueString: 'x' });
      expect(check(anObservation({ component: [component('1'), component('2', '8480-6')] }), elements)).to.deep.equal([
        // the profile fixes the code of every coding of the slice
        'error value fixed Observation.component[1].code.coding[0].code',
      ]);
      expect(check(anObservation({ component: [component('8480-6')] }), elements)).to.deep.equal([]);
      expect(check(anObservation({ component: [component('1')] }), elements)).to.deep.equal(['error required cardinality-min Observation']);
    });
  });

  it('refuses an item that two slices take, as the reference validator does', () => {
    const elements = [
      slicing('Observation.category', [['pattern', '$this']]),
      { id: 'Observation.category:a', patternCodeableConcept: { coding: [{ code: 'a' }] } },
      { id: 'Observation.category:b', patternCodeableConcept: { coding: [{ code: 'b' }] } },
    ];
    const category = (...codes: string[]): JsonObject => ({ coding: codes.map((code) => ({ code })) });
    const { validate } = validatorWith([aProfile('p', 'Observation', elements)]);
    const issues = validate(anObservation({ category: [category('a'), category('a', 'b'), category('b')] }), {
      profiles: [profileUrl('p')],
    });
    expect(issues).to.have.length(1);
    expect(issues[0]).to.deep.include({
      severity: 'error',
      code: 'invalid',
      rule: 'slicing-ambiguous',
      expression: 'Observation.category[1]',
      definition: `${profileUrl('p')}|1.0.0`,
      diagnostics: 'This is in more than one slice, and must be in one: Observation.category:a, Observation.category:b',
    });
  });

  describe('rules', () => {
    it('closed: refuses what is in no slice, where it stands', () => {
      expect(check(identified(nhi(), other('1')), bySystem({ rules: 'closed' }))).to.deep.equal([
        'error structure slicing-closed Patient.identifier[1]',
      ]);
      expect(check(identified(nhi(), local('1')), bySystem({ rules: 'closed' }))).to.deep.equal([]);
    });

    it('closed: looks at what it refuses all the same', () => {
      expect(check(identified(nhi(), { value: '' }), bySystem({ rules: 'closed' }))).to.deep.equal([
        'error structure slicing-closed Patient.identifier[1]',
        'error value type-string Patient.identifier[1].value',
      ]);
    });

    it('openAtEnd: what is in no slice comes last', () => {
      const atEnd = bySystem({ rules: 'openAtEnd' });
      expect(check(identified(nhi(), local('1'), other('1'), other('2')), atEnd)).to.deep.equal([]);
      expect(check(identified(nhi(), other('1'), local('1')), atEnd)).to.deep.equal([
        'error structure slicing-open-at-end Patient.identifier[2]',
      ]);
      expect(check(identified(other('1'), nhi()), atEnd)).to.deep.equal(['error structure slicing-open-at-end Patient.identifier[1]']);
    });

    it('ordered: slices come in the order of the profile, the rest anywhere', () => {
      const ordered = bySystem({ ordered: true });
      expect(check(identified(other('0'), nhi(), other('1'), local('1'), local('2'), other('2')), ordered)).to.deep.equal([]);
      expect(check(identified(local('1'), nhi()), ordered)).to.deep.equal(['error structure slicing-order Patient.identifier[1]']);
    });

    it('ordered: re-slices stand where the slice does that they re-slice', () => {
      const { issuesOf } = validatorWith([
        aProfile('p', 'Patient', bySystem({ ordered: true })),
        aProfile(
          'q',
          'Patient',
          [
            slicing('Patient.identifier:nhi', [['value', 'use']]),
            { id: 'Patient.identifier:nhi', max: '1' },
            { id: 'Patient.identifier:nhi/old' },
            { id: 'Patient.identifier:nhi/old.use', min: 1, fixedCode: 'old' },
            slicing('Patient.identifier:local', [['value', 'use']]),
            { id: 'Patient.identifier:local/old' },
            { id: 'Patient.identifier:local/old.use', min: 1, fixedCode: 'old' },
          ],
          { baseDefinition: profileUrl('p') },
        ),
      ]);
      const old = { ...local('1'), use: 'old' };
      expect(issuesOf(identified(nhi(), local('2'), old), { profiles: [profileUrl('q')] })).to.deep.equal([]);
      expect(issuesOf(identified(nhi({ use: 'old' }), old, local('2')), { profiles: [profileUrl('q')] })).to.deep.equal([]);
      expect(issuesOf(identified(old, nhi()), { profiles: [profileUrl('q')] })).to.deep.equal([
        'error structure slicing-order Patient.identifier[1]',
      ]);
    });

    it('a slice that may not be there is refused when it is', () => {
      const elements = [
        ...bySystem(),
        { id: 'Patient.identifier:old', max: '0' },
        { id: 'Patient.identifier:old.system', min: 1, fixedUri: 'urn:old' },
      ];
      expect(check(identified(nhi(), { system: 'urn:old', value: '1' }), elements)).to.deep.equal([
        'error structure cardinality-max Patient',
      ]);
    });

    it('min and max of the element hold beside those of its slices', () => {
      const elements = [...bySystem(), { id: 'Patient.identifier', min: 2, max: '3' }];
      expect(check(identified(nhi()), merged(elements))).to.deep.equal(['error required cardinality-min Patient']);
      expect(check(identified(nhi(), other('1'), other('2'), other('3')), merged(elements))).to.deep.equal([
        'error structure cardinality-max Patient',
      ]);
    });

    it('a slice named @default takes what is in no other', () => {
      const elements = [
        ...bySystem({ rules: 'closed' }),
        { id: 'Patient.identifier:@default', min: 0 },
        { id: 'Patient.identifier:@default.use', min: 1 },
      ];
      expect(check(identified(nhi(), { system: 'http://y.example', use: 'old' }), elements)).to.deep.equal([]);
      expect(check(identified(nhi(), other('1')), elements)).to.deep.equal(['error required cardinality-min Patient.identifier[1]']);
      // a binding that it inherits is no condition of it
      const telecom = [
        slicing('Patient.telecom', [['value', 'system']], { rules: 'closed' }),
        { id: 'Patient.telecom:phone', max: '1' },
        { id: 'Patient.telecom:phone.system', min: 1, fixedCode: 'phone' },
        { id: 'Patient.telecom:@default', max: '1' },
      ];
      const reached = (...systems: readonly string[]): JsonObject =>
        aPatient({ telecom: systems.map((system) => ({ system, value: '1' })) });
      expect(check(reached('phone', 'email'), telecom)).to.deep.equal([]);
      expect(check(reached('phone', 'email', 'fax'), telecom)).to.deep.equal(['error structure cardinality-max Patient']);
    });
  });

  describe('in slices', () => {
    it('holds a slice of a slice by its own discriminator', () => {
      const elements = [
        ...bySystem(),
        slicing('Patient.identifier:nhi.type.coding', [['value', 'system']]),
        { id: 'Patient.identifier:nhi.type.coding:v2', min: 1 },
        { id: 'Patient.identifier:nhi.type.coding:v2.system', min: 1, fixedUri: HIP },
      ];
      const typed = (system: string): JsonObject => nhi({ type: { coding: [{ system, code: 'MR' }] } });
      expect(check(identified(typed(HIP)), elements)).to.deep.equal([]);
      const wrong = check(identified(typed('http://x.example/v3')), elements);
      expect(wrong.filter((issue) => issue.startsWith('error'))).to.deep.equal([
        'error required cardinality-min Patient.identifier[0].type',
      ]);
      expect(check(identified(nhi()), elements)).to.deep.equal([]);
      expect(
        check(identified(nhi(), { ...local('1'), type: { text: 'x' } }), elements).filter((issue) => issue.startsWith('error')),
      ).to.deep.equal([]);
    });
  });

  describe('of slices (re-slicing)', () => {
    const derived = (rules: string, more: readonly DifferentialElement[] = []) => [
      aProfile('p', 'Patient', bySystem()),
      aProfile(
        'q',
        'Patient',
        [
          slicing('Patient.identifier:local', [['value', 'use']], { rules }),
          { id: 'Patient.identifier:local/old', min: 1, max: '1' },
          { id: 'Patient.identifier:local/old.use', min: 1, fixedCode: 'old' },
          { id: 'Patient.identifier:local/old.period', min: 1 },
          ...more,
        ],
        { baseDefinition: profileUrl('p') },
      ),
    ];
    const old = (value: string): JsonObject => ({ ...local(value), use: 'old', period: { end: '2000' } });
    const ofQ = (rules: string, resource: JsonObject, more?: readonly DifferentialElement[]): readonly string[] =>
      validatorWith(derived(rules, more)).issuesOf(resource, { profiles: [profileUrl('q')] });

    it('counts an item for the re-slice and for what it re-slices', () => {
      expect(ofQ('open', identified(nhi(), old('1'), local('2')))).to.deep.equal([]);
      expect(ofQ('open', identified(nhi(), old('1'), local('2'), local('3')))).to.deep.equal(['error structure cardinality-max Patient']);
      expect(ofQ('open', identified(nhi(), old('1'), old('2')))).to.deep.equal(['error structure cardinality-max Patient']);
    });

    it('holds an item against the re-slice', () => {
      expect(ofQ('open', identified(nhi(), { ...local('1'), use: 'old' }))).to.deep.equal([
        'error required cardinality-min Patient.identifier[1]',
      ]);
    });

    it('refuses other items of the slice where the re-slicing is closed', () => {
      expect(ofQ('closed', identified(nhi(), old('1'), other('3')))).to.deep.equal([]);
      expect(ofQ('closed', identified(nhi(), old('1'), local('2')))).to.deep.equal([
        'error structure slicing-closed Patient.identifier[2]',
      ]);
    });

    it('demands a required re-slice whether the element is there or not', () => {
      expect(ofQ('open', identified(nhi()))).to.deep.equal(['error required cardinality-min Patient']);
      const none = validatorWith(derived('open')).validate(aPatient(), { profiles: [profileUrl('q')] });
      expect(none.map(({ expression, sliceName }) => [expression, sliceName])).to.deep.equal([
        ['Patient', 'nhi'],
        ['Patient', 'local/old'],
      ]);
    });
  });

  it('holds a slice that says nothing of its children against what the sliced element says of them', () => {
    const elements = [
      { id: 'Patient.identifier.value', min: 1 },
      slicing('Patient.identifier', [['value', 'use']]),
      { id: 'Patient.identifier:old', max: '1' },
      { id: 'Patient.identifier:old.use', min: 1, fixedCode: 'old' },
    ];
    expect(check(identified({ use: 'old' }), elements)).to.deep.equal(['error required cardinality-min Patient.identifier[0]']);
    expect(check(identified({ use: 'usual' }), elements)).to.deep.equal(['error required cardinality-min Patient.identifier[0]']);
  });

  it('adds slices of a profile to those of its base', () => {
    const { issuesOf } = validatorWith([
      aProfile('p', 'Patient', bySystem({ rules: 'closed' })),
      aProfile('q', 'Patient', [{ id: 'Patient.identifier:local', min: 1 }], { baseDefinition: profileUrl('p') }),
    ]);
    expect(issuesOf(identified(nhi(), local('1')), { profiles: [profileUrl('q')] })).to.deep.equal([]);
    expect(issuesOf(identified(nhi()), { profiles: [profileUrl('q')] })).to.deep.equal(['error required cardinality-min Patient']);
    expect(issuesOf(identified(nhi(), local('1'), other('1')), { profiles: [profileUrl('q')] })).to.deep.equal([
      'error structure slicing-closed Patient.identifier[2]',
    ]);
  });
});

/** The last element of an id stands for both. */
function merged(elements: readonly DifferentialElement[]): readonly DifferentialElement[] {
  const byId = new Map<string, DifferentialElement>();
  for (const element of elements) byId.set(element.id, { ...byId.get(element.id), ...element });
  return [...byId.values()];
}

describe('A slice that nothing tells apart', () => {
  const id = 'Patient.identifier';
  const slice = [
    { id: `${id}:a`, min: 1, max: '1' },
    { id: `${id}:a.value`, min: 1 },
  ];
  const bySystem = slicing(id, [['value', 'system']]);
  const zzz = slicing(id, [['zzz', 'system']]);
  const cases = { 'no slicing': slice, 'nothing said': [bySystem, ...slice], 'no such discriminator': [zzz, ...slice] };

  for (const [name, elements] of Object.entries(cases)) {
    it(`has rules that are put on nothing, and a message: ${name}`, () => {
      const profile = aProfile('untold', 'Patient', elements);
      const { validate, issuesOf } = validatorWith([profile]);
      const claiming = { resourceType: 'Patient', meta: { profile: [profileUrl('untold')] }, identifier: [{ system: 'urn:x' }] };
      const issues = validate(claiming);
      expect(new Set(issues.map(({ severity, rule }) => `${severity} ${rule}`))).to.deep.equal(new Set(['warning profile-faulty']));
      expect(issues.map(({ diagnostics }) => diagnostics).join()).to.match(/is not sliced|nothing tells what is in this slice/);
      const posted = issuesOf({ ...profile, name: 'Untold' }).filter((issue) => issue.includes('value differential '));
      expect(posted).to.include(
        `error value differential StructureDefinition.differential.element[${elements.indexOf(slice[0] as never)}]`,
      );
    });
  }

  it('says of a discriminator that R4 has not where it stands', () => {
    const { issuesOf } = validatorWith();
    const posted = { ...aProfile('zzz', 'Patient', [zzz]), name: 'Zzz' };
    expect(issuesOf(posted)).to.include('error value differential StructureDefinition.differential.element[0].slicing.discriminator[0]');
  });

  it('is none that says it above what is named, below it, or by a binding of its own', () => {
    const use = (strength: string): DifferentialElement => ({
      id: `${id}:a.use`,
      binding: { strength, valueSet: 'http://hl7.org/fhir/ValueSet/address-use' },
    });
    const told: readonly (readonly DifferentialElement[])[] = [
      [bySystem, { id: `${id}:a`, patternIdentifier: { system: 'urn:a' } }],
      [bySystem, { id: `${id}:a` }, { id: `${id}:a.system`, fixedUri: 'urn:a' }],
      [slicing(id, [['value', 'type']]), { id: `${id}:a` }, { id: `${id}:a.type.coding.code`, fixedCode: 'NI' }],
      [slicing(id, [['exists', 'system']]), { id: `${id}:a` }, { id: `${id}:a.system`, max: '0' }],
      [slicing(id, [['value', 'use']]), { id: `${id}:a` }, use('required')],
    ];
    for (const elements of told) {
      const { validate } = validatorWith([aProfile('told', 'Patient', elements)]);
      const claiming = { resourceType: 'Patient', meta: { profile: [profileUrl('told')] }, identifier: [{ value: 'x' }] };
      expect(validate(claiming), JSON.stringify(elements)).to.deep.equal([]);
    }
  });
});
