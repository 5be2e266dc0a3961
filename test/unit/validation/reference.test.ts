import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { aProfile, profileUrl, R4_TYPES, validatorWith } from '../../support/validator-fixture.js';

const { issuesOf, validate } = validatorWith();

/** Only Patient, Group, Device and Location. */
const subject = (reference: JsonObject, more: JsonObject = {}): JsonObject => anObservation({ subject: reference, ...more });

const WRONG = ['error structure reference-target Observation.subject'];

describe('Reference targets', () => {
  it('that are not allowed are named, with those that are', () => {
    const [issue, ...others] = validate(subject({ reference: 'Practitioner/1' }));
    expect(others).to.deep.equal([]);
    expect(issue).to.deep.include({
      severity: 'error',
      code: 'structure',
      rule: 'reference-target',
      expression: 'Observation.subject',
      definition: 'http://hl7.org/fhir/StructureDefinition/Observation|4.0.1',
      diagnostics: 'A reference to a Practitioner is not allowed for Observation.subject: it may point to Patient, Group, Device, Location',
    });
  });

  it('are told from relative and absolute references, of a version too', () => {
    for (const reference of [
      'Patient/1',
      'Patient/1/_history/2',
      'http://x.example/fhir/Device/1',
      'https://x.example/Group/1/_history/1',
    ]) {
      expect(issuesOf(subject({ reference })), reference).to.deep.equal([]);
    }
    for (const reference of ['Practitioner/1', 'Practitioner/1/_history/2', 'http://x.example/fhir/Practitioner/1']) {
      expect(issuesOf(subject({ reference })), reference).to.deep.equal(WRONG);
    }
  });

  it('are not guessed from what says no type', () => {
    for (const reference of [
      'urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
      'urn:oid:1.2.3',
      'http://x.example/some/where',
      'http://x.example/a?b=c',
    ]) {
      expect(issuesOf(subject({ reference })), reference).to.deep.equal([]);
    }
    expect(issuesOf(subject({ display: 'somebody' }))).to.deep.equal([]);
    expect(issuesOf(subject({ identifier: { value: '1' } }))).to.deep.equal([]);
  });

  it('are told from the stated type too, beside what the reference says', () => {
    expect(issuesOf(subject({ reference: 'Patient/1', type: 'Patient' }))).to.deep.equal([]);
    expect(issuesOf(subject({ reference: 'Patient/1', type: `${R4_TYPES}Patient` }))).to.deep.equal([
      'warning code-invalid binding Observation.subject.type',
    ]);
    const CONTRADICTION = 'error invalid reference-type Observation.subject.type';
    expect(issuesOf(subject({ reference: 'Patient/1', type: 'Practitioner' }))).to.deep.equal([CONTRADICTION, ...WRONG]);
    expect(issuesOf(subject({ reference: 'Practitioner/1', type: 'Practitioner' }))).to.deep.equal(WRONG);
    expect(issuesOf(subject({ reference: 'Practitioner/1', type: 'Organization' }))).to.deep.equal([CONTRADICTION, ...WRONG, ...WRONG]);
    expect(issuesOf(subject({ type: 'patient', identifier: { value: '1' } }))).to.deep.equal([
      'warning code-invalid binding Observation.subject.type',
      ...WRONG,
    ]);
  });

  it('are told from the type that a logical reference states', () => {
    expect(issuesOf(subject({ type: 'Patient', identifier: { value: '1' } }))).to.deep.equal([]);
    expect(issuesOf(subject({ type: 'Practitioner', identifier: { value: '1' } }))).to.deep.equal(WRONG);
    expect(issuesOf(subject({ type: 'Practitioner', reference: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520' }))).to.deep.equal(WRONG);
  });

  it('may be any resource where R4 says Resource', () => {
    for (const reference of ['Patient/1', 'Questionnaire/1']) expect(issuesOf(anObservation({ focus: [{ reference }] }))).to.deep.equal([]);
  });

  it('are looked at in each item of an array', () => {
    expect(issuesOf(anObservation({ performer: [{ reference: 'Practitioner/1' }, { reference: 'Device/1' }] }))).to.deep.equal([
      'error structure reference-target Observation.performer[1]',
    ]);
  });

  describe('that are contained', () => {
    const contained = [
      { resourceType: 'Practitioner', id: 'p', gender: 'male' },
      { resourceType: 'Patient', id: 'x', generalPractitioner: [{ reference: '#p' }] },
    ];

    it('are resolved', () => {
      expect(issuesOf(subject({ reference: '#x' }, { contained }))).to.deep.equal([]);
      expect(issuesOf(subject({ reference: '#p' }, { contained: contained.slice(0, 1) }))).to.deep.equal(WRONG);
    });

    it('are found among many as among few, the first of two with one id', () => {
      for (const count of [2, 7, 8, 9, 20]) {
        const many = Array.from({ length: count }, (_, index) => ({ resourceType: 'Organization', id: `o${index}`, name: 'x' }));
        const twice = { resourceType: 'Practitioner', id: 'o1', gender: 'male' };
        const performer = many.map(({ id }) => ({ reference: `#${id}` }));
        const more = { contained: [...many, twice, 'x'] as JsonObject[], performer };
        expect(issuesOf(subject({ reference: '#o1' }, more)), String(count)).to.deep.equal([
          ...WRONG,
          `error invalid contained-id Observation.contained[${count}]`,
          `error structure json-type Observation.contained[${count + 1}]`,
        ]);
      }
    });

    it('must be there, which both a rule and the constraint ref-1 say, as with the reference validator', () => {
      expect(issuesOf(subject({ reference: '#nobody' }))).to.deep.equal([
        'error invariant ref-1 Observation.subject',
        'error structure reference-contained Observation.subject',
      ]);
      expect(issuesOf(anObservation({ focus: [{ reference: '#' }] }))).to.deep.equal(['error invariant ref-1 Observation.focus[0]']);
    });

    it('may refer to each other and to what contains them', () => {
      const provenance = [
        {
          resourceType: 'Provenance',
          id: 'v',
          target: [{ reference: '#' }],
          recorded: '2024-01-01T00:00:00Z',
          agent: [{ who: { reference: '#p' } }],
        },
        { resourceType: 'Practitioner', id: 'p', gender: 'male' },
      ];
      expect(issuesOf(anObservation({ contained: provenance }))).to.deep.equal([]);
      const back = [{ resourceType: 'Encounter', id: 'e', status: 'planned', class: { code: 'x' }, subject: { reference: '#' } }];
      expect(issuesOf({ ...aPatient(), contained: back })).to.deep.equal(['warning code-invalid binding Patient.contained[0].class']);
      expect(issuesOf(anObservation({ contained: back }))).to.deep.equal([
        'warning code-invalid binding Observation.contained[0].class',
        'error structure reference-target Observation.contained[0].subject',
      ]);
    });
  });

  describe('in a Bundle', () => {
    const bundle = (...entry: JsonObject[]): JsonObject => ({ resourceType: 'Bundle', type: 'collection', entry });
    const patient = { resourceType: 'Patient', id: '1' };
    const practitioner = { resourceType: 'Practitioner', id: '1' };
    const A = 'http://a.example/fhir';
    const B = 'http://b.example/fhir';
    const UUID = 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520';
    const wrong = ['error structure reference-target Bundle.entry[0].resource.subject'];

    it('are found by fullUrl, forward and backward', () => {
      const observation = { fullUrl: `${A}/Observation/1`, resource: subject({ reference: UUID }) };
      expect(issuesOf(bundle(observation, { fullUrl: UUID, resource: patient }))).to.deep.equal([]);
      expect(issuesOf(bundle(observation, { fullUrl: UUID, resource: practitioner }))).to.deep.equal(wrong);
      expect(issuesOf(bundle({ fullUrl: UUID, resource: practitioner }, observation))).to.deep.equal([
        'error structure reference-target Bundle.entry[1].resource.subject',
      ]);
    });

    it('are found by a reference that is relative to the fullUrl of its own entry', () => {
      const profile = aProfile('p', 'Observation', [
        { id: 'Observation.subject', type: [{ code: 'Reference', targetProfile: [profileUrl('dated')] }] },
      ]);
      const { issuesOf: of } = validatorWith([profile, aProfile('dated', 'Patient', [{ id: 'Patient.birthDate', min: 1 }])]);
      const at = (base: string): JsonObject => ({
        fullUrl: `${base}/Observation/1`,
        resource: { ...subject({ reference: 'Patient/1' }), meta: { profile: [profileUrl('p')] } },
      });
      const ofA = { fullUrl: `${A}/Patient/1`, resource: patient };
      const ofB = { fullUrl: `${B}/Patient/1`, resource: { ...patient, birthDate: '1990' } };
      const undated = ['error structure reference-profile Bundle.entry[0].resource.subject'];
      expect(of(bundle(at(A), ofA, ofB))).to.deep.equal(undated);
      expect(of(bundle(at(A), ofB, ofA))).to.deep.equal(undated);
      expect(of(bundle(at(B), ofA, ofB))).to.deep.equal([]);
      // at another server, and so not in this Bundle
      expect(of(bundle(at('http://c.example'), ofA, ofB))).to.deep.equal([]);
      // urn: has no base, so type and id have to do
      expect(of(bundle({ ...at(A), fullUrl: UUID }, ofA))).to.deep.equal(undated);
    });
  });

  it('of a version are those of that version, where the entries of a Bundle state theirs', () => {
    const named = aProfile('named', 'Patient', [{ id: 'Patient.name', min: 1 }]);
    const profile = aProfile('p', 'Observation', [
      { id: 'Observation.subject', type: [{ code: 'Reference', targetProfile: [profileUrl('named')] }] },
    ]);
    const { issuesOf: of } = validatorWith([named, profile]);
    const version = (versionId: string | undefined, more: JsonObject = {}): JsonObject => ({
      fullUrl: 'http://a.example/Patient/1',
      resource: { resourceType: 'Patient', id: '1', ...(versionId !== undefined && { meta: { versionId } }), ...more },
    });
    const of1 = version('1');
    const of2 = version('2', { name: [{ text: 'x' }] });
    const issues = (reference: string, ...entry: JsonObject[]): readonly string[] =>
      of({
        resourceType: 'Bundle',
        type: 'collection',
        entry: [
          { fullUrl: 'http://a.example/Observation/1', resource: { ...subject({ reference }), meta: { profile: [profileUrl('p')] } } },
          ...entry,
        ],
      });
    const refused = ['error structure reference-profile Bundle.entry[0].resource.subject'];
    expect(issues('Patient/1/_history/2', of1, of2)).to.deep.equal([]);
    expect(issues('Patient/1/_history/1', of1, of2)).to.deep.equal(refused);
    expect(issues('Patient/1/_history/3', of1)).to.deep.equal([]);
    expect(issues('Patient/1/_history/3', version(undefined))).to.deep.equal(refused);
  });

  describe('with profiles', () => {
    const dated = aProfile('dated', 'Patient', [{ id: 'Patient.birthDate', min: 1 }]);
    const gendered = aProfile('gendered', 'Patient', [{ id: 'Patient.gender', min: 1 }]);
    const profile = aProfile('p', 'Observation', [
      {
        id: 'Observation.subject',
        type: [{ code: 'Reference', targetProfile: [profileUrl('dated'), profileUrl('gendered'), `${R4_TYPES}Device`] }],
      },
    ]);
    const profiled = validatorWith([dated, gendered, profile]);
    const of = (resource: JsonObject): readonly string[] => profiled.issuesOf(resource, { profiles: [profileUrl('p')] });
    const containing = (resource: JsonObject): JsonObject => subject({ reference: '#x' }, { contained: [{ id: 'x', ...resource }] });

    it('must conform to one of them, where they are at hand', () => {
      expect(of(containing({ resourceType: 'Patient', birthDate: '1990' }))).to.deep.equal([]);
      expect(of(containing({ resourceType: 'Patient', gender: 'male' }))).to.deep.equal([]);
      expect(of(containing({ resourceType: 'Device' }))).to.deep.equal([]);
      const [issue, ...others] = profiled.validate(containing({ resourceType: 'Patient', active: true }), { profiles: [profileUrl('p')] });
      expect(others).to.deep.equal([]);
      expect(issue).to.deep.include({
        severity: 'error',
        code: 'structure',
        rule: 'reference-profile',
        expression: 'Observation.subject',
        definition: `${profileUrl('p')}|1.0.0`,
        diagnostics:
          'The Patient that is referred to conforms to none of the profiles that Observation.subject allows: ' +
          `${profileUrl('dated')}, ${profileUrl('gendered')}, ${R4_TYPES}Device`,
      });
    });

    it('are of the types of the profiles, where they are not at hand', () => {
      expect(of(subject({ reference: 'Patient/1' }))).to.deep.equal([]);
      expect(of(subject({ reference: 'Device/1' }))).to.deep.equal([]);
      expect(of(subject({ reference: 'Group/1' }))).to.deep.equal(WRONG);
    });

    it('that are not loaded may be of any type', () => {
      const unloaded = aProfile('p', 'Observation', [
        { id: 'Observation.subject', type: [{ code: 'Reference', targetProfile: ['http://x.example/not-loaded'] }] },
      ]);
      const { issuesOf: ofUnloaded } = validatorWith([unloaded]);
      expect(ofUnloaded(subject({ reference: 'Patient/1' }), { profiles: [profileUrl('p')] })).to.deep.equal([]);
    });

    it('in circles come to an end', () => {
      const circle = aProfile('circle', 'Observation', [
        { id: 'Observation.hasMember', min: 1, type: [{ code: 'Reference', targetProfile: [profileUrl('circle')] }] },
      ]);
      const { issuesOf: ofCircle } = validatorWith([circle]);
      const entry = (id: string, member: string, more: JsonObject = {}): JsonObject => ({
        fullUrl: `http://x.example/Observation/${id}`,
        resource: anObservation({
          id,
          meta: { profile: [profileUrl('circle')] },
          hasMember: [{ reference: `Observation/${member}` }],
          ...more,
        }),
      });
      const bundle = (...entries: JsonObject[]): JsonObject => ({ resourceType: 'Bundle', type: 'collection', entry: entries });
      expect(ofCircle(bundle(entry('1', '2'), entry('2', '3'), entry('3', '1')))).to.deep.equal([]);
      expect(ofCircle(bundle(entry('1', '1')))).to.deep.equal([]);
      const broken = ofCircle(bundle(entry('1', '2'), entry('2', '1', { status: 'x' })));
      expect(broken).to.include('error code-invalid binding Bundle.entry[1].resource.status');
      expect(broken).to.include('error structure reference-profile Bundle.entry[0].resource.hasMember[0]');
    });

    it('in circles refuse all who count on one that does not conform, wherever the walk begins', () => {
      const chain = aProfile('chain', 'Observation', [
        { id: 'Observation.hasMember', min: 1, type: [{ code: 'Reference', targetProfile: [profileUrl('chain')] }] },
      ]);
      const { issuesOf: ofChain } = validatorWith([chain]);
      const member = (id: string, next: string, more: JsonObject = {}): JsonObject =>
        anObservation({ id, hasMember: next.split(' ').map((target) => ({ reference: `#${target}` })), ...more });
      const holder = (...contained: JsonObject[]): readonly string[] =>
        ofChain(anObservation({ contained, hasMember: contained.map(({ id }) => ({ reference: `#${id as string}` })) }), {
          profiles: [profileUrl('chain')],
        }).filter((issue) => issue.includes('reference-profile'));
      expect(holder(member('a', 'b'), member('b', 'c'), member('c', 'a'))).to.deep.equal([]);
      // d has no member, so c has a wrong one, and so on around the circle
      const broken = holder(member('a', 'b'), member('b', 'c'), member('c', 'a d'), anObservation({ id: 'd' }));
      expect(broken).to.deep.equal([0, 1, 2, 3].map((index) => `error structure reference-profile Observation.hasMember[${index}]`));
      const beside = holder(member('a', 'b'), member('b', 'a'), member('c', 'd'), anObservation({ id: 'd' }));
      expect(beside).to.deep.equal([2, 3].map((index) => `error structure reference-profile Observation.hasMember[${index}]`));
    });

    it('are tried once each: twenty that all refer to each other take no time', () => {
      const mesh = aProfile('mesh', 'Observation', [
        { id: 'Observation.hasMember', min: 1, type: [{ code: 'Reference', targetProfile: [profileUrl('mesh')] }] },
      ]);
      const ids = Array.from({ length: 20 }, (_, index) => `o${index}`);
      const contained = ids.map((id) => anObservation({ id, hasMember: ids.map((other) => ({ reference: `#${other}` })) }));
      const resource = anObservation({ contained, hasMember: ids.map((id) => ({ reference: `#${id}` })) });
      expect(validatorWith([mesh]).issuesOf(resource, { profiles: [profileUrl('mesh')] })).to.deep.equal([]);
    }).timeout(5_000);

    it('are tried with what the target itself refers to and contains', () => {
      const registered = aProfile('registered', 'Patient', [
        { id: 'Patient.managingOrganization', min: 1, type: [{ code: 'Reference', targetProfile: [profileUrl('named')] }] },
      ]);
      const named = aProfile('named', 'Organization', [{ id: 'Organization.name', min: 1 }]);
      const ofRegistered = aProfile('p', 'Observation', [
        { id: 'Observation.subject', type: [{ code: 'Reference', targetProfile: [profileUrl('registered')] }] },
      ]);
      const { issuesOf: check } = validatorWith([registered, named, ofRegistered]);
      const observation = (name: JsonObject): JsonObject =>
        subject(
          { reference: '#x' },
          {
            contained: [
              { resourceType: 'Patient', id: 'x', managingOrganization: { reference: '#o' } },
              { resourceType: 'Organization', id: 'o', ...name },
            ],
          },
        );
      const options = { profiles: [profileUrl('p')] };
      expect(check(observation({ name: 'x' }), options)).to.deep.equal([]);
      expect(check(observation({ alias: ['x'] }), options).filter((issue) => issue.includes('reference'))).to.deep.equal([
        'error structure reference-profile Observation.subject',
      ]);
    });

    it('are tried on a resource that refers to itself with extensions that know their place', () => {
      const selfish = aProfile('selfish', 'Observation', [
        { id: 'Observation.hasMember', min: 1, type: [{ code: 'Reference', targetProfile: [profileUrl('marked')] }] },
      ]);
      const marked = aProfile('marked', 'Observation', [{ id: 'Observation.extension', min: 1 }]);
      const mark = aProfile(
        'mark',
        'Extension',
        [
          { id: 'Extension.url', fixedUri: profileUrl('mark') },
          { id: 'Extension.value[x]', min: 1 },
        ],
        {
          context: [{ type: 'element', expression: 'Observation' }],
        },
      );
      const { issuesOf: check } = validatorWith([selfish, marked, mark]);
      const resource = anObservation({
        id: '1',
        meta: { profile: [profileUrl('selfish')] },
        extension: [{ url: profileUrl('mark'), valueString: 'x' }],
        hasMember: [{ reference: 'Observation/1' }],
      });
      expect(
        check({ resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl: 'http://x.example/Observation/1', resource }] }),
      ).to.deep.equal([]);
    });
  });
});

describe('Reference forms', () => {
  const of = (rules: JsonObject, reference: string, more: JsonObject = {}): readonly string[] => {
    const type = [{ code: 'Reference', targetProfile: [`${R4_TYPES}Patient`], ...rules }];
    const profile = aProfile('form', 'Observation', [{ id: 'Observation.subject', type }]);
    return validatorWith([profile]).issuesOf(subject({ reference }, more), { profiles: [profileUrl('form')] });
  };
  const contained = [aPatient({ id: 'p' })];

  it('are those that the aggregation of the type allows', () => {
    expect(of({ aggregation: ['contained'] }, '#p', { contained })).to.deep.equal([]);
    expect(of({ aggregation: ['referenced'] }, 'Patient/1')).to.deep.equal([]);
    const wrong = ['error required reference-aggregation Observation.subject'];
    expect(of({ aggregation: ['contained', 'bundled'] }, 'Patient/1')).to.deep.equal(wrong);
    expect(of({ aggregation: ['referenced'] }, '#p', { contained })).to.deep.equal(wrong);
  });

  it('are found in the Bundle where they are to be bundled', () => {
    const type = [{ code: 'Reference', targetProfile: [`${R4_TYPES}Patient`], aggregation: ['bundled'] }];
    const { issuesOf } = validatorWith([aProfile('form', 'Observation', [{ id: 'Observation.subject', type }])]);
    const entry = (reference: string): JsonObject => ({
      fullUrl: 'http://x.example/Observation/1',
      resource: { ...subject({ reference }), meta: { profile: [profileUrl('form')] } },
    });
    const bundle = (reference: string): JsonObject => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [entry(reference), { fullUrl: 'http://x.example/Patient/1', resource: aPatient({ id: '1' }) }],
    });
    expect(issuesOf(bundle('Patient/1'))).to.deep.equal([]);
    expect(issuesOf(bundle('Patient/2'))).to.deep.equal(['error required reference-aggregation Bundle.entry[0].resource.subject']);
  });

  it('name a version, or none, as the type has it', () => {
    const wrong = ['error structure reference-versioning Observation.subject'];
    expect(of({ versioning: 'specific' }, 'Patient/1/_history/1')).to.deep.equal([]);
    expect(of({ versioning: 'specific' }, 'Patient/1')).to.deep.equal(wrong);
    expect(of({ versioning: 'independent' }, 'Patient/1/_history/1')).to.deep.equal(wrong);
    expect(of({ versioning: 'either' }, 'Patient/1/_history/1')).to.deep.equal([]);
  });
});
