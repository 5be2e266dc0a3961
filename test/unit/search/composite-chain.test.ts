import { expect } from 'chai';
import { FhirError } from '../../../src/fhir/fhir-error.js';
import { executeSearch } from '../../../src/search/execute-search.js';
import { BASE_URL, contextOf, idsOf, issuesOf, parse, run, SmallStore } from './search-fixture.js';

const UCUM = 'http://unitsofmeasure.org';
const LOINC = 'http://loinc.org';
const coded = (code: string) => ({ coding: [{ system: LOINC, code }] });
const quantity = (value: number) => ({ value, system: UCUM, code: 'mm[Hg]' });

/** https://hl7.org/fhir/R4/search.html#combining */
describe('composite search', () => {
  const observations = {
    heart: { code: coded('8867-4'), valueQuantity: { value: 70, system: UCUM, code: '/min' } },
    pressure: {
      code: coded('85354-9'),
      component: [
        { code: coded('8480-6'), valueQuantity: quantity(140) },
        { code: coded('8462-4'), valueQuantity: quantity(80) },
      ],
    },
    low: {
      code: coded('85354-9'),
      component: [
        { code: coded('8480-6'), valueQuantity: quantity(80) },
        { code: coded('8462-4'), valueQuantity: quantity(140) },
      ],
    },
  };
  const rows: [string, string[]][] = [
    ['code-value-quantity=8867-4$gt60', ['heart']],
    [`code-value-quantity=${LOINC}|8867-4$70|${UCUM}|/min`, ['heart']],
    ['code-value-quantity=8867-4$gt80', []],
    ['component-code-value-quantity=8480-6$ge140', ['pressure']],
    [`component-code-value-quantity=${LOINC}|8480-6$lt100`, ['low']],
    [`component-code-value-quantity=|8480-6$lt100`, []],
    ['component-code-value-quantity=8480-6$140,8462-4$140', ['low', 'pressure']],
    [`combo-code-value-quantity=8480-6$140|${UCUM}|mm[Hg]`, ['pressure']],
    ['combo-code-value-quantity=8867-4$70', ['heart']],
    ['combo-code-value-quantity=85354-9$140', []],
  ];
  for (const [query, ids] of rows) {
    it(`${query} finds ${ids.join(', ') || 'nothing'}`, async () => {
      expect(await idsOf('Observation', observations, query)).to.deep.equal(ids);
    });
  }

  it('refuses values that are no pair, or whose parts are wrong', () => {
    expect(issuesOf('Observation', 'code-value-quantity=8867-4')[0]?.diagnostics).to.contain('2 values with $');
    expect(issuesOf('Observation', 'code-value-quantity=8867-4$abc')[0]).to.include({ code: 'value' });
    expect(issuesOf('Observation', 'component-code-value-quantity=8867-4$abc')[0]).to.include({ code: 'value' });
    expect(issuesOf('Observation', 'code-value-quantity:missing=true')[0]?.diagnostics).to.contain('takes no modifier');
    expect(issuesOf('MolecularSequence', 'chromosome-variant-coordinate=1$gt1$lt9')[0]).to.include({ code: 'not-supported' });
  });
});

