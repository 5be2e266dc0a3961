import { expect } from 'chai';
import { DEFAULT_SEARCH_LIMITS, type SearchLimits } from '../../../src/conformance/api-config.js';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { BASE_URL, bodyOf, TestApi } from '../../support/test-api.js';

describe('search', () => {
  let r4: TestApi;

  beforeEach(async () => {
    r4 = await TestApi.open('r4');
    await r4.update(aPatient({ id: 'p' }));
    await r4.update(anObservation({ id: 'o', subject: { reference: 'Patient/p' } }));
  });

  const keysOf = (bundle: JsonObject): readonly string[] =>
    ((bundle['entry'] ?? []) as JsonObject[]).map((entry) => {
      const { resourceType, id } = entry['resource'] as JsonObject;
      return `${(entry['search'] as JsonObject)['mode']} ${resourceType}/${id}`;
    });
  const search = async (type: string, query: string, scope?: string): Promise<JsonObject> =>
    bodyOf(await r4.call('search-type', { type, query, ...(scope !== undefined && { scope }) }));

  it('of a type answers a searchset whose links lead back to it', async () => {
    const bundle = await search('Patient', 'birthdate=1990');
    expect(keysOf(bundle)).to.deep.equal(['match Patient/p']);
    expect(bundle).to.include({ type: 'searchset', total: 1 });
    expect(bundle['link']).to.deep.equal([{ relation: 'self', url: `${BASE_URL}/Patient?birthdate=1990` }]);
  });

  it('includes nothing, and goes through nothing, that the caller may not read', async () => {
    const include = '_include=Observation:subject';
    expect(keysOf(await search('Observation', include))).to.deep.equal(['match Observation/o', 'include Patient/p']);
    expect(keysOf(await search('Observation', include, 'system/Observation.rs'))).to.deep.equal(['match Observation/o']);
    const chained = { type: 'Observation', query: 'subject:Patient.birthdate=1990', scope: 'system/Observation.rs' };
    expect((await r4.refusal('search-type', chained)).status).to.equal(403);
  });

  it('refuses a parameter that is unknown, or ignores it and says so', async () => {
    const refusal = await r4.refusal('search-type', { type: 'Patient', query: 'nonsense=1' });
    expect(refusal).to.include({ code: 'unsupported-parameter', status: 400 });
    const lenient = bodyOf(await r4.call('search-type', { type: 'Patient', query: 'nonsense=1', prefer: { handling: 'lenient' } }));
    const [, outcome] = lenient['entry'] as JsonObject[];
    expect(outcome?.['search']).to.deep.equal({ mode: 'outcome' });
  });

  it('names the parameter that is mandatory', async () => {
    const sdhr = await TestApi.open('sdhr');
    const refusal = await sdhr.refusal('search-type', { type: 'Condition', query: 'code=1' });
    expect(refusal).to.include({ code: 'missing-parameter', status: 400 });
    expect(refusal.message).to.include("'patient'");
  });

  describe('beyond a limit of api.json', () => {
    const config = { search: { defaultCount: 2, maxCount: 2, total: 'none' as const } };
    const rows: readonly (readonly [keyof SearchLimits, string, string])[] = [
      ['orValues', 'code=a,b', 'code'],
      ['parameters', 'code=a&status=final', 'code'],
      ['includes', '_include=Observation:subject&_include=Observation:performer', '_include'],
      ['sortKeys', '_sort=date,code', '_sort'],
      ['chainDepth', 'subject:Patient.general-practitioner:Practitioner.name=x', 'subject:Patient.general-practitioner:Practitioner.name'],
      [
        'chainDepth',
        '_has:Observation:has-member:_has:Observation:has-member:code=x',
        '_has:Observation:has-member:_has:Observation:has-member:code',
      ],
    ];
    for (const [limit, query, parameter] of rows) {
      it(`is 400 that names the parameter: ${limit}, ${query}`, async () => {
        const limits = { ...DEFAULT_SEARCH_LIMITS, [limit]: 1 };
        const narrow = await TestApi.open('r4', {
          config: { search: { ...config.search, limits } },
        });
        const refusal = await narrow.refusal('search-type', { type: 'Observation', query });
        expect(refusal.status).to.equal(400);
        expect(refusal.issues[0]).to.include({ code: 'too-costly', location: `http.${parameter}` });
        const wide = await TestApi.open('r4', { config: { search: { ...config.search, limits: { ...limits, [limit]: 2 } } } });
        expect((await wide.call('search-type', { type: 'Observation', query })).status).to.equal(200);
      });
    }

    it('is 400: resources that a chain goes through, and that a page includes', async () => {
      const limits = { ...DEFAULT_SEARCH_LIMITS, joined: 1, included: 1 };
      const narrow = await TestApi.open('r4', { config: { search: { ...config.search, limits } } });
      for (const id of ['p', 'q', 'r'])
        await narrow.update(aPatient({ id, ...(id !== 'p' && { link: [{ other: { reference: 'Patient/p' }, type: 'refer' }] }) }));
      for (const query of ['subject:Patient.birthdate=1990', '_id=x&subject:Patient.birthdate=1990']) {
        expect(await narrow.refusal('search-type', { type: 'Observation', query })).to.include({ status: 400, code: 'too-many-entries' });
      }
      expect(await narrow.refusal('search-type', { type: 'Patient', query: '_id=p&_revinclude=Patient:link' })).to.include({ status: 400 });
    });

    it('is the largest page: fewer matches than asked for, as the self link says', async () => {
      const narrow = await TestApi.open('r4', { config: { search: { ...config.search, limits: DEFAULT_SEARCH_LIMITS } } });
      for (const id of ['p', 'q', 'r']) await narrow.update(aPatient({ id }));
      const bundle = bodyOf(await narrow.call('search-type', { type: 'Patient', query: '_count=500' }));
      expect(keysOf(bundle)).to.have.length(2);
      expect((bundle['link'] as JsonObject[]).map(({ relation, url }) => [relation, String(url).split('&_cursor')[0]])).to.deep.equal([
        ['self', `${BASE_URL}/Patient?_count=2`],
        ['next', `${BASE_URL}/Patient?_count=2`],
      ]);
    });
  });

  describe('of the system', () => {
    const system = (query: string, scope: string) => ({ query, scope });

    it('finds all types, or those that it names', async () => {
      expect(keysOf(bodyOf(await r4.call('search-system', { query: '_id=p,o' })))).to.have.members([
        'match Patient/p',
        'match Observation/o',
      ]);
      const bundle = bodyOf(await r4.call('search-system', { query: '_type=Patient,Group' }));
      expect(keysOf(bundle)).to.deep.equal(['match Patient/p']);
      expect((bundle['link'] as JsonObject[])[0]?.['url']).to.match(new RegExp(`^${BASE_URL}\\?`));
    });

    it('needs the scope of every type, or of each that it names', async () => {
      expect((await r4.refusal('search-system', system('_id=p', 'system/Patient.s'))).status).to.equal(403);
      expect((await r4.call('search-system', system('_type=Patient', 'system/Patient.s'))).status).to.equal(200);
      expect((await r4.refusal('search-system', system('_type=Patient,Group', 'system/Patient.s'))).status).to.equal(403);
    });
  });
});
