import { expect } from 'chai';
import type { ResourcePolicy } from '../../../src/conformance/capability-statement.js';
import { engine, issuesOf, OPTIONS, pairsOf, parse, policy, policyOf } from './search-fixture.js';

describe('parse of a search', () => {
  it('names every fault at once, and where it is', () => {
    const issues = issuesOf('Patient', 'colour=red&birthdate=someday&_sort=colour&_count=-1&name:fuzzy=x&_include=Patient:colour');
    expect(issues.map(({ code, location }) => [code, location])).to.deep.equal([
      ['not-supported', 'http.colour'],
      ['value', 'http.birthdate'],
      ['not-supported', 'http._sort'],
      ['value', 'http._count'],
      ['not-supported', 'http.name:fuzzy'],
      ['not-supported', 'http._include'],
    ]);
    expect(issues[0]?.diagnostics).to.match(/^Patient has no search parameter 'colour'; it has: .*birthdate, .*name, /);
    expect(issues[4]?.diagnostics).to.contain("no modifier 'fuzzy' here; it has: missing, exact, contains");
  });

  it('passes over what it does not know under lenient handling, and says so', () => {
    const request = parse('Patient', 'colour=red&name=ann&name:fuzzy=x&_sort=colour', { lenient: true });
    expect(request.warnings.map(({ severity, location }) => [severity, location])).to.deep.equal([
      ['warning', 'http.colour'],
      ['warning', 'http.name:fuzzy'],
      ['warning', 'http._sort'],
    ]);
    expect(request.understood).to.deep.equal([['name', 'ann']]);
  });

  it('refuses bad values under lenient handling too', () => {
    expect(issuesOf('Patient', 'birthdate=someday', { lenient: true })[0]).to.include({ severity: 'error', code: 'value' });
  });

  it('gives fewer matches than a _count that is beyond what a page may have', () => {
    const request = parse('Patient', '_count=100000');
    expect(request.count).to.equal(1000);
    expect(request.warnings).to.deep.equal([]);
  });

  const refused: [string, string, string][] = [
    ['_count=abc', 'value', 'whole number'],
    ['_count=1.5', 'value', 'whole number'],
    ['_count=-1', 'value', 'whole number'],
    ['_count=99999999999999999999', 'value', 'smaller number'],
    ['_count=1&_count=2', 'invalid', 'more than once'],
    ['_offset=-5', 'value', 'whole number'],
    ['_total=maybe', 'value', 'none, estimate, accurate'],
    ['_summary=maybe', 'value', 'true, text, data, count, false'],
    ['_elements=', 'value', 'names of elements'],
    ['_elements=name&_summary=true', 'invalid', 'exclude'],
    ['_elements=name,colour', 'value', "'colour'"],
    ['_elements=birthdate', 'value', 'Patient does not have'],
    ['_elements=id,meta,name.family,Patient.birthDate,deceased,deceasedBoolean', '', ''],
    ['_elements=code&_revinclude=Observation:subject', '', ''],
    ['_sort=', 'not-supported', 'cannot be sorted'],
    ['_sort=name,-colour', 'not-supported', "'colour'"],
    ['_cursor=abc', 'value', 'another query'],
    ['_cursor=abc.def', 'value', 'another query'],
    ['_filter=name eq x', 'not-supported', "'_filter'"],
    ['_text=x', 'not-supported', "'_text'"],
    ['_content=x', 'not-supported', "'_content'"],
    ['_contained=true', 'not-supported', "'_contained'"],
    ['name:missing=maybe', 'value', "'true' or 'false'"],
    ['gender:in=http://example.org/vs', 'not-supported', 'list the codes'],
    ['_id:exact=1', 'not-supported', "'_id' has no modifier"],
    ['_lastUpdated:exact=2020', 'not-supported', 'prefixes'],
    ['_lastUpdated:missing=soon', 'value', "'true' or 'false'"],
    ['_id:missing=', 'value', 'a value'],
    ['_type=Patient', '', ''],
    ['_type=Observation', 'value', 'Patient'],
    ['__proto__=1', 'not-supported', "'__proto__'"],
    ['constructor=1', 'not-supported', "'constructor'"],
    [':exact=1', 'not-supported', 'no name'],
    ['=1', 'not-supported', 'no name'],
  ];
  for (const [query, code, text] of refused) {
    it(code === '' ? `takes ${query}` : `refuses ${query}`, () => {
      const [issue] = issuesOf('Patient', query);
      expect(issue?.code ?? '').to.equal(code);
      expect(issue?.diagnostics ?? '').to.contain(text);
    });
  }

  it('answers near, the one special parameter, as not supported', () => {
    const [issue] = issuesOf('Location', 'near=-36.8|174.7|10|km');
    expect(issue).to.include({ code: 'not-supported' });
  });

  it('refuses a thousand values, and a thousand parameters', () => {
    const values = Array.from({ length: 1000 }, (_, index) => `c${index}`).join(',');
    expect(issuesOf('Observation', `code=${values}`)[0]).to.include({ code: 'too-costly' });
    const parameters = Array.from({ length: 1000 }, (_, index) => `code=c${index}`).join('&');
    expect(issuesOf('Observation', parameters)[0]).to.include({ code: 'too-costly' });
  });

  it('makes one lookup of values that commas separate', () => {
    expect(parse('Observation', 'code=a,b,a').criterion).to.deep.equal({ op: 'term', param: 'code', values: ['a', 'b'] });
    expect(parse('Observation', '_id=a,b').criterion).to.deep.equal({ op: 'id', ids: ['a', 'b'] });
  });

  it('reads what shapes the answer', () => {
    const request = parse(
      'Patient',
      '_sort=-_lastUpdated,family,_id,-birthdate&_count=10&_offset=20&_total=accurate&_elements=name,birthDate',
    );
    expect(request.sort).to.deep.equal([
      { param: '_lastUpdated', kind: 'lastUpdated', descending: true },
      { param: 'family', kind: 'string', descending: false },
      { param: '_id', kind: 'id', descending: false },
      { param: 'birthdate', kind: 'range', descending: true },
    ]);
    expect(request).to.deep.include({ count: 10, offset: 20, total: 'accurate', elements: ['name', 'birthDate'] });
    expect(request.understood.map(([name]) => name)).to.deep.equal(['_sort', '_total', '_elements']);
    expect(parse('Patient', '').total).to.equal('none');
    expect(parse('Patient', '', { defaultTotal: 'accurate' }).total).to.equal('accurate');
    expect(parse('Patient', '_count=0').summary).to.equal('count');
  });

  it('searches several types by what they share', () => {
    const request = parse('Patient,Practitioner', 'name=ann&_type=Patient,Practitioner&_id=1');
    expect(request.types).to.deep.equal(['Patient', 'Practitioner']);
    expect(parse('Patient,Practitioner', '_type=Practitioner').types).to.deep.equal(['Practitioner']);
    expect(issuesOf('Patient,Practitioner', 'birthdate=2000')[0]?.diagnostics).to.match(
      /^Practitioner has no search parameter 'birthdate'/,
    );
    expect(parse('Patient,Practitioner', 'birthdate=2000&_type=Patient').types).to.deep.equal(['Patient']);
  });

  it('ties a cursor to its query', () => {
    const { fingerprint } = parse('Patient', 'name=ann');
    expect(parse('Patient', `name=ann&_cursor=${fingerprint}.xyz&_count=5`).after).to.equal('xyz');
    expect(issuesOf('Patient', `name=bob&_cursor=${fingerprint}.xyz`)[0]).to.include({ code: 'value', location: 'http._cursor' });
    expect(issuesOf('Practitioner', `name=ann&_cursor=${fingerprint}.xyz`)[0]).to.include({ code: 'value' });
  });

  it('passes over what the HTTP layer reads', () => {
    expect(parse('Patient', '_format=json&_pretty=true&name=ann').understood).to.deep.equal([['name', 'ann']]);
  });
});

