import { expect } from 'chai';
import { FhirError } from '../../../src/fhir/fhir-error.js';
import type { JsonObject } from '../../../src/fhir/json.js';
import { executeSearch } from '../../../src/search/execute-search.js';
import type { SearchContext } from '../../../src/search/search-context.js';
import { serializeSearchset, toSearchsetLinks } from '../../../src/search/searchset.js';
import { StoreError } from '../../../src/storage/store.js';
import { BASE_URL, contextOf, engine, issuesOf, OPTIONS, pairsOf, parse, policy, policyOf, run, SmallStore } from './search-fixture.js';

const ids = (versions: readonly { readonly type: string; readonly id: string }[]) => versions.map(({ type, id }) => `${type}/${id}`);

/** https://hl7.org/fhir/R4/search.html#include */
describe('includes', () => {
  const store = new SmallStore().add(
    { resourceType: 'Patient', id: 'p1', generalPractitioner: [{ reference: 'Practitioner/d1' }] },
    { resourceType: 'Practitioner', id: 'd1' },
    { resourceType: 'Encounter', id: 'e1', subject: { reference: `${BASE_URL}/Patient/p1` }, partOf: { reference: 'Encounter/e2' } },
    { resourceType: 'Encounter', id: 'e2', partOf: { reference: 'Encounter/e1' } },
    {
      resourceType: 'Condition',
      id: 'c1',
      subject: { reference: 'Patient/p1' },
      encounter: { reference: 'Encounter/e1' },
      asserter: { reference: 'Practitioner/gone' },
    },
    {
      resourceType: 'Condition',
      id: 'c2',
      subject: { reference: 'https://elsewhere.example/Patient/p1' },
      encounter: { reference: 'Encounter/e1' },
    },
  );
  const rows: [string, string, string[]][] = [
    ['Condition', '_include=Condition:encounter', ['Encounter/e1']],
    ['Condition', '_include=Condition:patient', ['Patient/p1']],
    ['Condition', '_include=Condition:subject:Group', []],
    ['Condition', '_include=Condition:asserter', []],
    ['Condition', '_include=Condition:encounter&_include=Condition:subject', ['Encounter/e1', 'Patient/p1']],
    ['Condition', '_include=*', ['Encounter/e1', 'Patient/p1']],
    ['Condition', '_include=Condition:*', ['Encounter/e1', 'Patient/p1']],
    ['Condition', '_include=Condition:encounter&_include:iterate=Encounter:part-of', ['Encounter/e1', 'Encounter/e2']],
    [
      'Condition',
      '_id=c2&_include=Condition:encounter&_include:iterate=Encounter:patient&_include:iterate=Patient:general-practitioner',
      ['Encounter/e1', 'Patient/p1', 'Practitioner/d1'],
    ],
    ['Encounter', '_include=Encounter:part-of', []],
    ['Patient', '_revinclude=Condition:patient', ['Condition/c1']],
    ['Patient', '_revinclude=Encounter:subject', ['Encounter/e1']],
    ['Patient', '_revinclude=Encounter:subject&_revinclude:iterate=Condition:encounter', ['Encounter/e1', 'Condition/c1', 'Condition/c2']],
  ];
  for (const [type, query, included] of rows) {
    it(`${type}?${query} includes ${included.join(', ') || 'nothing'}`, async () => {
      expect(ids((await run(store, type, query)).includes)).to.have.members(included);
    });
  }

  it('fetch all forward includes of a page together', async () => {
    let fetches = 0;
    const context = contextOf(store);
    const counting = {
      search: context.store.search.bind(store),
      count: context.store.count.bind(store),
      getMany: (...args: Parameters<SmallStore['getMany']>) => {
        fetches += 1;
        return store.getMany(...args);
      },
    };
    await executeSearch({ ...context, store: counting }, parse('Condition', '_include=Condition:encounter&_include=Condition:subject'));
    expect(fetches).to.equal(1);
  });

  it('follow canonical references, to the version that they name', async () => {
    const url = 'http://q.example/q';
    const canonicals = new SmallStore().add(
      { resourceType: 'Questionnaire', id: 'q1', url, version: '1' },
      { resourceType: 'Questionnaire', id: 'q2', url, version: '2' },
      { resourceType: 'ValueSet', id: 'vs', url },
      { resourceType: 'QuestionnaireResponse', id: 'first', questionnaire: `${url}|1` },
      { resourceType: 'QuestionnaireResponse', id: 'any', questionnaire: url },
      { resourceType: 'QuestionnaireResponse', id: 'none', questionnaire: `${url}|3` },
    );
    const included = async (query: string, more: Partial<SearchContext> = {}) =>
      ids((await executeSearch(contextOf(canonicals, more), parse('QuestionnaireResponse', query))).includes);
    const include = '_include=QuestionnaireResponse:questionnaire';
    expect(await included(`_id=first&${include}`)).to.deep.equal(['Questionnaire/q1']);
    expect(await included(`_id=any&${include}:Questionnaire`)).to.deep.equal(['Questionnaire/q1', 'Questionnaire/q2']);
    expect(await included(`_id=none&${include}`)).to.deep.equal([]);
    expect(await included('_id=first&_include=*')).to.deep.equal(['Questionnaire/q1']);
    expect(await included(`_id=first&${include}`, { mayRead: (type) => type !== 'Questionnaire' })).to.deep.equal([]);
  });

  it('leave out types that the caller may not read', async () => {
    const context = contextOf(store, { mayRead: (type) => type !== 'Encounter' });
    const page = await executeSearch(context, parse('Condition', '_include=*'));
    expect(ids(page.includes)).to.deep.equal(['Patient/p1']);
  });

  it('end with 400 where there are too many', async () => {
    const context = contextOf(store, { limits: { included: 1 } });
    const error = await executeSearch(context, parse('Condition', '_include=*')).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(FhirError).and.to.include({ status: 400 });
  });

  for (const query of [
    '_include=Condition',
    '_include=Condition:',
    '_include=a:b:c:d',
    '_include=',
    '_include:fuzzy=Condition:encounter',
    '_include=Condition:code',
    '_include=Encounter:patient',
    '_revinclude=Observation:code',
    '_revinclude=*',
  ]) {
    it(`refuse ${query}`, () => {
      expect(issuesOf('Condition', query)).to.have.lengthOf(1);
    });
  }
});