/** https://hl7.org/fhir/R4/search.html#chaining and #has */
describe('chained search', () => {
  const store = new SmallStore().add(
    { resourceType: 'Organization', id: 'o1', name: 'Northland Clinic' },
    { resourceType: 'Patient', id: 'p1', name: [{ family: 'Ngata' }], managingOrganization: { reference: 'Organization/o1' } },
    { resourceType: 'Patient', id: 'p2', name: [{ family: 'Smith' }] },
    { resourceType: 'Group', id: 'g1', name: 'Ngata whānau', type: 'person', actual: true },
    { resourceType: 'Observation', id: 'a', code: coded('1'), subject: { reference: 'Patient/p1' } },
    { resourceType: 'Observation', id: 'b', code: coded('2'), subject: { reference: `${BASE_URL}/Patient/p2` } },
    { resourceType: 'Observation', id: 'c', code: coded('2'), subject: { reference: 'Group/g1' } },
    { resourceType: 'Observation', id: 'd', code: coded('3') },
  );
  const rows: [string, string, string[]][] = [
    ['Observation', 'patient.name=ngata', ['a']],
    ['Observation', 'subject:Patient.name=smith', ['b']],
    ['Observation', 'subject.identifier=nothing', []],
    ['Observation', 'patient.organization.name=northland', ['a']],
    ['Observation', 'patient.name=smith&code=2', ['b']],
    ['Observation', 'patient.name:exact=ngata', []],
    ['Observation', 'patient._id=p1', ['a']],
    ['Patient', '_has:Observation:patient:code=2', ['p2']],
    ['Patient', '_has:Observation:patient:code=9', []],
    ['Organization', '_has:Patient:organization:_has:Observation:patient:code=1', ['o1']],
    ['Organization', '_has:Patient:organization:name=ngata', ['o1']],
    ['Observation', 'patient._has:Observation:patient:code=1', ['a']],
  ];
  for (const [type, query, ids] of rows) {
    it(`${type}?${query} finds ${ids.join(', ') || 'nothing'}`, async () => {
      expect((await run(store, type, query)).matches.map(({ id }) => id)).to.deep.equal(ids);
    });
  }

  const faults: [string, string, string][] = [
    ['Observation', 'code.name=x', 'no reference'],
    ['Observation', 'patient.colour=x', "search parameter 'colour'"],
    ['Observation', 'subject:Organization.name=x', 'no target'],
    ['Observation', 'colour.name=x', "no search parameter 'colour'"],
    ['Patient', '_has:Observation:patient=x', '_has:Type:reference:parameter'],
    ['Patient', '_has:Nonsense:patient:code=x', '_has:Type:reference:parameter'],
    ['Patient', '_has:Observation:code:code=x', 'does not refer to Patient'],
    ['Patient', '_has:Observation:patient:colour=x', "no search parameter 'colour'"],
  ];
  for (const [type, query, text] of faults) {
    it(`refuses ${type}?${query}`, () => {
      const [issue] = issuesOf(type, query);
      expect(issue).to.include({ severity: 'error', code: 'not-supported' });
      expect(issue?.diagnostics).to.contain(text);
    });
  }

  it('names the whole parameter where the fault lies inside of a chain', () => {
    const rows = [
      ['Observation', 'patient.birthdate=soon', 'http.patient.birthdate'],
      ['Observation', 'subject:Patient.organization.colour=red', 'http.subject:Patient.organization.colour'],
      ['Patient', '_has:Observation:patient:date=soon', 'http._has:Observation:patient:date'],
    ] as const;
    for (const [type, query, location] of rows) expect(issuesOf(type, query)[0]).to.include({ severity: 'error', location });
  });

  it('refuses chains without end', () => {
    const name = `${'partof.'.repeat(9)}name`;
    expect(issuesOf('Organization', `${name}=x`)[0]).to.include({ code: 'too-costly' });
    const reverse = '_has:Organization:partof:'.repeat(9);
    expect(issuesOf('Organization', `${reverse}name=x`)[0]).to.include({ code: 'too-costly' });
  });

  const failure = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined).catch((error: unknown) => error);

  it('goes through no type that the caller may not read', async () => {
    const context = contextOf(store, { mayRead: (type) => type !== 'Patient' });
    const error = await failure(executeSearch(context, parse('Observation', 'patient.name=ngata')));
    expect(error).to.be.instanceOf(FhirError).and.to.include({ status: 403 });
    expect((error as FhirError).headers?.['WWW-Authenticate']).to.equal('Bearer error="insufficient_scope", scope="system/Patient.r"');
  });

  it('refuses to go through more resources than allowed', async () => {
    const context = contextOf(store, { limits: { joined: 1 } });
    const error = await failure(executeSearch(context, parse('Observation', 'patient._lastUpdated=gt2000')));
    expect(error).to.be.instanceOf(FhirError).and.to.include({ status: 400, code: 'too-many-entries' });
  });
});
