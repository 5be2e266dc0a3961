import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { validatorWith } from '../../support/validator-fixture.js';

const { issuesOf } = validatorWith();
const of = (reference: string): readonly string[] => issuesOf(anObservation({ focus: [{ reference }] }));
const FORM = 'invalid reference-form Observation.focus[0].reference';

describe('References', () => {
  it('are of one of R4’s forms', () => {
    for (const reference of [
      'Patient/1',
      'Patient/1/_history/2',
      'https://example.org/fhir/Foo/1',
      'https://example.org/a?b=c#d',
      'urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
      'urn:oid:1.2.3',
      'Patient?identifier=http://example.org|1',
    ]) {
      expect(of(reference), reference).to.deep.equal([]);
    }
    for (const reference of [
      'not a ref',
      'nonsense',
      '/Patient/1',
      'Patient/1/2',
      'Patient',
      'Patient/',
      'Patient/1 2',
      'Foo/1',
      'Foo?a=b',
      'https://example.org/Patient/1 2',
    ]) {
      expect(of(reference), reference).to.deep.equal([`error ${FORM}`]);
    }
  });

  it('are warned of where systems in use have such', () => {
    for (const reference of [`Patient/${'x'.repeat(65)}`, 'Patient/a_b', 'Patient/1/_history/a_b', 'urn:uuid:xyz', 'urn:oid:9.9']) {
      expect(of(reference), reference).to.deep.equal([`warning ${FORM}`]);
    }
  });

  it('lead to what they state', () => {
    const TYPE = 'error invalid reference-type Observation.subject.type';
    const subject = (reference: string, type: string, contained?: JsonObject): readonly string[] =>
      issuesOf(anObservation({ subject: { reference, type }, ...(contained && { contained: [contained] }) }));
    expect(subject('Patient/1', 'Patient')).to.deep.equal([]);
    for (const reference of ['Patient/1', 'Patient/1/_history/1', 'https://example.org/Patient/1']) {
      expect(subject(reference, 'Device'), reference).to.deep.equal([TYPE]);
    }
    expect(subject('#p', 'Patient', aPatient({ id: 'p' }))).to.deep.equal([]);
    expect(subject('#p', 'Device', aPatient({ id: 'p' }))).to.deep.equal([TYPE]);
    expect(subject('urn:uuid:c757873d-ec9a-4326-a141-556f43239520', 'Device')).to.deep.equal([]);
    const fullUrl = 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520';
    const entry = [
      { fullUrl, resource: aPatient() },
      {
        fullUrl: 'https://example.org/Observation/1',
        resource: anObservation({ id: '1', subject: { reference: fullUrl, type: 'Device' } }),
      },
    ];
    expect(issuesOf({ resourceType: 'Bundle', type: 'collection', entry })).to.deep.equal([
      'error invalid reference-type Bundle.entry[1].resource.subject.type',
    ]);
  });
});
