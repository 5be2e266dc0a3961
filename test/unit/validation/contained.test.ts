import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { aProfile, profileUrl, validatorWith } from '../../support/validator-fixture.js';

const base = validatorWith();
const organization = (more: JsonObject = {}): JsonObject => ({ resourceType: 'Organization', id: 'o', name: 'x', ...more });

/** A Patient that refers to the Organization it contains. */
function containing(...contained: JsonObject[]): JsonObject {
  return aPatient({ contained, managingOrganization: { reference: '#o' } });
}

describe('Contained resources', () => {
  it('are held against their type', () => {
    expect(base.issuesOf(containing(organization()))).to.deep.equal([]);
    expect(base.issuesOf(containing(organization({ foo: 1, active: 'yes', contact: [{}] })))).to.deep.equal([
      'error structure unknown-element Patient.contained[0]',
      'error structure json-type Patient.contained[0].active',
      'error structure ele-1 Patient.contained[0].contact[0]',
    ]);
  });

  it('may be of any type with a resourceType, and no other thing', () => {
    expect(base.issuesOf(containing(organization({ resourceType: 'Foo' })))).to.deep.equal([
      'error structure resource-type Patient.contained[0]',
    ]);
    expect(base.issuesOf(aPatient({ contained: ['x', null, []] }))).to.deep.equal([
      'error structure json-type Patient.contained[0]',
      'error structure json-type Patient.contained[1]',
      'error structure json-type Patient.contained[2]',
    ]);
  });

  it('must be referred to, or refer to their container (dom-3)', () => {
    const lost = aPatient({ contained: [organization()] });
    expect(base.issuesOf(lost)).to.deep.equal(['error invariant dom-3 Patient']);
    expect(base.validate(lost)[0]?.diagnostics).to.match(/: #o$/);
    expect(base.issuesOf(aPatient({ contained: [organization({ partOf: { reference: '#' } })] }))).to.deep.equal([
      'error structure reference-target Patient.contained[0].partOf',
    ]);
  });

  it('may be referred to by another contained resource', () => {
    const part = { resourceType: 'Organization', id: 'part', partOf: { reference: '#o' }, name: 'y' };
    const resource = aPatient({ contained: [part, organization()], managingOrganization: { reference: '#part' } });
    expect(base.issuesOf(resource)).to.deep.equal([]);
  });

  it('contain none themselves (dom-2)', () => {
    const inner = organization({ id: 'i' });
    const resource = containing(organization({ contained: [inner], partOf: { reference: '#i' } }));
    const issues = base.issuesOf(resource);
    expect(issues).to.include('error invariant dom-2 Patient');
    expect(issues.filter((issue) => issue.includes('contained-id'))).to.deep.equal([]);
  });

  it('have no version, instant of update or security labels (dom-4, dom-5)', () => {
    expect(base.issuesOf(containing(organization({ meta: { versionId: '1' } })))).to.deep.equal(['error invariant dom-4 Patient']);
    expect(base.issuesOf(containing(organization({ meta: { lastUpdated: '2024-01-01T00:00:00Z' } })))).to.deep.equal([
      'error invariant dom-4 Patient',
    ]);
    expect(base.issuesOf(containing(organization({ meta: { security: [{ code: 'x' }] } })))).to.include('error invariant dom-5 Patient');
  });

  it('are held against the profiles that they claim', () => {
    const { issuesOf } = validatorWith([aProfile('active', 'Organization', [{ id: 'Organization.active', min: 1 }])]);
    const claiming = (claim: string, more: JsonObject = {}): JsonObject =>
      containing(organization({ meta: { profile: [claim] }, ...more }));
    expect(issuesOf(claiming(profileUrl('active'), { active: true }))).to.deep.equal([]);
    expect(issuesOf(claiming(profileUrl('active')))).to.deep.equal(['error required cardinality-min Patient.contained[0]']);
    expect(issuesOf(claiming(profileUrl('nowhere')))).to.deep.equal([
      'error not-found profile-unknown Patient.contained[0].meta.profile[0]',
    ]);
  });

  it('are held against the profiles that a profile names, of which one must fit', () => {
    const profile = aProfile('p', 'Patient', [
      {
        id: 'Patient.contained',
        type: [{ code: 'Organization', profile: [profileUrl('active'), profileUrl('aliased')] }, { code: 'Practitioner' }],
      },
    ]);
    const { issuesOf } = validatorWith([
      profile,
      aProfile('active', 'Organization', [{ id: 'Organization.active', min: 1 }]),
      aProfile('aliased', 'Organization', [{ id: 'Organization.alias', min: 1 }]),
    ]);
    const options = { profiles: [profileUrl('p')] };
    expect(issuesOf(containing(organization({ active: true })), options)).to.deep.equal([]);
    expect(issuesOf(containing(organization({ alias: ['y'] })), options)).to.deep.equal([]);
    expect(issuesOf(containing(organization()), options)).to.deep.equal(['error structure type-profile Patient.contained[0]']);
    const practitioner = { resourceType: 'Practitioner', id: 'o', gender: 'x' };
    expect(issuesOf(aPatient({ contained: [practitioner], generalPractitioner: [{ reference: '#o' }] }), options)).to.deep.equal([
      'error code-invalid binding Patient.contained[0].gender',
    ]);
    const group = { resourceType: 'Location', id: 'o', name: 'x' };
    expect(issuesOf(aPatient({ contained: [group], link: [{ other: { reference: '#o' }, type: 'seealso' }] }), options)).to.include(
      'error structure resource-type Patient.contained[0]',
    );
  });

  it('have ids like any resource', () => {
    const resource = (id: string | number): JsonObject =>
      aPatient({ contained: [organization({ id })], managingOrganization: { reference: `#${id}` } });
    expect(base.issuesOf(resource('a-1'))).to.deep.equal([]);
    expect(base.issuesOf(resource('a_1'))).to.deep.equal(['error value type-id Patient.contained[0].id']);
    expect(base.issuesOf(resource(1))).to.include('error structure json-type Patient.contained[0].id');
  });

  it('are told apart by slices of contained', () => {
    const profile = aProfile('p', 'Observation', [
      { id: 'Observation.contained', slicing: { discriminator: [{ type: 'type', path: '$this' }], rules: 'closed' } },
      { id: 'Observation.contained:device', min: 1, max: '1', type: [{ code: 'Device' }] },
      { id: 'Observation.contained:patient', max: '1', type: [{ code: 'Patient' }] },
    ]);
    const { issuesOf } = validatorWith([profile]);
    const options = { profiles: [profileUrl('p')] };
    const device = { resourceType: 'Device', id: 'd' };
    const patient = { resourceType: 'Patient', id: 'p' };
    const observation = (...contained: JsonObject[]): JsonObject =>
      anObservation({ contained, subject: { reference: '#p' }, device: { reference: '#d' } });
    expect(issuesOf(observation(patient, device), options)).to.deep.equal([]);
    expect(issuesOf(observation(patient), options)).to.include('error required cardinality-min Observation');
    const basic = { resourceType: 'Basic', id: 'b', code: { text: 'x' } };
    const focus = anObservation({ contained: [device, basic], device: { reference: '#d' }, focus: [{ reference: '#b' }] });
    expect(issuesOf(focus, options)).to.include('error structure slicing-closed Observation.contained[1]');
  });

  it('are not shared: an entry of a Bundle does not see what another one contains', () => {
    const first = { fullUrl: 'http://x.example/1', resource: containing(organization()) };
    const second = { fullUrl: 'http://x.example/2', resource: aPatient({ managingOrganization: { reference: '#o' } }) };
    expect(base.issuesOf({ resourceType: 'Bundle', type: 'collection', entry: [first, second] })).to.deep.equal([
      'error invariant ref-1 Bundle.entry[1].resource.managingOrganization',
      'error structure reference-contained Bundle.entry[1].resource.managingOrganization',
    ]);
  });
});

describe('A contained resource that stands alone where a list is wanted', () => {
  it('is told as that, and nothing else of it', () => {
    const resource = { ...aPatient({ managingOrganization: { reference: '#o' } }), contained: organization() };
    expect(base.issuesOf(resource).filter((issue) => !issue.includes('ref-1'))).to.deep.equal([
      'error structure json-type Patient.contained',
    ]);
  });
});

describe('Ids of contained resources', () => {
  const organization = (more: JsonObject = {}): JsonObject => ({ resourceType: 'Organization', name: 'A', ...more });
  const holding = (...contained: readonly JsonObject[]): JsonObject =>
    aPatient({ contained: [...contained], managingOrganization: { reference: '#x' } });

  it('are there, and no two are the same', () => {
    const { issuesOf } = validatorWith();
    expect(issuesOf(holding(organization({ id: 'x' })))).to.deep.equal([]);
    expect(issuesOf(holding(organization({ id: 'x' }), organization()))).to.deep.equal([
      'error required contained-id Patient.contained[1]',
    ]);
    expect(issuesOf(holding(organization({ id: 'x' }), organization({ id: 'x', name: 'B' })))).to.deep.equal([
      'error invalid contained-id Patient.contained[1]',
    ]);
    const many = Array.from({ length: 12 }, (_, index) =>
      organization({ id: index < 10 ? 'x' : `y${index}`, partOf: { reference: '#x' } }),
    );
    expect(issuesOf(holding(...many)).filter((issue) => issue.includes('contained-id'))).to.have.length(9);
  });
});