describe('what the CapabilityStatement demands', () => {
  const [base] = policyOf('Condition');
  const searching = (query: string, requiredCombinations: readonly (readonly string[])[], more: Partial<ResourcePolicy> = {}) => {
    const condition = {
      ...base,
      requiredCombinations,
      searchParams: base?.searchParams,
      searchInclude: ['Condition:encounter'],
      searchRevInclude: [],
      ...more,
    };
    const parsed = engine.parse(policy, [condition as ResourcePolicy], pairsOf(query), OPTIONS);
    return 'issues' in parsed ? parsed.issues : [];
  };

  for (const query of ['', 'code=1', 'patient:missing=false', 'patient.name=x', 'patient=', '_id=1', 'subject=Patient/1']) {
    it(`refuses a search by '${query}' where patient must be given`, () => {
      const required = searching(query, [['patient']]).find(({ code }) => code === 'required');
      expect(required).to.include({ severity: 'error', location: 'http.patient' });
      expect(required?.diagnostics).to.equal("A search of Condition must have the parameter 'patient'");
    });
  }

  for (const query of ['patient=1', 'patient=Patient/1&code=1', 'patient:identifier=x', 'patient:Patient=1']) {
    it(`takes a search by ${query}`, () => {
      expect(searching(query, [['patient']])).to.deep.equal([]);
    });
  }

  it('is content with one of several combinations', () => {
    const combinations = [['patient', 'code'], ['identifier']];
    expect(searching('patient=1&code=2', combinations)).to.deep.equal([]);
    expect(searching('identifier=2', combinations)).to.deep.equal([]);
    expect(searching('patient=1', combinations)[0]?.diagnostics).to.equal(
      "A search of Condition must have the parameter 'patient' and 'code', or 'identifier'",
    );
  });

  it('offers only the includes that are listed', () => {
    expect(searching('_include=Condition:encounter', [])).to.deep.equal([]);
    const [issue] = searching('_include=Condition:asserter', []);
    expect(issue).to.include({ code: 'not-supported', location: 'http._include' });
    expect(issue?.diagnostics).to.contain('there are: Condition:encounter');
    expect(searching('_revinclude=Observation:focus', [])[0]?.diagnostics).to.contain('there are none');
    expect(searching('_include=*', [])[0]).to.include({ code: 'not-supported' });
  });

  it('offers an iteration what the type at which it starts lists, and no wildcard of another type', () => {
    const [patient, condition, encounter] = policyOf('Patient', 'Condition', 'Encounter');
    const listing = (includes: Readonly<Record<string, readonly string[]>>, query: string): readonly unknown[] => {
      const types = [patient, condition, encounter].map((one) => ({
        ...(one as ResourcePolicy),
        searchParams: (one as ResourcePolicy).searchParams,
        searchInclude: includes[(one as ResourcePolicy).type] ?? [],
        searchRevInclude: [],
      }));
      const narrow = { ...policy, resources: new Map(types.map((one) => [one.type, one])) };
      const parsed = engine.parse(narrow, [types[1] as ResourcePolicy], pairsOf(query), OPTIONS);
      return 'issues' in parsed ? parsed.issues.map(({ code }) => code) : [];
    };
    const refused = ['not-supported'];
    for (const modifier of ['iterate', 'recurse']) {
      expect(listing({ Encounter: ['*'] }, `_include:${modifier}=Condition:encounter`)).to.deep.equal(refused);
      expect(listing({ Encounter: ['Encounter:part-of'] }, `_include:${modifier}=Condition:encounter`)).to.deep.equal(refused);
      expect(listing({ Encounter: ['*'] }, `_include:${modifier}=*`)).to.deep.equal(refused);
      expect(listing({ Encounter: ['*'] }, `_include:${modifier}=Condition:*`)).to.deep.equal(refused);
      expect(listing({ Encounter: ['*'] }, `_include:${modifier}=Encounter:part-of`)).to.deep.equal([]);
      expect(listing({ Condition: ['Condition:encounter'] }, `_include:${modifier}=Condition:encounter`)).to.deep.equal([]);
      expect(listing({ Patient: ['*'], Condition: ['*'], Encounter: ['*'] }, `_include:${modifier}=*`)).to.deep.equal([]);
    }
  });
});
