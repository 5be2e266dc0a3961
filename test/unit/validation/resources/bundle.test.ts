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
    it('is there in documents, messages and collections, but of what has no id in a collection', () => {
      for (const [type, id, count] of [
        ['collection', '1', 1],
        ['collection', undefined, 0],
        ['document', undefined, 1],
        ['message', '1', 1],
        ['searchset', '1', 0],
        ['batch-response', '1', 0],
      ] as const) {
        const found = issuesOf(type, [{ resource: basic({ ...(id !== undefined && { id }) }) }]);
        const wanted = Array.from({ length: count }, () => 'error required bundle-full-url Bundle.entry[0]');
        expect(
          found.filter((issue) => issue.includes('bundle-full-url')),
          `${type} ${id}`,
        ).to.deep.equal(wanted);
      }
    });

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
    const aDocument = (more: JsonObject, others: readonly JsonObject[], link: JsonObject[] = []): readonly string[] =>
      issuesOf('document', [entryOf(composition(more)), ...others.map(entryOf)], {
        identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' },
        timestamp: '2025-03-04T05:06:07Z',
        ...(link.length > 0 && { link }),
      });
    const issuesOfDocument = (more: JsonObject, ...others: readonly JsonObject[]): readonly string[] =>
      aDocument(more, others).filter((issue) => issue.includes('bundle-reference'));

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

    it('has nothing that its Composition does not lead to, at whatever distance', () => {
      const patient = { resourceType: 'Patient', id: 'p', managingOrganization: { reference: 'Organization/o' } };
      const organization = { resourceType: 'Organization', id: 'o', name: 'x' };
      const stray = basic({ id: 's', subject: { reference: 'Patient/p' } });
      const unreached = (others: readonly JsonObject[], link: JsonObject[] = []): readonly string[] =>
        aDocument({ subject: { reference: 'Patient/p' } }, others, link).filter((issue) => issue.includes('document-reach'));
      expect(unreached([patient, organization])).to.deep.equal([]);
      expect(unreached([patient, organization, stray])).to.deep.equal(['warning informational document-reach Bundle.entry[3]']);
      const provenance = {
        resourceType: 'Provenance',
        id: 'v',
        target: [{ reference: 'Organization/o' }],
        recorded: '2025-03-04T05:06:07Z',
        agent: [{ who: { reference: 'Basic/s' } }],
      };
      expect(unreached([patient, organization, stray, provenance])).to.deep.equal([]);
      const stylesheet = { resourceType: 'Binary', id: 'b', contentType: 'text/css' };
      expect(unreached([patient, stylesheet, organization])).to.have.length(1);
      expect(unreached([patient, stylesheet, organization], [{ relation: 'stylesheet', url: 'Binary/b' }])).to.deep.equal([]);
    });
  });

  describe('message', () => {
    it('has what it is about', () => {
      const header = {
        resourceType: 'MessageHeader',
        id: 'h',
        eventUri: `${BASE}/event`,
        source: { endpoint: `${BASE}/endpoint` },
        focus: [{ reference: 'Basic/1' }, { reference: 'Basic/2' }, { reference: '#3' }],
        contained: [basic({ id: '3' })],
      };
      const entry = [
        { fullUrl: `${BASE}/MessageHeader/h`, resource: header },
        { fullUrl: `${BASE}/Basic/2`, resource: basic({ id: '2' }) },
      ];
      expect(issuesOf('message', entry)).to.deep.equal(['error not-found bundle-reference Bundle.entry[0].resource.focus[0]']);
    });
  });
});
