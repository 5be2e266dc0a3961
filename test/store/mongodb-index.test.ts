/** What a search costs in MongoDB: it reads what it returns, and walks past little else. */
import { expect } from 'chai';
import { type Db, MongoClient } from 'mongodb';
import { openStore } from '../../src/storage/open-store.js';
import type { Criterion, Store, StoreQuery } from '../../src/storage/store.js';
import { type Mongod, requireMongod } from '../support/mongod.js';
import { by, has, put, range, string, term, toCommit } from './contract/fixture.js';

const RESOURCES = 6_000;
const LIMIT = 20;
const TYPES = ['Patient', 'Condition', 'Observation'];

const SEARCHES: readonly (readonly [title: string, query: Partial<StoreQuery>, mostRead: number])[] = [
  ['one identifier', { criterion: has('identifier', 'x|300') }, 1],
  ['a patient with a status', { criterion: { op: 'and', of: [has('patient', 'p30'), has('status', 'a')] } }, 20],
  ['a patient, in three types', { criterion: has('patient', 'p30'), types: TYPES }, 20],
  ['a patient, newest first', { criterion: has('patient', 'p30'), sort: [by('_lastUpdated', 'lastUpdated', true)] }, 20],
  ['a patient, by date', { criterion: has('patient', 'p30'), sort: [by('date', 'range', true)] }, 40],
  ['nothing: the first of a type', {}, LIMIT + 1],
  ['nothing: the newest of a type', { sort: [by('_lastUpdated', 'lastUpdated', true)] }, LIMIT + 1],
  ['nothing: the oldest of a type', { sort: [by('_lastUpdated', 'lastUpdated')] }, 2 * LIMIT + 2],
  ['nothing: the last ids of a type', { sort: [by('_id', 'id', true)] }, LIMIT + 1],
  ['a few dates', { criterion: { op: 'range', param: 'date', bounds: dates(3_000, 3_030) } }, 31],
  ['the beginning of a name', { criterion: { op: 'string', param: 'name', match: 'starts', value: 'name 300' } }, 10],
  ['either of two identifiers', { criterion: { op: 'or', of: [has('identifier', 'x|300'), has('identifier', 'x|303')] } }, 2],
  ['two ids', { criterion: { op: 'id', ids: ['r000300', 'r000303'] } }, 2],
];

function dates(from: number, to: number): Extract<Criterion, { readonly op: 'range' }>['bounds'] {
  return [
    { side: 'low', compare: '>=', value: from },
    { side: 'low', compare: '<', value: to },
  ];
}

describe('searches in MongoDB', () => {
  let mongod: Mongod | undefined;
  let store: Store;
  let client: MongoClient;
  let database: Db;

  /** Documents that the calls of the store looked at. */
  const documentsRead = async (call: () => Promise<unknown>): Promise<number> => {
    await database.command({ profile: 0 });
    await database.dropCollection('system.profile');
    await database.command({ profile: 2, filter: { appName: 'kauri' } });
    await call();
    await database.command({ profile: 0 });
    const commands = await database.collection('system.profile').find().toArray();
    expect(commands).to.have.length.greaterThan(0);
    return commands.reduce((sum, command) => sum + Number(command['docsExamined'] ?? 0), 0);
  };

  before(async function () {
    mongod = await requireMongod(this);
    const url = mongod.url('index');
    store = await openStore(url);
    await store.migrate();
    client = new MongoClient(url);
    database = client.db();
    const puts = Array.from({ length: RESOURCES }, (_, number) => {
      const status = term('status', number % 2 === 0 ? 'a' : 'b');
      const index = [term('identifier', `x|${number}`), term('patient', `p${number % 300}`), status, string('name', `name ${number}`)];
      const details = { type: TYPES[number % 3] ?? '', lastUpdated: 1_700_000_000_000 + number };
      return put(`r${String(number).padStart(6, '0')}`, [...index, range('date', number, number + 1)], details);
    });
    for (let start = 0; start < RESOURCES; start += 500) {
      expect(await store.commit(toCommit('n', puts.slice(start, start + 500)))).to.deep.equal({ committed: true });
    }
  });

  after(async () => {
    await client?.close();
    await store?.close();
    await mongod?.dropDatabases();
  });

  for (const [title, query, mostRead] of SEARCHES) {
    it(`by ${title} read ${mostRead} documents at most, and find something`, async () => {
      const search = { namespace: 'n', types: ['Patient'], limit: LIMIT, total: false, ...query };
      expect((await store.search(search)).matches).to.have.length.greaterThan(0);
      expect(await documentsRead(() => store.search(search))).to.be.within(1, mostRead);
    });
  }

  it('count along an index, without a look at a document', async () => {
    for (const criterion of [undefined, has('status', 'a')]) {
      const query = { namespace: 'n', types: ['Patient'], ...(criterion !== undefined && { criterion }) };
      expect(await documentsRead(() => store.count(query))).to.equal(0);
    }
  });

  it('are no dearer as histories', async () => {
    const common = { namespace: 'n', limit: LIMIT, total: true };
    for (const query of [common, { ...common, type: 'Patient' }, { ...common, type: 'Patient', since: 1_700_000_005_000 }]) {
      expect(await documentsRead(() => store.history(query))).to.be.within(1, LIMIT + 1);
    }
  });
});
