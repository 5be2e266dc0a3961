import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { aProfile, documentOf, profileUrl, R4_TYPES, validatorWith } from '../../support/validator-fixture.js';

const P = profileUrl('p');

/** Version `version` of the profile p demands the element. */
function version(label: string, element: string): JsonObject {
  return aProfile('p', 'Patient', [{ id: `Patient.${element}`, min: 1 }], { version: label });
}

const claiming = (...profile: readonly unknown[]): JsonObject => ({ resourceType: 'Patient', meta: { profile: profile as string[] } });

describe('Profile claims', () => {
  const versions = validatorWith([
    version('1.0.0', 'name'),
    version('1.10.0', 'gender'),
    version('1.9.0', 'birthDate'),
    version('2.0.0-ballot', 'photo'),
    version('2.0.0-snapshot1', 'photo'),
  ]);
  const missing = (resource: JsonObject): readonly (readonly [string, string | undefined])[] =>
    versions.validate(resource).map(({ diagnostics, definition }) => [diagnostics, definition] as const);

  it('without a version mean the highest one in semantic order, pre-releases last', () => {
    expect(missing(claiming(P))).to.deep.equal([['Patient.gender is missing: at least 1 is required', `${P}|1.10.0`]]);
  });

  it('with a version mean exactly that one, pre-releases too', () => {
    expect(missing(claiming(`${P}|1.0.0`))).to.deep.equal([['Patient.name is missing: at least 1 is required', `${P}|1.0.0`]]);
    expect(missing(claiming(`${P}|1.9.0`))).to.deep.equal([['Patient.birthDate is missing: at least 1 is required', `${P}|1.9.0`]]);
    expect(missing(claiming(`${P}|2.0.0-ballot`))).to.deep.equal([
      ['Patient.photo is missing: at least 1 is required', `${P}|2.0.0-ballot`],
    ]);
  });

  it('mean a pre-release when there is nothing else', () => {
    const only = validatorWith([version('1.0.0-beta.2', 'name'), version('1.0.0-beta.10', 'gender')]);
    expect(only.validate(claiming(P)).map(({ definition }) => definition)).to.deep.equal([`${P}|1.0.0-beta.10`]);
  });

  it('to a profile that is built, at whatever distance, upon one that is not loaded are errors', () => {
    const upon = (name: string, base: string): JsonObject =>
      aProfile(name, 'Patient', [{ id: 'Patient.name', min: 1 }], { baseDefinition: profileUrl(base) });
    const validator = validatorWith([upon('b', 'absent'), upon('c', 'b')]);
    for (const name of ['b', 'c']) {
      const issues = validator.validate(claiming(profileUrl(name)));
      const broken = issues.map(({ rule, expression, definition }) => ({ rule, expression, definition }));
      const definition = `${profileUrl(name)}|1.0.0`;
      expect(broken.map(({ rule }) => rule)).to.have.members(['profile-incomplete', 'cardinality-min']);
      expect(broken).to.deep.include({ rule: 'profile-incomplete', expression: 'Patient.meta.profile[0]', definition });
      expect(issues.map(({ diagnostics }) => diagnostics).join()).to.include(`${profileUrl('absent')}, which is not loaded`);
    }
  });

  it('to a profile that is built upon itself are errors that say so', () => {
    const circle = aProfile('circle', 'Patient', [], { baseDefinition: profileUrl('circle') });
    const [issue] = validatorWith([circle]).validate(claiming(profileUrl('circle')));
    expect(issue).to.include({ severity: 'error', rule: 'profile-incomplete', expression: 'Patient.meta.profile[0]' });
    expect(issue?.diagnostics).to.include('is built upon itself');
  });

  it('to a profile that constrains something without saying what are errors', () => {
    const { baseDefinition: _base, ...loose } = aProfile('loose', 'Patient', [{ id: 'Patient.name', min: 1 }]);
    const [issue] = validatorWith([loose as JsonObject]).validate({ ...claiming(profileUrl('loose')), name: [{ text: 'x' }] });
    expect(issue).to.include({ severity: 'error', rule: 'profile-incomplete', expression: 'Patient.meta.profile[0]' });
    expect(issue?.diagnostics).to.include('has no baseDefinition');
  });

  it('to a profile that says what cannot be are said to be checked in part', () => {
    const { validate } = validatorWith([
      aProfile('odd', 'Patient', [
        { id: 'Patient.nickname', min: 1 },
        { id: 'Patient.name', min: 1 },
      ]),
    ]);
    const issues = validate({ ...claiming(profileUrl('odd')), name: [{ text: 'x' }] });
    expect(issues.map(({ severity, rule, expression }) => `${severity} ${rule} ${expression}`)).to.deep.equal([
      'warning profile-faulty Patient.meta.profile[0]',
    ]);
    expect(issues[0]?.diagnostics).to.equal(
      `The profile ${profileUrl('odd')}|1.0.0 of package loose#0 has a fault at Patient.nickname: There is no element 'nickname' in ` +
        "'Patient'; instead, what it is built upon holds there",
    );
    const misshapen = validatorWith([aProfile('odd', 'Patient', [{ id: 'Patient.name', min: '1' as unknown as number }])]);
    expect(misshapen.validate(claiming(profileUrl('odd'))).map(({ rule }) => rule)).to.deep.equal(['profile-faulty']);
  });

  it('that are unknown are errors with the claim as it was sent', () => {
    for (const claim of [
      `${P}|3.0.0`,
      `${P}|1.9`,
      `${P}|1`,
      `${P}|1.0.0-ballot`,
      `${P}|`,
      `${P}| 1.0.0`,
      profileUrl('q'),
      'urn:x',
      P.toUpperCase(),
      `${P}/`,
      `${P}#x`,
      `${P}#`,
    ]) {
      const issues = versions.validate(claiming(claim)).filter(({ rule }) => rule === 'profile-unknown');
      expect(issues, claim).to.have.length(1);
      expect(issues[0]).to.deep.include({
        severity: 'error',
        code: 'not-found',
        rule: 'profile-unknown',
        expression: 'Patient.meta.profile[0]',
        diagnostics: `Profile reference '${claim}' has not been checked because it is unknown`,
      });
    }
  });

  it('that are unknown may be a warning, where the server is so set up', () => {
    const lenient = validatorWith([], { unknownProfile: 'warning' });
    expect(lenient.issuesOf(claiming(P))).to.deep.equal(['warning not-found profile-unknown Patient.meta.profile[0]']);
    // but not where the caller asks for it
    expect(lenient.issuesOf(aPatient(), { profiles: [P] })).to.deep.equal(['error not-found profile-unknown Patient']);
  });

  it('of other types are errors', () => {
    const { issuesOf } = validatorWith([aProfile('o', 'Observation', []), aProfile('name', 'HumanName', [])]);
    const wrong = ['error invalid profile-type Patient.meta.profile[0]'];
    expect(issuesOf(claiming(profileUrl('o')))).to.deep.equal(wrong);
    expect(issuesOf(claiming(profileUrl('name')))).to.deep.equal(wrong);
    expect(issuesOf(claiming(`${R4_TYPES}Observation`))).to.deep.equal(wrong);
    expect(issuesOf(claiming(`${R4_TYPES}HumanName`))).to.deep.equal(wrong);
  });

  it('may be of the base definition and what that is built on', () => {
    for (const type of ['Patient', 'DomainResource', 'Resource']) {
      expect(versions.issuesOf(claiming(`${R4_TYPES}${type}`)), type).to.deep.equal([]);
    }
    expect(versions.issuesOf(claiming(`${R4_TYPES}Patient|4.0.1`))).to.deep.equal([]);
    expect(versions.issuesOf(claiming(`${R4_TYPES}Patient|4.3.0`))).to.deep.equal([
      'error not-found profile-unknown Patient.meta.profile[0]',
    ]);
    const { issuesOf } = validatorWith([aProfile('tagged', 'DomainResource', [{ id: 'DomainResource.text', min: 1 }])]);
    expect(issuesOf(claiming(profileUrl('tagged')))).to.deep.equal(['error required cardinality-min Patient']);
  });

  it('all hold when there are several', () => {
    const issues = missing(claiming(`${P}|1.0.0`, `${P}|1.9.0`));
    expect(issues).to.deep.equal([
      ['Patient.name is missing: at least 1 is required', `${P}|1.0.0`],
      ['Patient.birthDate is missing: at least 1 is required', `${P}|1.9.0`],
    ]);
  });

  it('report a fault once that several of them find', () => {
    const { issuesOf } = validatorWith([
      aProfile('a', 'Patient', [{ id: 'Patient.name', min: 1 }]),
      aProfile('b', 'Patient', [{ id: 'Patient.name', min: 1 }]),
      aProfile('c', 'Patient', [{ id: 'Patient.name', min: 1 }], { baseDefinition: profileUrl('a') }),
    ]);
    const resource = { ...claiming(profileUrl('a'), profileUrl('b'), profileUrl('c'), profileUrl('a')), gender: 'x' };
    expect(issuesOf(resource)).to.deep.equal(['error code-invalid binding Patient.gender', 'error required cardinality-min Patient']);
  });

  it('may be a profile together with what it is built on, in either order', () => {
    const { issuesOf } = validatorWith([
      aProfile('a', 'Patient', [{ id: 'Patient.name', min: 1 }]),
      aProfile('b', 'Patient', [{ id: 'Patient.gender', min: 1 }], { baseDefinition: profileUrl('a') }),
    ]);
    const both = ['error required cardinality-min Patient', 'error required cardinality-min Patient'];
    expect(issuesOf(claiming(profileUrl('a'), profileUrl('b')))).to.deep.equal(both);
    expect(issuesOf(claiming(profileUrl('b'), profileUrl('a')))).to.deep.equal(both);
    expect(issuesOf(claiming(profileUrl('b')))).to.deep.equal(both);
  });

  it('are not followed where meta is not as it should be', () => {
    expect(versions.issuesOf({ resourceType: 'Patient', meta: { profile: P } })).to.deep.equal([
      'error structure json-type Patient.meta.profile',
    ]);
    expect(versions.issuesOf({ resourceType: 'Patient', meta: [{ profile: [P] }] })).to.deep.equal([
      'error structure json-type Patient.meta',
    ]);
    expect(versions.issuesOf(claiming(1, null, ''))).to.deep.equal([
      'error structure json-type Patient.meta.profile[0]',
      'error structure ele-1 Patient.meta.profile[1]',
      'error value type-canonical Patient.meta.profile[2]',
    ]);
  });

  it('are looked at in entries', () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ fullUrl: 'http://x.example/1', resource: claiming(`${P}|1.0.0`) }],
    };
    expect(versions.issuesOf(bundle)).to.deep.equal(['error required cardinality-min Bundle.entry[0].resource']);
  });

  describe('of the call', () => {
    it('hold beside those of the resource', () => {
      expect(versions.issuesOf({ resourceType: 'Patient' }, { profiles: [`${P}|1.0.0`] })).to.deep.equal([
        'error required cardinality-min Patient',
      ]);
      expect(versions.issuesOf(claiming(`${P}|1.9.0`), { profiles: [`${P}|1.0.0`, `${P}|1.9.0`] })).to.have.length(2);
    });

    it('are errors at the resource when unknown or of another type', () => {
      const { issuesOf } = validatorWith([aProfile('o', 'Observation', [])]);
      expect(issuesOf(aPatient(), { profiles: [P] })).to.deep.equal(['error not-found profile-unknown Patient']);
      expect(issuesOf(aPatient(), { profiles: [profileUrl('o')] })).to.deep.equal(['error invalid profile-type Patient']);
    });

    it('hold for the document alone, not for what it contains', () => {
      const entry = [{ fullUrl: 'http://x.example/1', resource: { resourceType: 'Patient' } }];
      const bundle = { resourceType: 'Bundle', type: 'collection', entry };
      expect(versions.issuesOf(bundle, { profiles: [`${R4_TYPES}Bundle`] })).to.deep.equal([]);
    });
  });

  it('are told with what they were resolved to', () => {
    const { claims } = versions.validator.validate(documentOf(claiming(P, `${P}|1.0.0`, 'urn:x', 1)), { profiles: [`${P}|1.9.0`] });
    expect(claims).to.deep.equal([
      { claim: P, canonical: `${P}|1.10.0` },
      { claim: `${P}|1.0.0`, canonical: `${P}|1.0.0` },
      { claim: 'urn:x', canonical: undefined },
      { claim: `${P}|1.9.0`, canonical: `${P}|1.9.0` },
    ]);
    expect(versions.validator.validate(documentOf('x')).claims).to.deep.equal([]);
  });
});

