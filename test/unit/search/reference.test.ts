import { expect } from 'chai';
import { BASE_URL, idsOf, issuesOf } from './search-fixture.js';

const NHI = 'https://api.hip.digital.health.nz/fhir/nhi/v1/Patient/ZZZ0032';

/** https://hl7.org/fhir/R4/search.html#reference */
describe('reference search', () => {
  const observations = {
    relative: { subject: { reference: 'Patient/123' } },
    versioned: { subject: { reference: 'Patient/123/_history/2' } },
    own: { subject: { reference: `${BASE_URL}/Patient/123` } },
    absolute: { subject: { reference: NHI } },
    device: { subject: { reference: 'Device/123' } },
    logical: { subject: { type: 'Patient', identifier: { system: 'https://standards.digital.health.nz/ns/nhi-id', value: 'ZZZ0032' } } },
    urn: { subject: { reference: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520' } },
    display: { subject: { display: 'somebody' } },
    none: {},
  };
  const rows: [string, string[]][] = [
    ['subject=Patient/123', ['own', 'relative', 'versioned']],
    ['subject=123', ['device', 'own', 'relative', 'versioned']],
    ['subject:Patient=123', ['own', 'relative', 'versioned']],
    ['subject:Device=123', ['device']],
    ['subject:Patient=Patient/123', ['own', 'relative', 'versioned']],
    [`subject=${BASE_URL}/Patient/123`, ['own', 'relative', 'versioned']],
    [`subject:Patient=${BASE_URL}/Patient/123`, ['own', 'relative', 'versioned']],
    ['subject=Patient/123/_history/2', ['versioned']],
    [`subject=${NHI}`, ['absolute']],
    ['subject=Patient/ZZZ0032', []],
    ['subject=urn:uuid:c757873d-ec9a-4326-a141-556f43239520', ['urn']],
    ['subject=Patient/123,Device/123', ['device', 'own', 'relative', 'versioned']],
    ['patient=123', ['own', 'relative', 'versioned']],
    ['patient=Patient/123', ['own', 'relative', 'versioned']],
    [`patient=${NHI}`, ['absolute']],
    ['patient=Device/123', []],
    ['subject:identifier=https://standards.digital.health.nz/ns/nhi-id|ZZZ0032', ['logical']],
    ['patient:identifier=ZZZ0032', ['logical']],
    ['subject:identifier=|ZZZ0032', []],
    ['subject:missing=true', ['none']],
    ['subject:missing=false', ['absolute', 'device', 'display', 'logical', 'own', 'relative', 'urn', 'versioned']],
  ];
  for (const [query, ids] of rows) {
    it(`${query} finds ${ids.join(', ') || 'nothing'}`, async () => {
      expect(await idsOf('Observation', observations, query)).to.deep.equal(ids);
    });
  }

  it('finds canonicals with and without their version', async () => {
    const responses = {
      first: { questionnaire: 'http://example.org/q|1.0' },
      second: { questionnaire: 'http://example.org/q|2.0' },
      plain: { questionnaire: 'http://example.org/q' },
    };
    const find = (query: string) => idsOf('QuestionnaireResponse', responses, query);
    expect(await find('questionnaire=http://example.org/q')).to.deep.equal(['first', 'plain', 'second']);
    expect(await find('questionnaire=http://example.org/q|1.0')).to.deep.equal(['first']);
    expect(await find('questionnaire=http://example.org/q|3.0')).to.deep.equal([]);
  });

  it('takes a logical reference that does not say its type for the patient, not one that says another', async () => {
    const identifier = { value: 'X1' };
    const conditions = { open: { subject: { identifier } }, group: { subject: { type: 'Group', identifier } } };
    expect(await idsOf('Condition', conditions, 'patient:identifier=X1')).to.deep.equal(['open']);
    expect(await idsOf('Condition', conditions, 'subject:identifier=X1')).to.deep.equal(['group', 'open']);
  });

  for (const query of [
    'subject=Patient/',
    'subject=Patient',
    'subject=Foo/1',
    'subject=a b',
    'subject=/Patient/1',
    'subject=',
    'subject:Patient=Device/1',
  ]) {
    const isId = query === 'subject=Patient';
    it(`${isId ? 'takes' : 'refuses'} ${query}`, () => {
      const [issue] = issuesOf('Observation', query);
      if (isId) expect(issue).to.equal(undefined);
      else expect(issue).to.include({ severity: 'error', code: 'value' });
    });
  }

  it('has no modifier for a type that is no target', () => {
    const [issue] = issuesOf('Observation', 'subject:Organization=1');
    expect(issue).to.include({ code: 'not-supported', location: 'http.subject:Organization' });
    expect(issue?.diagnostics).to.contain('Patient');
  });
});
