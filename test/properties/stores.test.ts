/** Random histories of commits and queries, answered alike by the memory store, which has no cleverness, by SQLite and by MongoDB. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { openStore } from '../../src/storage/open-store.js';
import type { EngineOptions } from '../../src/storage/sqlite/engine.js';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.js';
import type {
  Commit,
  Criterion,
  HistoryQuery,
  IndexEntry,
  RangeBound,
  ResourcePut,
  SortKey,
  Store,
  StorePage,
  StoreQuery,
} from '../../src/storage/store.js';
import { type Mongod, requireMongod } from '../support/mongod.js';

const SEED = 20_261_125;
const RUNS = 150;
const RESOURCES = 9_000;

const TYPES = ['Patient', 'Group', 'Device'];
const PARAMS = ['p', 'q', 'ü'];
const IDS = ['a', 'b', 'b1', 'c', 'd', 'É', '\u{1f600}', '\uffff'];

const type = fc.constantFrom(...TYPES);
const types = fc.array(type, { minLength: 1, maxLength: 3 });
const id = fc.constantFrom(...IDS);
const param = fc.constantFrom(...PARAMS);
const text = fc.constantFrom('', 'a', 'ab', 'abc', 'b', 'Ab', 'é', 'éa', '\u{1f600}', '\uffff', 'a\u0000', '\ue000');
const instant = fc.integer({ min: 0, max: 12 });
const number = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -3, max: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0.5) },
);

const entry: fc.Arbitrary<IndexEntry> = fc.oneof(
  fc.record({ kind: fc.constant('term' as const), param, value: text }),
  fc.record({ kind: fc.constant('string' as const), param, value: text }),
  fc.record({ kind: fc.constant('range' as const), param, low: number, high: number }).map(({ low, high, ...rest }) => ({
    ...rest,
    low: Math.min(low, high),
    high: Math.max(low, high),
  })),
);

/** The same, most of them of one param, and half of these of one value. */
const frequentEntry = fc.tuple(entry, fc.nat({ max: 9 })).map(([value, share]): IndexEntry => {
  if (share === 9) return value;
  return share >= 5 || value.kind === 'range' ? { ...value, param: 'p' } : { ...value, param: 'p', value: 'a' };
});

const compare = fc.constantFrom<RangeBound['compare']>('<', '<=', '>', '>=');
const bound = fc.record({ side: fc.constantFrom<RangeBound['side']>('low', 'high'), compare, value: number });

const { criterion } = fc.letrec<{ criterion: Criterion; leaf: Criterion }>((tie) => ({
  leaf: fc.oneof(
    fc.record({ op: fc.constant('term' as const), param, values: fc.array(text, { maxLength: 10 }) }),
    fc.record({
      op: fc.constant('string' as const),
      param,
      match: fc.constantFrom('equals' as const, 'starts' as const, 'contains' as const),
      value: text,
    }),
    fc.record({ op: fc.constant('range' as const), param, bounds: fc.array(bound, { maxLength: 3 }) }),
    fc.record({ op: fc.constant('exists' as const), param }),
    fc.record({ op: fc.constant('id' as const), ids: fc.array(id, { maxLength: 4 }) }),
    fc.record({ op: fc.constant('lastUpdated' as const), bounds: fc.array(fc.record({ compare, value: number }), { maxLength: 2 }) }),
  ),
  criterion: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: tie('leaf') },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('and' as const), of: fc.array(tie('criterion'), { maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('or' as const), of: fc.array(tie('criterion'), { maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('not' as const), of: tie('criterion') }) },
  ),
}));

const sortKey: fc.Arbitrary<SortKey> = fc.record({
  param,
  kind: fc.constantFrom<SortKey['kind']>('term', 'string', 'range', 'id', 'lastUpdated'),
  descending: fc.boolean(),
});

const query = fc.record(
  {
    types,
    criterion,
    sort: fc.array(sortKey, { maxLength: 2 }),
    limit: fc.integer({ min: 0, max: 5 }),
    offset: fc.integer({ min: 0, max: 3 }),
    total: fc.boolean(),
  },
  { requiredKeys: ['types', 'limit', 'total'] },
);

const historyQuery = fc.record(
  { type, id, since: instant, at: instant, limit: fc.integer({ min: 0, max: 5 }), total: fc.boolean() },
  { requiredKeys: ['limit', 'total'] },
);

