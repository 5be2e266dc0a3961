import { expect } from 'chai';
import type { JsonObject } from '../../../../src/fhir/json.js';
import { validatorWith } from '../../../support/validator-fixture.js';

const BASE = 'http://example.org/fhir';
const validator = validatorWith();

function issuesOf(type: string, entry: readonly JsonObject[], more: JsonObject = {}): readonly string[] {
  return validator.issuesOf({ resourceType: 'Bundle', type, ...(entry.length > 0 && { entry: [...entry] }), ...more });
}

const basic = (more: JsonObject = {}): JsonObject => ({ resourceType: 'Basic', code: { text: 'x' }, ...more });

describe('Bundle', () => {
  describe('fullUrl', () => {
    it('is absolute', () => {
      for (const fullUrl of ['Basic/1', '1', '#1', '/Basic/1', '//example.org/Basic/1']) {
        const found = issuesOf('collection', [
          { fullUrl: `${BASE}/Basic/0`, resource: basic() },
          { fullUrl, resource: basic() },
        ]);
        expect(found, fullUrl).to.deep.equal(['error invalid bundle-full-url Bundle.entry[1]']);
      }
      for (const fullUrl of [`${BASE}/Basic/1`, 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0', 'urn:x']) {
        expect(issuesOf('collection', [{ fullUrl, resource: basic() }]), fullUrl).to.deep.equal([]);
      }
    });

    it('names what is not stored yet, however the sender likes, in a batch and a transaction', () => {
      for (const type of ['batch', 'transaction']) {
        const request = { method: 'POST', url: 'Basic' };
        expect(issuesOf(type, [{ fullUrl: 'Basic/1', resource: basic(), request }]), type).to.deep.equal([]);
      }
    });
  });

  it('has links to pages where it is a searchset or a history only', () => {
    const link = ['self', 'first', 'next'].map((relation) => ({ relation, url: `${BASE}/${relation}` }));
    expect(issuesOf('searchset', [], { link })).to.deep.equal([]);
    expect(issuesOf('collection', [], { link })).to.deep.equal([
      'error invalid bundle-link Bundle.link[1].relation',
      'error invalid bundle-link Bundle.link[2].relation',
    ]);
  });

  describe('searchset', () => {
    it('has resources with ids, and outcomes that are OperationOutcomes', () => {
      const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'warning', code: 'invalid' }] };
      const found = issuesOf('searchset', [
        { fullUrl: `${BASE}/Basic/1`, resource: basic({ id: '1' }), search: { mode: 'match' } },
        { fullUrl: `${BASE}/Basic/2`, resource: basic(), search: { mode: 'match' } },
        { fullUrl: `${BASE}/Basic/3`, resource: basic({ id: '3' }), search: { mode: 'outcome' } },
        { resource: outcome, search: { mode: 'outcome' } },
      ]);
      expect(found).to.deep.equal([
        'error invalid bundle-search-id Bundle.entry[1].resource',
        'error invalid bundle-search-outcome Bundle.entry[2].resource',
      ]);
    });
  });

  describe('document', () => {
    const composition = (more: JsonObject): JsonObject => ({
      resourceType: 'Composition',
      id: 'c',
      status: 'final',
      type: { text: 'x' },
      date: '2025-03-04',
      author: [{ display: 'x' }],
      title: 'x',
      ...more,
    });
    const entryOf = (resource: JsonObject): JsonObject => ({ fullUrl: `${BASE}/${resource['resourceType']}/${resource['id']}`, resource });
    const issuesOfDocument = (more: JsonObject, ...others: readonly JsonObject[]): readonly string[] =>
      issuesOf('document', [entryOf(composition(more)), ...others.map(entryOf)], {
        identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' },
        timestamp: '2025-03-04T05:06:07Z',
      }).filter((issue) => issue.includes('bundle-reference'));

    it('has everything that its Composition refers to', () => {
      const more = {
        subject: { reference: 'Patient/p' },
        author: [{ display: 'x' }, { reference: 'Practitioner/a' }],
        attester: [{ mode: 'legal', party: { reference: `${BASE}/Practitioner/b` } }],
        custodian: { reference: '#o' },
        contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }],
        section: [{ title: 'x', section: [{ entry: [{ reference: 'Basic/1' }, { reference: 'https://other.example/fhir/Basic/1' }] }] }],
      };
      expect(issuesOfDocument(more)).to.deep.equal(
        ['subject', 'author[1]', 'attester[0].party', 'section[0].section[0].entry[0]', 'section[0].section[0].entry[1]'].map(
          (path) => `error not-found bundle-reference Bundle.entry[0].resource.${path}`,
        ),
      );
      const others = [
        { resourceType: 'Patient', id: 'p' },
        { resourceType: 'Practitioner', id: 'a' },
        { resourceType: 'Practitioner', id: 'b' },
        basic({ id: '1' }),
      ];
      expect(issuesOfDocument(more, ...others)).to.deep.equal([
        'error not-found bundle-reference Bundle.entry[0].resource.section[0].section[0].entry[1]',
      ]);
    });

    it('is told which of several versions is meant', () => {
      const versions = ['1', '2'].map((versionId) => basic({ id: '1', meta: { versionId } }));
      const more = (reference: string): JsonObject => ({ section: [{ entry: [{ reference }] }] });
      const AT = 'Bundle.entry[0].resource.section[0].entry[0]';
      expect(issuesOfDocument(more('Basic/1/_history/2'), ...versions)).to.deep.equal([]);
      expect(issuesOfDocument(more('Basic/1'), ...versions)).to.deep.equal([`error invalid bundle-reference ${AT}`]);
      expect(issuesOfDocument(more('Basic/1/_history/3'), ...versions)).to.deep.equal([`error not-found bundle-reference ${AT}`]);
    });
  });
});
