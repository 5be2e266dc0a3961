import { expect } from 'chai';
import { idsOf, issuesOf } from './search-fixture.js';

const LOINC = 'http://loinc.org';

/** The forms of https://hl7.org/fhir/R4/search.html#token, one row each. */
describe('token search', () => {
  const observations = {
    loinc: { code: { coding: [{ system: LOINC, code: '8310-5', display: 'Body temperature' }] } },
    local: { code: { coding: [{ code: '8310-5' }], text: 'Température' } },
    other: {
      code: {
        coding: [
          { system: 'http://other.example', code: '8310-5' },
          { system: LOINC, code: '9279-1' },
        ],
      },
    },
    both: {
      code: {
        coding: [
          { system: LOINC, code: 'LP1' },
          { system: 'http://other.example', code: 'B|ar' },
        ],
      },
    },
    text: { code: { text: 'Body weight' } },
  };
  const rows: [string, string[]][] = [
    ['code=8310-5', ['local', 'loinc', 'other']],
    [`code=${LOINC}|8310-5`, ['loinc']],
    [`code=${LOINC}|`, ['both', 'loinc', 'other']],
    ['code=|8310-5', ['local']],
    [`code=${LOINC}|8310-5,${LOINC}|9279-1`, ['loinc', 'other']],
    [`code=${LOINC}|9279-1&code=http://other.example|8310-5`, ['other']],
    [`code=${LOINC}|lp1`, ['both']],
    ['code=lP1', ['both']],
    ['code=http://other.example|B\\|ar', ['both']],
    [`code=${LOINC}|83`, []],
    [`code:not=${LOINC}|8310-5`, ['both', 'local', 'other', 'text']],
    [`code:not=${LOINC}|8310-5,${LOINC}|LP1`, ['local', 'other', 'text']],
    ['code:text=body', ['loinc', 'text']],
    ['code:text=BODY W', ['text']],
    ['code:text=temperature', ['local']],
    ['code:missing=true', []],
    ['code:missing=false', ['both', 'local', 'loinc', 'other', 'text']],
    ['status:missing=true', ['both', 'local', 'loinc', 'other', 'text']],
  ];
  for (const [query, ids] of rows) {
    it(`${query} finds ${ids.join(', ') || 'nothing'}`, async () => {
      expect(await idsOf('Observation', observations, query)).to.deep.equal(ids);
    });
  }

  it('finds identifiers by value, by system and value, and by their type', async () => {
    const patients = {
      nhi: { identifier: [{ system: 'https://standards.digital.health.nz/ns/nhi-id', value: 'ZZZ0032' }] },
      mrn: {
        identifier: [{ type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] }, value: '12345' }],
      },
      bare: { identifier: [{ value: 'zzz0032' }, { system: 'urn:only-a-system' }] },
    };
    const find = (query: string) => idsOf('Patient', patients, query);
    expect(await find('identifier=ZZZ0032')).to.deep.equal(['bare', 'nhi']);
    expect(await find('identifier=https://standards.digital.health.nz/ns/nhi-id|ZZZ0032')).to.deep.equal(['nhi']);
    expect(await find('identifier=|ZZZ0032')).to.deep.equal(['bare']);
    expect(await find('identifier=urn:only-a-system|')).to.deep.equal(['bare']);
    expect(await find('identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|12345')).to.deep.equal(['mrn']);
    expect(await find('identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SS|12345')).to.deep.equal([]);
  });

  it('knows the system that an element of type code implies', async () => {
    const encounters = { done: { status: 'finished' }, planned: { status: 'planned' }, without: {} };
    const find = (query: string) => idsOf('Encounter', encounters, query);
    expect(await find('status=finished')).to.deep.equal(['done']);
    expect(await find('status=Finished,planned')).to.deep.equal(['done', 'planned']);
    expect(await find('status=http://hl7.org/fhir/encounter-status|finished')).to.deep.equal(['done']);
    expect(await find('status=http://hl7.org/fhir/encounter-status|')).to.deep.equal(['done', 'planned']);
    expect(await find('status=http://elsewhere.example|finished')).to.deep.equal([]);
    expect(await find('status:not=finished')).to.deep.equal(['planned', 'without']);
  });

  it('finds booleans, and what an expression computes', async () => {
    const patients = {
      yes: { active: true },
      no: { active: false },
      dead: { deceasedDateTime: '2020' },
      alive: { deceasedBoolean: false },
    };
    const find = (query: string) => idsOf('Patient', patients, query);
    expect(await find('active=true')).to.deep.equal(['yes']);
    expect(await find('active=http://hl7.org/fhir/special-values|false')).to.deep.equal(['no']);
    expect(await find('deceased=true')).to.deep.equal(['dead']);
    expect(await find('deceased=http://hl7.org/fhir/special-values|true')).to.deep.equal(['dead']);
    expect(issuesOf('Patient', 'active=yes')[0]).to.include({ code: 'value', location: 'http.active' });
  });

  it('finds telephone numbers however they are set', async () => {
    const patients = {
      plus: { telecom: [{ system: 'phone', value: '+27 82 123-4567' }] },
      plain: { telecom: [{ system: 'phone', value: '27821234567' }] },
      mail: { telecom: [{ system: 'email', value: 'Ana@Example.org' }] },
    };
    const find = (query: string) => idsOf('Patient', patients, query);
    expect(await find('telecom=+27821234567')).to.deep.equal(['plain', 'plus']);
    expect(await find('telecom=%2027821234567')).to.deep.equal(['plain', 'plus']);
    expect(await find('telecom=27 82 123 4567')).to.deep.equal(['plain', 'plus']);
    expect(await find('telecom=ana@example.org')).to.deep.equal(['mail']);
    expect(await find('email=ana@example.org')).to.deep.equal(['mail']);
    expect(await find('phone=ana@example.org')).to.deep.equal([]);
    expect(await find('telecom=email|ana@example.org')).to.deep.equal(['mail']);
  });

  it('keeps the case of UCUM codes', async () => {
    const ucum = 'http://unitsofmeasure.org';
    const devices = {
      mega: { code: { coding: [{ system: ucum, code: 'Mg' }] } },
      milli: { code: { coding: [{ system: ucum, code: 'mg' }] } },
    };
    expect(await idsOf('Observation', devices, `code=${ucum}|mg`)).to.deep.equal(['milli']);
  });

  it('finds tags and security labels of every type', async () => {
    const patients = {
      tagged: { meta: { tag: [{ system: 's', code: 'a' }], security: [{ system: 's', code: 'R' }] } },
      other: { meta: { tag: [{ system: 's', code: 'b' }] } },
    };
    expect(await idsOf('Patient', patients, '_tag=s|a')).to.deep.equal(['tagged']);
    expect(await idsOf('Patient', patients, '_security=R')).to.deep.equal(['tagged']);
    expect(await idsOf('Patient', patients, '_tag:not=s|a')).to.deep.equal(['other']);
  });

  it('finds ids, to the letter', async () => {
    const patients = { a: {}, A: {}, b: {} };
    expect(await idsOf('Patient', patients, '_id=a')).to.deep.equal(['a']);
    expect(await idsOf('Patient', patients, '_id=a,b')).to.deep.equal(['a', 'b']);
    expect(await idsOf('Patient', patients, '_id:not=a')).to.deep.equal(['A', 'b']);
    expect(await idsOf('Patient', patients, '_id=a&_id=b')).to.deep.equal([]);
    expect(await idsOf('Patient', patients, '_id:missing=false')).to.deep.equal(['A', 'a', 'b']);
    expect(await idsOf('Patient', patients, '_id:missing=true')).to.deep.equal([]);
    expect(await idsOf('Patient', patients, '_lastUpdated:missing=true')).to.deep.equal([]);
    expect(await idsOf('Patient', patients, '_lastUpdated:missing=false&_id=b')).to.deep.equal(['b']);
  });

  it('refuses a prefix before a code of the value set, and takes codes that begin like one', async () => {
    for (const value of ['gtfinal', 'nefinal', 'leFinal', 'final,ltamended']) {
      const [issue] = issuesOf('Observation', `status=${value}`);
      expect(issue, value).to.include({ severity: 'error', code: 'value', location: 'http.status' });
      expect(issue?.diagnostics).to.contain('tokens have no order');
    }
    for (const query of ['status=gt', 'status=gtunheard-of', 'status:not=entered-in-error', 'code=ltfinal']) {
      expect(issuesOf('Observation', query), query).to.deep.equal([]);
    }
    expect(issuesOf('Patient', 'active=netrue')[0]).to.include({ code: 'value' });
  });

  for (const value of ['|', 'a|b|c', '', ',', 'a,,b']) {
    it(`refuses the value '${value}'`, () => {
      const [issue] = issuesOf('Observation', `code=${value}`);
      expect(issue).to.include({ severity: 'error', code: 'value', location: 'http.code' });
      expect(issue?.diagnostics).to.match(/'code' has the value '.*'; wanted is/);
    });
  }
});