describe('Profiles on types', () => {
  const full = aProfile('full', 'HumanName', [
    { id: 'HumanName.family', min: 1 },
    { id: 'HumanName.given', min: 1 },
  ]);
  const single = aProfile('single', 'HumanName', [{ id: 'HumanName.text', min: 1 }]);
  const options = { profiles: [P] };
  const of = (...profile: string[]) =>
    validatorWith([full, single, aProfile('p', 'Patient', [{ id: 'Patient.name', type: [{ code: 'HumanName', profile }] }])]);

  it('hold for each item, and name the profile of the type', () => {
    const { validate, issuesOf } = of(profileUrl('full'));
    const [issue, ...others] = validate(aPatient({ name: [{ family: 'a', given: ['b'] }, { family: 'a' }] }), options);
    expect(others).to.deep.equal([]);
    expect(issue).to.deep.include({
      severity: 'error',
      code: 'required',
      rule: 'cardinality-min',
      expression: 'Patient.name[1]',
      definition: `${profileUrl('full')}|1.0.0`,
      diagnostics: 'HumanName.given is missing: at least 1 is required',
    });
    expect(issuesOf({ resourceType: 'Patient' }, options)).to.deep.equal([]);
  });

  it('are alternatives when there are several', () => {
    const { issuesOf } = of(profileUrl('full'), profileUrl('single'));
    expect(issuesOf(aPatient({ name: [{ family: 'a', given: ['b'] }, { text: 'a b' }] }), options)).to.deep.equal([]);
    expect(issuesOf(aPatient({ name: [{ family: 'a' }] }), options)).to.deep.equal(['error structure type-profile Patient.name[0]']);
  });

  it('hold together with what the profile says of the children itself', () => {
    const narrowed = aProfile('p', 'Patient', [
      { id: 'Patient.name', type: [{ code: 'HumanName', profile: [profileUrl('full')] }] },
      { id: 'Patient.name.use', min: 1 },
    ]);
    const { issuesOf } = validatorWith([full, narrowed]);
    expect(issuesOf(aPatient({ name: [{ family: 'a', given: ['b'], use: 'usual' }] }), options)).to.deep.equal([]);
    expect(issuesOf(aPatient({ name: [{ family: 'a' }] }), options)).to.have.members([
      'error required cardinality-min Patient.name[0]',
      'error required cardinality-min Patient.name[0]',
    ]);
  });

  it('that are not loaded are an error, as with the reference validator', () => {
    const { issuesOf } = of('http://x.example/not-loaded');
    expect(issuesOf(aPatient({ name: [{ text: 'a' }] }), options)).to.deep.equal(['error not-found profile-unknown Patient.name[0]']);
  });

  it('of a choice hold for their type', () => {
    const weight = aProfile('weight', 'Quantity', [{ id: 'Quantity.code', min: 1 }]);
    const profile = aProfile('p', 'Observation', [
      { id: 'Observation.value[x]', type: [{ code: 'Quantity', profile: [profileUrl('weight')] }, { code: 'string' }] },
    ]);
    const { issuesOf } = validatorWith([weight, profile]);
    expect(issuesOf(anObservation({ valueString: 'a' }), options)).to.deep.equal([]);
    expect(issuesOf(anObservation({ valueQuantity: { value: 1 } }), options)).to.deep.equal([
      'error required cardinality-min Observation.value.ofType(Quantity)',
    ]);
  });

  it('hold for the resource of an entry', () => {
    const profile = aProfile('b', 'Bundle', [{ id: 'Bundle.entry.resource', type: [{ code: 'Patient', profile: [profileUrl('named')] }] }]);
    const named = aProfile('named', 'Patient', [{ id: 'Patient.name', min: 1 }]);
    const { issuesOf } = validatorWith([profile, named]);
    const bundle = (resource: JsonObject): JsonObject => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ fullUrl: 'http://x.example/1', resource }],
    });
    const ofBundle = { profiles: [profileUrl('b')] };
    expect(issuesOf(bundle(aPatient()), ofBundle)).to.deep.equal([]);
    expect(issuesOf(bundle({ resourceType: 'Patient' }), ofBundle)).to.deep.equal([
      'error required cardinality-min Bundle.entry[0].resource',
    ]);
    expect(issuesOf(bundle(anObservation()), ofBundle)).to.deep.equal(['error structure resource-type Bundle.entry[0].resource']);
  });

  it('hold for what a profile says below the resource of an entry', () => {
    const profile = aProfile('b', 'Bundle', [
      { id: 'Bundle.entry.resource', type: [{ code: 'Patient' }] },
      { id: 'Bundle.entry.resource.birthDate', min: 1 },
    ]);
    const { issuesOf } = validatorWith([profile]);
    const bundle = (resource: JsonObject): JsonObject => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ fullUrl: 'http://x.example/1', resource }],
    });
    expect(issuesOf(bundle(aPatient()), { profiles: [profileUrl('b')] })).to.deep.equal([]);
    expect(issuesOf(bundle({ resourceType: 'Patient' }), { profiles: [profileUrl('b')] })).to.deep.equal([
      'error required cardinality-min Bundle.entry[0].resource',
    ]);
  });
});
