import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { aProfile, type DifferentialElement, profileUrl, validatorWith } from '../../support/validator-fixture.js';

const HIP = 'http://terminology.hl7.org/CodeSystem/v2-0203';
const NHI = 'https://standards.digital.health.nz/ns/nhi-id';
const LOCAL = 'http://x.example/local';

interface SlicingMore {
  readonly rules?: string;
  readonly ordered?: boolean;
}

function slicing(
  id: string,
  discriminators: readonly (readonly [string, string])[],
  { rules = 'open', ordered = false }: SlicingMore = {},
) {
  const discriminator = discriminators.map(([type, path]) => ({ type, path }));
  return { id, slicing: { ...(discriminator.length > 0 && { discriminator }), ordered, rules } };
}

function check(resource: JsonObject, elements: readonly DifferentialElement[]): readonly string[] {
  const { issuesOf } = validatorWith([aProfile('p', String(resource['resourceType']), elements)]);
  return issuesOf(resource, { profiles: [profileUrl('p')] });
}

/** Identifiers sliced by system: `nhi` 1..1 and `local` 0..2. */
function bySystem(more: SlicingMore = {}): DifferentialElement[] {
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

  describe('by pattern', () => {
    const elements = (path: string): DifferentialElement[] => [
      slicing('Observation.category', [['pattern', path]]),
      {
        id: 'Observation.category:lab',
        min: 1,
        max: '1',
        patternCodeableConcept: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] },
      },
    ];
    const category = (...codes: string[]): JsonObject[] =>
      codes.map((code) => ({ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code }] }));

    it('takes what has at least the pattern', () => {
      expect(check(anObservation({ category: category('vital-signs', 'laboratory') }), elements('$this'))).to.deep.equal([]);
      const [lab] = category('laboratory') as [JsonObject];
      expect(check(anObservation({ category: [{ ...lab, text: 'Labor' }] }), elements('$this'))).to.deep.equal([]);
      expect(check(anObservation({ category: category('vital-signs') }), elements('$this'))).to.deep.equal([
        'error required cardinality-min Observation',
      ]);
    });

    it('is found when the discriminator names the inside of the pattern', () => {
      // https://hl7.org/fhir/R4/profiling.html#discriminator: the value may come from a pattern of an element above
      const inside = elements('coding.code');
      expect(check(anObservation({ category: category('vital-signs', 'laboratory') }), inside)).to.deep.equal([]);
      expect(check(anObservation({ category: category('laboratory', 'laboratory') }), inside)).to.deep.equal([
        'error structure cardinality-max Observation',
      ]);
    });

    it('inside it decides where an item belongs, and not whether the item is as it should be', () => {
      const inside = [...elements('coding.code'), { id: 'Observation.category:lab.text', min: 1 }];
      expect(check(anObservation({ category: category('laboratory') }), inside)).to.deep.equal([
        'error required cardinality-min Observation.category[0]',
      ]);
    });

    it('takes a primitive by its value', () => {
      const givens = [
        slicing('Patient.name.given', [['value', '$this']]),
        { id: 'Patient.name.given:hine', min: 1, patternString: 'Hine' },
      ];
      expect(check(aPatient({ name: [{ given: ['a', 'Hine'] }] }), givens)).to.deep.equal([]);
      expect(check(aPatient({ name: [{ given: ['a'] }] }), givens)).to.deep.equal(['error required cardinality-min Patient.name[0]']);
    });
  });

  describe('by exists', () => {
    const elements = [
      slicing('Patient.telecom', [['exists', 'period']]),
      { id: 'Patient.telecom:past', max: '1' },
      { id: 'Patient.telecom:past.period', min: 1 },
      { id: 'Patient.telecom:now', min: 1 },
      { id: 'Patient.telecom:now.period', max: '0' },
    ];
    const past = { system: 'phone', value: '1', period: { end: '2000' } };
    const now = { system: 'phone', value: '2' };

    it('tells apart what has the element and what has not', () => {
      expect(check(aPatient({ telecom: [past, now, now] }), elements)).to.deep.equal([]);
      expect(check(aPatient({ telecom: [past] }), elements)).to.deep.equal(['error required cardinality-min Patient']);
      expect(check(aPatient({ telecom: [past, past, now] }), elements)).to.deep.equal(['error structure cardinality-max Patient']);
    });
  });

  describe('by type', () => {
    it('of a choice inside', () => {
      const elements = [
        slicing('Observation.component', [['type', 'value']], { rules: 'closed' }),
        { id: 'Observation.component:text', max: '1' },
        { id: 'Observation.component:text.value[x]', type: [{ code: 'string' }], min: 1 },
        { id: 'Observation.component:number', max: '*' },
        { id: 'Observation.component:number.value[x]', type: [{ code: 'Quantity' }, { code: 'integer' }], min: 1 },
      ];
      const code = { text: 'x' };
      expect(
        check(
          anObservation({
            component: [
              { code, valueString: 'a' },
              { code, valueInteger: 1 },
            ],
          }),
          elements,
        ),
      ).to.deep.equal([]);
      expect(
        check(
          anObservation({
            component: [
              { code, valueString: 'a' },
              { code, valueString: 'b' },
            ],
          }),
          elements,
        ),
      ).to.deep.equal(['error structure cardinality-max Observation']);
      expect(check(anObservation({ component: [{ code, valueBoolean: true }, { code }] }), elements)).to.deep.equal([
        'error structure slicing-closed Observation.component[0]',
        'error structure slicing-closed Observation.component[1]',
      ]);
    });

    it('of the resource in an entry', () => {
      const elements = [
        slicing('Bundle.entry', [['type', 'resource']], { rules: 'closed' }),
        { id: 'Bundle.entry:patient', min: 1, max: '1' },
        { id: 'Bundle.entry:patient.resource', min: 1, type: [{ code: 'Patient' }] },
        { id: 'Bundle.entry:observation', max: '1' },
        { id: 'Bundle.entry:observation.resource', min: 1, type: [{ code: 'Observation' }] },
      ];
      const bundle = (...resources: JsonObject[]): JsonObject => ({
        resourceType: 'Bundle',
        type: 'collection',
        entry: resources.map((resource, index) => ({ fullUrl: `http://x.example/${index}`, resource })),
      });
      expect(check(bundle(aPatient(), anObservation()), elements)).to.deep.equal([]);
      expect(check(bundle(anObservation(), anObservation()), elements)).to.deep.equal([
        'error required cardinality-min Bundle',
        'error structure cardinality-max Bundle',
      ]);
      expect(check(bundle(aPatient(), { resourceType: 'Basic', code: { text: 'x' } }), elements)).to.deep.equal([
        'error structure slicing-closed Bundle.entry[1]',
      ]);
    });

    it('of the target of a reference: contained, in the Bundle, by its text, or stated', () => {
      const elements = [
        slicing('Observation.performer', [['type', 'resolve()']], { rules: 'closed' }),
        { id: 'Observation.performer:person', max: '1', type: [{ code: 'Reference', targetProfile: [type('Practitioner')] }] },
        { id: 'Observation.performer:place', max: '1', type: [{ code: 'Reference', targetProfile: [type('Organization')] }] },
      ];
      const performed = (...performer: JsonObject[]): JsonObject => anObservation({ performer });
      expect(check(performed({ reference: 'Practitioner/1' }, { reference: 'http://x.example/Organization/1' }), elements)).to.deep.equal(
        [],
      );
      expect(check(performed({ reference: 'Practitioner/1' }, { reference: 'Practitioner/2' }), elements)).to.deep.equal([
        'error structure cardinality-max Observation',
      ]);
      expect(check(performed({ type: 'Practitioner', identifier: { value: '1' } }), elements)).to.deep.equal([]);
      const contained = [{ resourceType: 'Organization', id: 'o', name: 'x' }];
      expect(check({ ...performed({ reference: '#o' }), contained }, elements)).to.deep.equal([]);
      expect(check({ ...performed({ reference: '#o' }, { reference: 'Organization/1' }), contained }, elements)).to.deep.equal([
        'error structure cardinality-max Observation',
      ]);
      expect(check(performed({ display: 'somebody' }), elements)).to.deep.equal([
        'error structure slicing-closed Observation.performer[0]',
      ]);
    });
  });

  it('by the type of a target follows fullUrls in a Bundle, forward and backward', () => {
    const UUID = 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520';
    const profile = aProfile('p', 'Observation', [
      slicing('Observation.performer', [['type', 'resolve()']], { rules: 'closed' }),
      { id: 'Observation.performer:person', min: 1, max: '1', type: [{ code: 'Reference', targetProfile: [type('Practitioner')] }] },
    ]);
    const { issuesOf } = validatorWith([profile]);
    const observation = { ...anObservation({ performer: [{ reference: UUID }] }), meta: { profile: [profileUrl('p')] } };
    const entry = { fullUrl: 'http://x.example/Observation/1', resource: observation };
    const bundle = (...entries: JsonObject[]): readonly string[] =>
      issuesOf({ resourceType: 'Bundle', type: 'collection', entry: entries });
    const practitioner = { fullUrl: UUID, resource: { resourceType: 'Practitioner', gender: 'male' } };
    const organization = { fullUrl: UUID, resource: { resourceType: 'Organization', name: 'x' } };
    expect(bundle(entry, practitioner)).to.deep.equal([]);
    expect(bundle(practitioner, entry)).to.deep.equal([]);
    expect(bundle(entry, organization)).to.deep.equal([
      'error structure slicing-closed Bundle.entry[0].resource.performer[0]',
      'error required cardinality-min Bundle.entry[0].resource',
    ]);
    // what is not at hand is in no slice
    expect(bundle(entry)).to.deep.equal([
      'error structure slicing-closed Bundle.entry[0].resource.performer[0]',
      'error required cardinality-min Bundle.entry[0].resource',
    ]);
  });

  describe('by profile', () => {
    const adult = aProfile('adult', 'Patient', [{ id: 'Patient.birthDate', min: 1 }]);
    const child = aProfile('child', 'Patient', [{ id: 'Patient.contact', min: 1 }]);
    const bundleProfile = aProfile('p', 'Bundle', [
      slicing('Bundle.entry', [['profile', 'resource']], { rules: 'closed' }),
      { id: 'Bundle.entry:adult', max: '1' },
      { id: 'Bundle.entry:adult.resource', min: 1, type: [{ code: 'Patient', profile: [profileUrl('adult')] }] },
      { id: 'Bundle.entry:child', max: '1' },
      { id: 'Bundle.entry:child.resource', min: 1, type: [{ code: 'Patient', profile: [profileUrl('child')] }] },
    ]);
    const { issuesOf } = validatorWith([adult, child, bundleProfile]);
    const entries = (...resources: JsonObject[]): readonly string[] => {
      const entry = resources.map((resource, index) => ({ fullUrl: `http://x.example/${index}`, resource }));
      return issuesOf({ resourceType: 'Bundle', type: 'collection', entry }, { profiles: [profileUrl('p')] });
    };
    const anAdult = { resourceType: 'Patient', birthDate: '1990' };
    const aChild = { resourceType: 'Patient', contact: [{ name: { text: 'Mum' } }] };

    it('puts a resource into the slice whose profile it passes', () => {
      expect(entries(aChild, anAdult)).to.deep.equal([]);
      expect(entries(anAdult, anAdult)).to.deep.equal(['error structure cardinality-max Bundle']);
      expect(entries(anAdult, { resourceType: 'Patient' })).to.deep.equal(['error structure slicing-closed Bundle.entry[1]']);
    });

    it('follows references to what is contained or in the Bundle', () => {
      const elements = [
        slicing('Observation.performer', [['profile', 'resolve()']]),
        {
          id: 'Observation.performer:registered',
          min: 1,
          type: [{ code: 'Reference', targetProfile: [profileUrl('registered')] }],
        },
      ];
      const registered = aProfile('registered', 'Practitioner', [{ id: 'Practitioner.identifier', min: 1 }]);
      const { issuesOf: of } = validatorWith([registered, aProfile('p', 'Observation', elements)]);
      const observation = (practitioner: JsonObject): JsonObject =>
        anObservation({ contained: [{ resourceType: 'Practitioner', id: 'x', ...practitioner }], performer: [{ reference: '#x' }] });
      expect(of(observation({ identifier: [{ value: '1' }] }), { profiles: [profileUrl('p')] })).to.deep.equal([]);
      expect(of(observation({ gender: 'male' }), { profiles: [profileUrl('p')] })).to.deep.equal([
        'error required cardinality-min Observation',
      ]);
    });

    it('of a type takes what passes the profile of the type', () => {
      const elements = [
        slicing('Patient.name', [['profile', '$this']]),
        { id: 'Patient.name:full', min: 1, type: [{ code: 'HumanName', profile: [profileUrl('full')] }] },
      ];
      const full = aProfile('full', 'HumanName', [{ id: 'HumanName.family', min: 1 }]);
      const { issuesOf: of } = validatorWith([full, aProfile('p', 'Patient', elements)]);
      expect(of(aPatient({ name: [{ text: 'a' }, { family: 'b' }] }), { profiles: [profileUrl('p')] })).to.deep.equal([]);
      expect(of(aPatient({ name: [{ text: 'a' }] }), { profiles: [profileUrl('p')] })).to.deep.equal([
        'error required cardinality-min Patient',
      ]);
    });
  });

  describe('by several discriminators', () => {
    const elements = [
      slicing('Patient.telecom', [
        ['value', 'system'],
        ['value', 'use'],
      ]),
      { id: 'Patient.telecom:home', min: 1, max: '1' },
      { id: 'Patient.telecom:home.system', min: 1, fixedCode: 'phone' },
      { id: 'Patient.telecom:home.use', min: 1, fixedCode: 'home' },
    ];

    it('wants all of them', () => {
      const telecom = (...pairs: [string, string][]): JsonObject =>
        aPatient({ telecom: pairs.map(([system, use]) => ({ system, use, value: '1' })) });
      expect(check(telecom(['phone', 'work'], ['email', 'home'], ['phone', 'home']), elements)).to.deep.equal([]);
      expect(check(telecom(['phone', 'work'], ['email', 'home']), elements)).to.deep.equal(['error required cardinality-min Patient']);
      expect(check(telecom(['phone', 'home'], ['phone', 'home']), elements)).to.deep.equal(['error structure cardinality-max Patient']);
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

  describe('without a discriminator', () => {
    const elements = [
      slicing('Patient.name', []),
      { id: 'Patient.name:full', min: 1, max: '1' },
      { id: 'Patient.name:full.family', min: 1 },
      { id: 'Patient.name:full.given', min: 1 },
    ];

    it('takes what conforms to the slice', () => {
      expect(check(aPatient({ name: [{ text: 'a' }, { family: 'a', given: ['b'] }] }), elements)).to.deep.equal([]);
      expect(check(aPatient({ name: [{ family: 'a' }, { given: ['b'] }] }), elements)).to.deep.equal([
        'error required cardinality-min Patient',
      ]);
    });
  });

  describe('by ofType() and extension()', () => {
    it('finds the value of a choice by its type', () => {
      const elements = [
        slicing('Observation.component', [['value', 'value.ofType(Coding).code']]),
        { id: 'Observation.component:a', max: '1' },
        { id: 'Observation.component:a.value[x]', type: [{ code: 'Coding' }], min: 1 },
        { id: 'Observation.component:a.value[x].code', min: 1, fixedCode: 'a' },
      ];
      const component = (value: JsonObject): JsonObject => ({ code: { text: 'x' }, ...value });
      // Observation.component.value[x] has no Coding in R4: SimpleQuantity's code serves as well
      const quantities = elements.map((element) =>
        JSON.parse(JSON.stringify(element).replaceAll('Coding', 'Quantity')),
      ) as DifferentialElement[];
      const quantity = (code: string): JsonObject => component({ valueQuantity: { value: 1, system: 'http://x.example', code } });
      expect(
        check(anObservation({ component: [quantity('a'), quantity('b'), component({ valueString: 'a' })] }), quantities),
      ).to.deep.equal([]);
      expect(check(anObservation({ component: [quantity('a'), quantity('a')] }), quantities)).to.deep.equal([
        'error structure cardinality-max Observation',
      ]);
    });

    it("finds the value of an extension: extension('url').value", () => {
      const url = 'http://x.example/kind';
      const elements = [
        slicing('Patient.name', [['value', `extension('${url}').value`]]),
        { id: 'Patient.name:a', max: '1' },
        slicing('Patient.name:a.extension', [['value', 'url']]),
        { id: 'Patient.name:a.extension:kind', min: 1, type: [{ code: 'Extension', profile: [url] }] },
        { id: 'Patient.name:a.extension:kind.value[x]', type: [{ code: 'code' }], fixedCode: 'a' },
      ];
      const kind = aProfile(
        url,
        'Extension',
        [
          { id: 'Extension.url', fixedUri: url },
          { id: 'Extension.value[x]', min: 1, type: [{ code: 'code' }] },
        ],
        { context: [{ type: 'element', expression: 'HumanName' }] },
      );
      const { issuesOf } = validatorWith([kind, aProfile('p', 'Patient', elements)]);
      const name = (valueCode: string): JsonObject => ({ text: 'x', extension: [{ url, valueCode }] });
      expect(issuesOf(aPatient({ name: [name('a'), name('b'), { text: 'x' }] }), { profiles: [profileUrl('p')] })).to.deep.equal([]);
      expect(issuesOf(aPatient({ name: [name('a'), name('a')] }), { profiles: [profileUrl('p')] })).to.deep.equal([
        'error structure cardinality-max Patient',
      ]);
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

function type(name: string): string {
  return `http://hl7.org/fhir/StructureDefinition/${name}`;
}

/** The last element of an id stands for both. */
function merged(elements: readonly DifferentialElement[]): readonly DifferentialElement[] {
  const byId = new Map<string, DifferentialElement>();
  for (const element of elements) byId.set(element.id, { ...byId.get(element.id), ...element });
  return [...byId.values()];
}