describe('searchset', () => {
  const patients = Array.from(
    { length: 5 },
    (_, index): JsonObject => ({ resourceType: 'Patient', id: `p${index}`, name: [{ family: 'Ann' }] }),
  );
  const store = new SmallStore().add(...patients);
  const url = `${BASE_URL}/Patient`;
  const linksOf = async (query: string) => {
    const request = parse('Patient', query);
    const page = await executeSearch(contextOf(store), request);
    return { page, links: Object.fromEntries(toSearchsetLinks(request, page, url).map((link) => [link.relation, link.url])) };
  };
  const queryOf = (link: string | undefined) => decodeURIComponent(link?.split('?')[1] ?? '');

  it('leads through all pages by its next links', async () => {
    const seen: string[] = [];
    let query = 'name=ann&_count=2';
    for (let pages = 0; query !== ''; pages += 1) {
      expect(pages).to.be.lessThan(4);
      const { page, links } = await linksOf(query);
      seen.push(...page.matches.map(({ id }) => id));
      query = queryOf(links['next']);
    }
    expect(seen).to.deep.equal(['p0', 'p1', 'p2', 'p3', 'p4']);
  });

  it('leads by offset whoever came by offset', async () => {
    const { links } = await linksOf('name=ann&_count=2&_offset=2');
    expect(links).to.deep.equal({
      self: `${url}?name=ann&_count=2&_offset=2`,
      first: `${url}?name=ann&_count=2&_offset=0`,
      previous: `${url}?name=ann&_count=2&_offset=0`,
      next: `${url}?name=ann&_count=2&_offset=4`,
    });
    expect((await linksOf('name=ann&_count=2&_offset=4')).links).to.not.have.property('next');
  });

  it('says in the self link what was understood', async () => {
    expect((await linksOf('')).links).to.deep.equal({ self: url });
    const request = parse('Patient', 'colour=red&name:exact=Ann Lee&identifier=http://s.example|1,2', { lenient: true });
    const [self] = toSearchsetLinks(request, { next: undefined }, url);
    expect(self?.url).to.equal(`${url}?name:exact=Ann%20Lee&identifier=http://s.example%7C1,2`);
  });

  it('counts when asked to', async () => {
    expect((await linksOf('name=ann&_count=2')).page.total).to.equal(undefined);
    expect((await linksOf('name=ann&_count=2&_total=accurate')).page.total).to.equal(5);
    const { page } = await linksOf('name=ann&_summary=count');
    expect(JSON.parse(serializeSearchset(page, [], BASE_URL))).to.deep.equal({ resourceType: 'Bundle', type: 'searchset', total: 5 });
    expect((await linksOf('name=ann&_count=0')).page).to.include({ total: 5 });
  });

  it('joins the texts of the resources as they are stored', async () => {
    const text = '{"resourceType":"Observation","id":"o", "valueQuantity":{"value":1.10}}';
    const version = { type: 'Observation', id: 'o', versionId: 1, lastUpdated: 0, method: 'POST', json: text } as const;
    const page = { matches: [version], includes: [], total: 1, next: undefined, warnings: [], projection: undefined };
    const bundle = serializeSearchset(page, [{ relation: 'self', url: `${BASE_URL}/Observation` }], BASE_URL);
    expect(bundle).to.equal(
      `{"resourceType":"Bundle","type":"searchset","total":1,"link":[{"relation":"self","url":"${BASE_URL}/Observation"}],` +
        `"entry":[{"fullUrl":"${BASE_URL}/Observation/o","resource":${text},"search":{"mode":"match"}}]}`,
    );
  });

  it('has an outcome entry for what was ignored', async () => {
    const parsed = engine.parse(policy, policyOf('Patient'), pairsOf('colour=red&_id=p0'), { ...OPTIONS, lenient: true });
    if ('issues' in parsed) throw new Error('lenient handling should have passed over it');
    const page = await executeSearch(contextOf(store), parsed.request);
    const bundle = JSON.parse(serializeSearchset(page, [], BASE_URL));
    expect(bundle.entry.map((entry: { search: { mode: string } }) => entry.search.mode)).to.deep.equal(['match', 'outcome']);
    expect(bundle.entry[1].resource.issue[0]).to.include({ severity: 'warning', code: 'not-supported' });
  });

  it('answers 400 for a cursor that the store does not know', async () => {
    const { fingerprint } = parse('Patient', 'name=ann');
    const request = parse('Patient', `name=ann&_cursor=${fingerprint}.forged`);
    const broken = {
      search: () => Promise.reject(new StoreError('bad-cursor', 'no')),
      count: store.count.bind(store),
      getMany: store.getMany.bind(store),
    };
    const error = await executeSearch({ ...contextOf(store), store: broken }, request).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(FhirError).and.to.include({ status: 400 });
  });
});

