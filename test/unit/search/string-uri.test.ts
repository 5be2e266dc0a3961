import { expect } from 'chai';
import { normalizeText } from '../../../src/search/normalize-text.js';
import { idsOf, issuesOf } from './search-fixture.js';

/** https://hl7.org/fhir/R4/search.html#string */
describe('string search', () => {
  const patients = {
    eve: { name: [{ given: ['Eve'], family: 'Everett' }] },
    evelyn: { name: [{ given: ['Evelyn'], family: 'Severin', prefix: ['Dr'] }] },
    severine: { name: [{ given: ['Severine'], text: 'Severine of the Lake' }] },
    hoani: {
      name: [{ given: ['Hōani'], family: 'Tāwhiao' }],
      address: [{ line: ['12 Long  Road'], city: 'Whangārei', postalCode: '0110' }],
    },
    comma: { name: [{ family: 'Smith, the Elder' }] },
  };
  const rows: [string, string[]][] = [
    ['given=eve', ['eve', 'evelyn']],
    ['given:contains=eve', ['eve', 'evelyn', 'severine']],
    ['given:exact=Eve', ['eve']],
    ['given:exact=eve', []],
    ['name=EVE', ['eve', 'evelyn']],
    ['name:contains=ever', ['eve', 'evelyn', 'severine']],
    ['name=dr', ['evelyn']],
    ['name=hoani', ['hoani']],
    ['name=HŌANI', ['hoani']],
    ['family=tawhiao', ['hoani']],
    ['family:exact=Tāwhiao', ['hoani']],
    ['family:exact=Tawhiao', []],
    ['address=12 long road', ['hoani']],
    ['address=whangarei', ['hoani']],
    ['address-city=Whanga', ['hoani']],
    ['address-postalcode=0110', ['hoani']],
    ['family=smith\\, the', ['comma']],
    ['family=everett,severin', ['eve', 'evelyn']],
    ['name=lake', []],
    ['name:missing=true', []],
    ['address:missing=false', ['hoani']],
  ];
  for (const [query, ids] of rows) {
    it(`${query} finds ${ids.join(', ') || 'nothing'}`, async () => {
      expect(await idsOf('Patient', patients, query)).to.deep.equal(ids);
    });
  }

  it('normalises case, accents, strokes and white space', () => {
    expect(normalizeText('  Ærø\tStraße  ĐÀ ')).to.equal('aero strasse da');
    expect(normalizeText('ﬁne')).to.equal('fine');
    expect(normalizeText('Ā'.repeat(5000))).to.equal('a'.repeat(1000));
  });

  it('refuses a value that compares as nothing', () => {
    expect(issuesOf('Patient', 'name=%CC%81')[0]).to.include({ code: 'value' });
    expect(issuesOf('Patient', 'name=')[0]).to.include({ code: 'value' });
  });
});

/** https://hl7.org/fhir/R4/search.html#uri */
describe('uri search', () => {
  const valueSets = {
    root: { url: 'http://acme.org/fhir/' },
    deep: { url: 'http://acme.org/fhir/ValueSet/123' },
    sets: { url: 'http://acme.org/fhir/ValueSet' },
    other: { url: 'http://acme.org/fhir/ValueSet/1234' },
    urn: { url: 'urn:oid:1.2.3.4' },
  };
  const rows: [string, string[]][] = [
    ['url=http://acme.org/fhir/ValueSet/123', ['deep']],
    ['url=http://ACME.org/fhir/ValueSet/123', []],
    ['url=urn:oid:1.2.3.4', ['urn']],
    ['url:below=http://acme.org/fhir/', ['deep', 'other', 'root', 'sets']],
    ['url:below=http://acme.org/fhir/ValueSet', ['deep', 'other', 'sets']],
    ['url:below=http://acme.org/fhir/ValueSet/12', []],
    ['url:above=http://acme.org/fhir/ValueSet/123/_history/5', ['deep', 'root', 'sets']],
    ['url:above=http://acme.org/fhir/ValueSet/123', ['deep', 'root', 'sets']],
    ['url:missing=true', []],
  ];
  for (const [query, ids] of rows) {
    it(`${query} finds ${ids.join(', ') || 'nothing'}`, async () => {
      expect(await idsOf('ValueSet', valueSets, query)).to.deep.equal(ids);
    });
  }

  it('finds profiles of every version, or of one', async () => {
    const profile = 'https://example.org/StructureDefinition/p';
    const conditions = {
      one: { meta: { profile: [`${profile}|1.0.0`] } },
      two: { meta: { profile: [`${profile}|2.0.0`] } },
      plain: { meta: { profile: [profile] } },
    };
    expect(await idsOf('Condition', conditions, `_profile=${profile}`)).to.deep.equal(['one', 'plain', 'two']);
    expect(await idsOf('Condition', conditions, `_profile=${profile}|1.0.0`)).to.deep.equal(['one']);
    expect(await idsOf('Condition', { a: { meta: { source: 'https://pms.example#1' } } }, '_source=https://pms.example')).to.deep.equal([]);
    expect(await idsOf('Condition', { a: { meta: { source: 'https://pms.example' } } }, '_source=https://pms.example')).to.deep.equal([
      'a',
    ]);
  });
});