/** A write before it is known which version it must expect; `isStale`: it expects a wrong one. */
const write = fc.record({
  type,
  id,
  index: fc.array(entry, { maxLength: 6 }),
  isRemove: fc.integer({ max: 9, min: 0 }).map((value) => value < 2),
  isStale: fc.integer({ max: 19, min: 0 }).map((value) => value === 0),
  lastUpdated: instant,
});

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('commits' as const),
      /** Sent at once; each has its writes, and perhaps a condition that its criterion matches these ids. */
      commits: fc.array(
        fc.record({
          writes: fc.uniqueArray(write, { minLength: 1, maxLength: 4, selector: (value) => `${value.type}/${value.id}` }),
          condition: fc.option(fc.record({ type, criterion, isTrue: fc.boolean(), ids: fc.array(id, { maxLength: 2 }) }), {
            nil: undefined,
            freq: 3,
          }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('search' as const), query }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('history' as const), query: historyQuery }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
type Planned = Extract<Step, { readonly kind: 'commits' }>['commits'][number];

/** The commit as it would have to be now, in the opinion of `model`. */
async function toCommit(model: Store, namespace: string, { writes, condition }: Planned): Promise<Commit> {
  const versions = await model.getMany(namespace, writes);
  const commit = { namespace, puts: [], removes: [], conditions: [] } as {
    -readonly [Key in keyof Commit]: Commit[Key] extends readonly (infer Item)[] ? Item[] : Commit[Key];
  };
  for (const [index, { type, id, isRemove, isStale, lastUpdated, index: entries }] of writes.entries()) {
    const expectedVersion = (versions[index]?.versionId ?? 0) + (isStale ? 1 : 0);
    const common = { type, id, expectedVersion, versionId: expectedVersion + 1, lastUpdated };
    if (isRemove) commit.removes.push(common);
    else commit.puts.push({ ...common, method: 'PUT', json: JSON.stringify({ id, entries }), index: entries });
  }
  if (condition !== undefined) {
    const { type, criterion, isTrue, ids } = condition;
    const found = await model.search({ namespace, types: [type], criterion, limit: 100, total: false });
    commit.conditions.push({ type, criterion, matches: isTrue ? found.matches.map((match) => match.id) : ids });
  }
  return commit;
}

/** Page by page, both stores side by side; cursors are each store's own. */
async function expectSamePages(
  ask: (store: Store, after: string | undefined) => Promise<StorePage>,
  model: Store,
  store: Store,
  maxPages = Number.POSITIVE_INFINITY,
): Promise<void> {
  let [ofModel, ofStore]: (string | undefined)[] = [undefined, undefined];
  let pages = 0;
  do {
    const [expected, actual]: readonly [StorePage, StorePage] = await Promise.all([ask(model, ofModel), ask(store, ofStore)]);
    expect({ ...actual, next: actual.next !== undefined }).to.deep.equal({ ...expected, next: expected.next !== undefined });
    [ofModel, ofStore] = [expected.next, actual.next];
    pages += 1;
  } while (ofModel !== undefined && pages < maxPages);
}

async function expectSameAnswers(model: Store, store: Store, namespace: string, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.kind === 'commits') {
      const commits = await Promise.all(step.commits.map((commit) => toCommit(model, namespace, commit)));
      const [expected, actual] = await Promise.all([
        Promise.all(commits.map((commit) => model.commit(commit))),
        Promise.all(commits.map((commit) => store.commit(commit))),
      ]);
      expect(actual).to.deep.equal(expected);
    } else if (step.kind === 'search') {
      const search: StoreQuery = { namespace, ...step.query };
      await expectSamePages((of, after) => of.search({ ...search, ...(after !== undefined && { after }) }), model, store);
      expect(await store.count(search)).to.equal(await model.count(search));
    } else {
      const { id, ...rest } = step.query;
      const history: HistoryQuery = { namespace, ...rest, ...(id !== undefined && rest.type !== undefined && { id }) };
      await expectSamePages((of, after) => of.history({ ...history, ...(after !== undefined && { after }) }), model, store);
    }
  }
  const keys = TYPES.flatMap((type) => IDS.map((id) => ({ type, id })));
  expect(await store.getMany(namespace, keys)).to.deep.equal(await model.getMany(namespace, keys));
}