/** https://hl7.org/fhir/R4/search.html#summary */
describe('_summary and _elements', () => {
  const text =
    '{"resourceType":"Observation","id":"o","meta":{"versionId":"1","tag":[{"system":"s","code":"c"}]},"text":{"status":"generated","div":"<div>x</div>"},' +
    '"contained":[{"resourceType":"Patient","id":"x"}],"extension":[{"url":"u","valueString":"a \\"} ] x"}],"status":"final","_status":{"id":"s1"},' +
    '"code":{"coding":[{"system":"s","code":"c","extension":[]}],"text":"t"},"valueQuantity":{"value":1.10,"unit":"g"},"note":[{"text":"n"}],' +
    '"referenceRange":[{"low":{"value":1.00}}],"component":[{"code":{"text":"k"},"valueQuantity":{"value":2.50},"interpretation":[{"text":"i"}]}]}';
  const SUBSETTED = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' };
  const store = new SmallStore().add(JSON.parse(text) as JsonObject);
  const projected = async (query: string, json = text): Promise<string> => {
    const page = await executeSearch(contextOf(store), parse('Observation', query));
    return page.projection?.('Observation', json) ?? json;
  };

  it('keep what was asked for, what must be there, and the digits of decimals', async () => {
    const result = await projected('_elements=value,Observation.note');
    const resource = JSON.parse(result);
    expect(Object.keys(resource)).to.deep.equal(['resourceType', 'id', 'meta', 'status', '_status', 'code', 'valueQuantity', 'note']);
    expect(resource.meta.tag).to.deep.equal([{ system: 's', code: 'c' }, SUBSETTED]);
    expect(result).to.contain('{"value":1.10,"unit":"g"}');
  });

  it('summary=true keeps the elements that are marked so, all the way down', async () => {
    const result = await projected('_summary=true');
    const resource = JSON.parse(result);
    expect(Object.keys(resource)).to.deep.equal(['resourceType', 'id', 'meta', 'status', '_status', 'code', 'valueQuantity', 'component']);
    expect(resource.code.coding).to.deep.equal([{ system: 's', code: 'c' }]);
    expect(resource.component).to.deep.equal([{ code: { text: 'k' }, valueQuantity: { value: 2.5 } }]);
    expect(result).to.contain('2.50');
  });

  it('summary=text keeps the text and what must be there', async () => {
    expect(Object.keys(JSON.parse(await projected('_summary=text')))).to.deep.equal([
      'resourceType',
      'id',
      'meta',
      'text',
      'status',
      '_status',
      'code',
    ]);
  });

  it('summary=data leaves out the text alone', async () => {
    const resource = JSON.parse(await projected('_summary=data'));
    const { text: _, ...rest } = JSON.parse(text);
    expect(resource).to.deep.equal({ ...rest, meta: { ...rest.meta, tag: [...rest.meta.tag, SUBSETTED] } });
  });

  it('tag a resource that has no meta, and none twice', async () => {
    const bare = JSON.parse(await projected('_elements=status', '{ "resourceType" : "Observation" , "status" : "final" }'));
    expect(bare).to.deep.equal({ resourceType: 'Observation', status: 'final', meta: { tag: [SUBSETTED] } });
    const once = await projected('_elements=status');
    expect(JSON.parse(await projected('_elements=status', once))).to.deep.equal(JSON.parse(once));
  });

  it('summary=false leaves the resource whole', async () => {
    expect(await projected('_summary=false')).to.equal(text);
  });
});
