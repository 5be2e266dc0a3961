import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import {
  aProfile,
  issuesByDifferential as check,
  type DifferentialElement,
  profileUrl,
  R4_TYPES,
  slicing,
  validatorWith,
} from '../../support/validator-fixture.js';

describe('Discriminators', () => {
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
        { id: 'Observation.performer:person', max: '1', type: [{ code: 'Reference', targetProfile: [`${R4_TYPES}Practitioner`] }] },
        { id: 'Observation.performer:place', max: '1', type: [{ code: 'Reference', targetProfile: [`${R4_TYPES}Organization`] }] },
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
      { id: 'Observation.performer:person', min: 1, max: '1', type: [{ code: 'Reference', targetProfile: [`${R4_TYPES}Practitioner`] }] },
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

  describe('without a discriminator', () => {
    const elements = [
      slicing('Patient.name', []),
      { id: 'Patient.name:full', min: 1, max: '1' },
      { id: 'Patient.name:full.family', min: 1 },
      { id: 'Patient.name:full.given', min: 1 },
    ];

    it('takes what conforms to the slice, and says so', () => {
      const remark = 'information incomplete profile-faulty Patient';
      expect(check(aPatient({ name: [{ text: 'a' }, { family: 'a', given: ['b'] }] }), elements)).to.deep.equal([remark]);
      expect(check(aPatient({ name: [{ family: 'a' }, { given: ['b'] }] }), elements)).to.deep.equal([
        remark,
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
});
