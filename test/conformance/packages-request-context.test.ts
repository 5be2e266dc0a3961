import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createRequestContextReader, type RequestContextReader } from '../../src/auth/request-context.js';
import { FhirError } from '../../src/fhir/fhir-error.js';

const DOCUMENT = new URL('../../../shared/apis/sdhr-0.5.0-capability-statement.txt', import.meta.url);
const IDENTIFIER = { use: 'official', system: 'https://standards.digital.health.nz/ns/hpi-person-id', value: '99ZZZS' };
const USER = {
  userIdentifier: 'u-1',
  userRole: 'PROV',
  secondaryIdentifier: IDENTIFIER,
  purposeOfUse: ['TREAT'],
  userFullName: 'Ana Ngata',
};
const SYSTEM = { userIdentifier: 'client-1', userRole: '110150', purposeOfUse: ['RECORDMGT'], userFullName: 'An application' };
const COORDINATOR = {
  userIdentifier: 'u-1',
  purposeOfUse: 'POPHLTH',
  userFullName: 'A coordinator',
  hpiOrganisation: {
    type: 'Organization',
    identifier: { use: 'official', system: 'https://standards.digital.health.nz/ns/hpi-organisation-id', value: 'G0M086-B' },
    display: 'A service',
  },
};

function readerOf(name: string): RequestContextReader {
  const schema = JSON.parse(readFileSync(new URL(`../../schemas/request-context-${name}.schema.json`, import.meta.url), 'utf8'));
  return createRequestContextReader({ required: true, schema });
}

function faultsOf(reader: RequestContextReader, context: unknown): readonly string[] {
  try {
    reader(Buffer.from(JSON.stringify(context)).toString('base64'));
    return [];
  } catch (error) {
    expect(error).to.be.instanceOf(FhirError);
    return (error as FhirError).issues.map((issue) => issue.diagnostics);
  }
}

describe('schemas of the Request-Context', () => {
  describe('sdhr', () => {
    const reader = readerOf('sdhr');
    const published = existsSync(DOCUMENT) ? (readFileSync(DOCUMENT, 'utf8').match(/^[A-Za-z0-9+/]{100,}={0,2}$/gm) ?? []) : undefined;

    it(`accepts the sample headers of the published document${published === undefined ? ' (skipped: ../shared/apis is absent)' : ''}`, function () {
      if (published === undefined) return this.skip();
      expect(published).to.have.length(2);
      expect(published.map((header) => reader(header)?.['userRole'])).to.deep.equal(['PROV', '110150']);
      return undefined;
    });

    it('accepts the union of both lists of purposes, with or without organisation and facility', () => {
      for (const purpose of ['PATRQT', 'POPHLTH', 'TREAT', 'ETREAT', 'PUBHLTH', 'SYSDEV', 'FAMRQT', 'RECORDMGT']) {
        expect(faultsOf(reader, { ...USER, purposeOfUse: [purpose] })).to.deep.equal([]);
      }
      expect(faultsOf(reader, { ...USER, userRole: 'PAT', orgIdentifier: 'G00001-G', facilityIdentifier: 'FZZ999-B' })).to.deep.equal([]);
      expect(faultsOf(reader, { ...SYSTEM, secondaryIdentifier: IDENTIFIER, orgIdentifier: 'G00001-G' })).to.deep.equal([]);
      expect(faultsOf(reader, { ...SYSTEM, purposeOfUse: ['SYSDEV'] })).to.deep.equal([]);
    });

    const faults: readonly [string, unknown, RegExp][] = [
      ['a user without a second identifier', { ...USER, secondaryIdentifier: undefined }, /secondaryIdentifier/],
      [
        'a second identifier without a value',
        { ...USER, secondaryIdentifier: { use: 'official' } },
        /secondaryIdentifier.*value|value.*secondaryIdentifier/,
      ],
      ['a purpose outside the lists', { ...USER, purposeOfUse: ['MARKETING'] }, /purposeOfUse/],
      ['a purpose as a string', { ...USER, purposeOfUse: 'TREAT' }, /purposeOfUse/],
      ['no purpose', { ...USER, purposeOfUse: [] }, /purposeOfUse/],
      ['a system that treats', { ...SYSTEM, purposeOfUse: ['TREAT'] }, /purposeOfUse/],
      ['an unknown role', { ...USER, userRole: 'NURSE' }, /userRole/],
      ['no name', { ...SYSTEM, userFullName: undefined }, /userFullName/],
      ['an empty user id', { ...SYSTEM, userIdentifier: '' }, /userIdentifier/],
    ];
    for (const [title, context, expected] of faults) {
      it(`refuses ${title}`, () => {
        const found = faultsOf(reader, context);
        expect(found).to.have.length(1);
        expect(found[0]).to.match(expected);
      });
    }
  });

  describe('rheumatic-fever', () => {
    const reader = readerOf('rheumatic-fever');

    it('accepts its own form, with practitioner and facility or without', () => {
      const facility = { identifier: { system: 'https://standards.digital.health.nz/ns/hpi-facility-id', value: 'FZZ999-B' } };
      expect(faultsOf(reader, COORDINATOR)).to.deep.equal([]);
      expect(faultsOf(reader, { ...COORDINATOR, hpiPractitioner: '99ZZZS', hpiFacility: facility })).to.deep.equal([]);
    });

    const organisation = COORDINATOR.hpiOrganisation;
    const faults: readonly [string, unknown, RegExp][] = [
      ['the purposes of the other API', { ...COORDINATOR, purposeOfUse: ['POPHLTH'] }, /purposeOfUse/],
      ['another purpose', { ...COORDINATOR, purposeOfUse: 'TREAT' }, /purposeOfUse/],
      ['no organisation', { ...COORDINATOR, hpiOrganisation: undefined }, /hpiOrganisation/],
      ['a bare organisation id', { ...COORDINATOR, hpiOrganisation: 'G0M086-B' }, /hpiOrganisation/],
      [
        'an organisation of another type',
        { ...COORDINATOR, hpiOrganisation: { ...organisation, type: 'Location' } },
        /hpiOrganisation.*type|type.*hpiOrganisation/,
      ],
      [
        'an organisation by another system',
        { ...COORDINATOR, hpiOrganisation: { ...organisation, identifier: { system: 'https://example.org', value: 'G0M086-B' } } },
        /system/,
      ],
    ];
    for (const [title, context, expected] of faults) {
      it(`refuses ${title}`, () => {
        const found = faultsOf(reader, context);
        expect(found).to.have.length(1);
        expect(found[0]).to.match(expected);
      });
    }
  });
});
