/**
 * Random histories of resources and random searches: the server over SQLite, the server over memory, and the rules of R4 evaluated
 * plainly on the resources (test/support/naive-search.ts, which shares no code with the index) must give the same answer.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { SearchParameter } from 'fhir/r4.js';
import type { JsonObject } from '../../src/fhir/json.js';
import { openStore } from '../../src/storage/open-store.js';
import type { Store } from '../../src/storage/store.js';
import type { Validator } from '../../src/validation/validator.js';
import { type NaiveContext, naiveMatch } from '../support/naive-search.js';
import { aResource, aSearch, type RandomSearch } from '../support/search-arbitraries.js';
import { BASE_URL, bodyOf, TestApi } from '../support/test-api.js';

const SEED = 20_261_126;
const RUNS = 80;
const START = Date.parse('2020-03-01T00:00:00Z');

const SYSTEMS = {
  'Patient.gender': 'http://hl7.org/fhir/administrative-gender',
  'Encounter.status': 'http://hl7.org/fhir/encounter-status',
  'Observation.status': 'http://hl7.org/fhir/observation-status',
};

type Step = { readonly put: JsonObject } | { readonly remove: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: aResource.map((put) => ({ put })) },
  { weight: 1, arbitrary: aResource.map(({ resourceType, id }) => ({ remove: `${String(resourceType)}/${String(id)}` })) },
);

function queryOf({ types, pairs, sort, count }: RandomSearch): string {
  const all = [
    ...(types.length > 1 ? [['_type', types.join(',')] as const] : []),
    ...pairs,
    ...(sort.length > 0 ? [['_sort', sort.join(',')] as const] : []),
    ['_count', String(count)] as const,
  ];
  return all.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
}

function keyOf({ resourceType, id }: JsonObject): string {
  return `${String(resourceType)}/${String(id)}`;
}

describe('a search', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kauri-search-'));
  let stores: { readonly memory: Store; readonly sqlite: Store };
  before(async () => {
    stores = { memory: await openStore('memory:'), sqlite: await openStore(`sqlite:${join(folder, 'kauri.db')}`) };
    await stores.sqlite.migrate();
  });
  after(async () => {
    await stores.sqlite.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (store: Store, run: number): Promise<TestApi> => {
    // what a resource must be is not the question here
    const wrapValidator = (): Validator => ({ validate: () => ({ issues: [], unchecked: [], claims: [] }) });
    const api = await TestApi.open('r4', { store, namespace: `run-${run}`, wrapValidator });
    api.now = START;
    return api;
  };

  const write = async (api: TestApi, one: Step, current: Map<string, JsonObject>): Promise<void> => {
    api.now += 1000;
    if ('put' in one) {
      const answer = await api.update(one.put, { prefer: { return: 'representation' } });
      current.set(`${String(one.put['resourceType'])}/${String(one.put['id'])}`, bodyOf(answer));
    } else {
      const [type = '', id = ''] = one.remove.split('/');
      await api.call('delete', { type, id });
      current.delete(one.remove);
    }
  };

  /** `Type/id` of every page, in order. */
  const find = async (api: TestApi, search: RandomSearch): Promise<readonly string[]> => {
    const keys: string[] = [];
    const [type, ...others] = search.types;
    let query: string | undefined = queryOf(search);
    let total: unknown;
    while (query !== undefined) {
      const answer =
        others.length > 0 ? api.call('search-system', { query }) : api.call('search-type', { query, ...(type !== undefined && { type }) });
      const bundle = bodyOf(await answer);
      total = bundle['total'];
      keys.push(...((bundle['entry'] ?? []) as { resource: JsonObject }[]).map(({ resource }) => keyOf(resource)));
      const links = bundle['link'] as { relation: string; url: string }[];
      query = links.find(({ relation }) => relation === 'next')?.url.split('?')[1];
    }
    expect(total, 'total').to.equal(keys.length);
    return keys;
  };

  const contextOf = ({ api: { conformance } }: TestApi, all: readonly JsonObject[]): NaiveContext => ({
    definitionOf: (type, code) => conformance.searchParametersOf(type).find((definition) => definition.code === code),
    definitionByUrl: (url) => conformance.find('SearchParameter', url)?.resource as unknown as SearchParameter,
    baseUrl: BASE_URL,
    now: Date.now(),
    all,
    systems: SYSTEMS,
  });

  it(`finds the same in both stores, which is what R4 says (seed ${SEED})`, async function () {
    this.timeout(120_000);
    let run = 0;
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
      fc.array(aSearch, { minLength: 1, maxLength: 160, size: 'max' }),
      async (steps, searches) => {
        run += 1;
        const memory = await open(stores.memory, run);
        const sqlite = await open(stores.sqlite, run);
        const current = new Map<string, JsonObject>();
        for (const one of steps) {
          await write(memory, one, current);
          await write(sqlite, one, current);
        }
        const context = contextOf(memory, [...current.values()]);
        for (const search of searches) {
          const title = decodeURIComponent(`${search.types.join()}?${queryOf(search)}`);
          const found = await find(memory, search);
          expect(await find(sqlite, search), `${title} in SQLite`).to.deep.equal(found);
          const wanted = context.all.filter(
            (resource) =>
              search.types.some((type) => type === resource['resourceType']) &&
              search.pairs.every(([name, value]) => naiveMatch(resource, name, value, context)),
          );
          expect([...found].sort(), title).to.deep.equal(wanted.map(keyOf).sort());
        }
      },
    );
    await fc.assert(property, { seed: SEED, numRuns: RUNS });
  });
});