const VARIANTS: readonly (readonly [string, EngineOptions])[] = [
  ['as it is', {}],
  ['that merges its index every few versions', { mergeSize: 5 }],
  ['whose index terms collide', { mergeSize: 1, hashBits: 2 }],
];

type Compare = (model: Store, store: Store) => Promise<void>;

async function withSqlite(options: EngineOptions, compare: Compare): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kauri-stores-'));
  try {
    await withModel(new SqliteStore(join(folder, 'kauri.db'), options), compare);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withModel(store: Store, compare: Compare): Promise<void> {
  const model = await openStore('memory:');
  try {
    await store.migrate();
    await compare(model, store);
  } finally {
    await Promise.all([model.close(), store.close()]);
  }
}

async function compareHistories(model: Store, store: Store): Promise<void> {
  let namespaces = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30, size: 'max' }), async (steps) => {
      namespaces += 1;
      await expectSameAnswers(model, store, `n${namespaces}`, steps);
    }),
    { seed: SEED, numRuns: RUNS },
  );
}

/** More resources than one read of an index gives, and more than is gathered when few match. */
async function compareMany(model: Store, store: Store): Promise<void> {
  const indexes = fc.sample(fc.array(frequentEntry, { maxLength: 6 }), { numRuns: RESOURCES, seed: SEED });
  const puts = indexes.map((index, place): ResourcePut => {
    const key = { type: TYPES[place % 7] ?? 'Patient', id: IDS[place] ?? `r${(place * 7919) % RESOURCES}` };
    return { ...key, versionId: 1, expectedVersion: 0, lastUpdated: place % 12, method: 'POST', json: `{"place":${place}}`, index };
  });
  const frequent = fc
    .tuple(criterion, fc.constantFrom('term' as const, 'string' as const), fc.boolean())
    .map(([part, op, isAlone]): Criterion => {
      const whole: Criterion = op === 'term' ? { op, param: 'p', values: ['a', 'ab'] } : { op, param: 'p', match: 'starts', value: 'a' };
      return isAlone ? whole : { op: 'and', of: [part, whole] };
    });
  const searches = fc.oneof(
    query,
    fc.tuple(query, frequent).map(([search, other]) => ({ ...search, criterion: other })),
  );
  const question = fc.tuple(searches, historyQuery, fc.integer({ min: 1, max: 60 }));
  for (let start = 0; start < RESOURCES; start += 250) {
    const commit = { namespace: 'n', puts: puts.slice(start, start + 250), removes: [], conditions: [] };
    expect(await Promise.all([model.commit(commit), store.commit(commit)])).to.deep.equal([{ committed: true }, { committed: true }]);
  }
  await fc.assert(
    fc.asyncProperty(question, async ([search, { id: _id, ...history }, limit]) => {
      const common = { namespace: 'n', limit };
      await expectSamePages((of, after) => of.search({ ...search, ...common, ...(after !== undefined && { after }) }), model, store, 3);
      await expectSamePages((of, after) => of.history({ ...history, ...common, ...(after !== undefined && { after }) }), model, store, 2);
    }),
    { seed: SEED, numRuns: 60 },
  );
}

describe(`stores under random histories (seed ${SEED})`, () => {
  for (const [name, options] of VARIANTS) {
    it(`answers from an SQLite store ${name} as from the memory store`, () => withSqlite(options, compareHistories)).timeout(60_000);
  }

  for (const [name, options] of [
    ['before its index is merged', { mergeSize: 100_000 }],
    ['after', { mergeSize: 500 }],
  ] as const) {
    it(`answers from ${RESOURCES} resources in an SQLite store as from the memory store, ${name}`, () =>
      withSqlite(options, compareMany)).timeout(60_000);
  }

  describe('in MongoDB', () => {
    let mongod: Mongod | undefined;
    const compare = async (database: string, how: Compare): Promise<void> => withModel(await openStore(mongod?.url(database) ?? ''), how);

    before(async function () {
      mongod = await requireMongod(this);
    });

    after(() => mongod?.dropDatabases());

    it('answers as from the memory store', () => compare('histories', compareHistories)).timeout(120_000);

    it(`answers from ${RESOURCES} resources as from the memory store`, () => compare('many', compareMany)).timeout(120_000);
  });
});
