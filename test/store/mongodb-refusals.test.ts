/** MongoDB that cannot be a store: said clearly, nothing changed, no password shown. And what is too large for it. */
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { openStore } from '../../src/storage/open-store.js';
import { type Store, StoreError, type StoreErrorCode } from '../../src/storage/store.js';
import { type Mongod, mongodBinary, PASSWORD, requireMongod, startMongod } from '../support/mongod.js';
import { put, string, term, toCommit } from './contract/fixture.js';

async function refusal(work: Promise<unknown>): Promise<StoreError> {
  const error: unknown = await work.then(
    () => 'resolved',
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(StoreError);
  return error as StoreError;
}

async function expectRefused(url: string, code: StoreErrorCode, message: RegExp): Promise<void> {
  const error = await refusal(
    (async () => {
      const store = await openStore(url);
      try {
        await store.migrate();
      } finally {
        await store.close();
      }
    })(),
  );
  expect(error.message).to.match(message);
  expect(error.message).to.not.contain('secret');
  expect(error.code).to.equal(code);
}

describe('MongoDB that cannot be a store', () => {
  let mongod: Mongod | undefined;
  const started: Mongod[] = [];
  const url = (database: string): string => mongod?.url(database) ?? '';

  const using = async <Result>(target: string, use: (client: MongoClient) => Promise<Result>): Promise<Result> => {
    const client = new MongoClient(target);
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  };
  /** Everything that a database holds. */
  const contents = (target: string) =>
    using(target, async (client) => {
      const collections = await client.db().collections();
      const entries = collections.map(async (one) => [one.collectionName, await one.indexes(), await one.find().toArray()] as const);
      return (await Promise.all(entries)).sort(([left], [right]) => left.localeCompare(right));
    });
  const start = async (suite: Mocha.Context, options: Parameters<typeof startMongod>[1]): Promise<Mongod> => {
    const binary = mongodBinary();
    if (binary === undefined) return suite.skip();
    const own = await startMongod(binary, options);
    started.push(own);
    return own;
  };

  before(async function () {
    mongod = await requireMongod(this);
  });

  after(async () => {
    await mongod?.dropDatabases();
    await Promise.all(started.map((own) => own.stop()));
  });

  for (const [name, wrong, message] of [
    ['an unknown option', 'mongodb://user:secret@127.0.0.1/kauri?colour=red', /^The URL of the store is no MongoDB URL: .*colour/],
    ['no host', 'mongodb://', /^The URL of the store is no MongoDB URL: /],
    ['a password that was not encoded', 'mongodb://user:sec@ret@secret@127.0.0.1:x/kauri', /^The URL of the store is no MongoDB URL: /],
    ['a database that cannot be', 'mongodb://127.0.0.1/a%2Fb', /^The URL of the store is no MongoDB URL: /],
    ['half an escape', 'mongodb://127.0.0.1/%E0%A4%A', /^The URL of the store is no MongoDB URL: /],
  ] as const) {
    it(`refuses a URL with ${name}`, () => expectRefused(wrong, 'unavailable', message));
  }

  it('says where nothing listens', () =>
    expectRefused(
      'mongodb://user:secret@127.0.0.1:9/kauri?serverSelectionTimeoutMS=300',
      'unavailable',
      /^No primary of MongoDB can be reached at 127\.0\.0\.1:9: .*ECONNREFUSED/,
    ));

  it('says that a standalone mongod has to become a replica set, and leaves it as it is', async function () {
    const standalone = (await start(this, { isReplicaSet: false })).url('kauri');
    await expectRefused(standalone, 'unavailable', /without a replica set.*--replSet rs0.*rs\.initiate\(\)/);
    expect(await contents(standalone)).to.deep.equal([]);
  }).timeout(60_000);

  it('says that a replica set has to be begun', async function () {
    const own = (await start(this, { isBegun: false })).url('kauri');
    await expectRefused(`${own}?serverSelectionTimeoutMS=500`, 'unavailable', /never begun: call rs\.initiate\(\)/);
  }).timeout(60_000);

  it('says that credentials were refused, or that they allow too little', async function () {
    const own = (await start(this, { asksForCredentials: true })).url('kauri');
    const as = (user: string): string => `${own.replace('//', `//${user}@`)}?authSource=admin`;
    await using(as(`admin:${PASSWORD}`), (client) =>
      client.db('admin').command({ createUser: 'reader', pwd: PASSWORD, roles: [{ role: 'read', db: 'kauri' }] }),
    );
    await using(as(`admin:${PASSWORD}`), (client) =>
      client.db('admin').command({ createUser: 'kauri', pwd: PASSWORD, roles: [{ role: 'readWrite', db: 'kauri' }] }),
    );
    await expectRefused(as('nobody:secret'), 'unavailable', /refused the credentials of the URL/);
    await expectRefused(as('reader:secret'), 'unavailable', /refused the credentials of the URL/);
    await expectRefused(own, 'unavailable', /may not do that in its database: give it the role readWrite/);
    await expectRefused(as(`reader:${PASSWORD}`), 'unavailable', /may not do that in its database: give it the role readWrite/);
    expect(await contents(as(`admin:${PASSWORD}`))).to.deep.equal([]);
    const store = await openStore(as(`kauri:${PASSWORD}`));
    await store.migrate().finally(() => store.close());
  }).timeout(60_000);

  it('refuses a store of a newer version, and leaves it as it is', async () => {
    const target = url('newer');
    await using(target, (client) =>
      client
        .db()
        .collection<{ _id: string }>('setting')
        .insertOne({ _id: 'store', version: 7 } as never),
    );
    const before = await contents(target);
    await expectRefused(target, 'newer-version', /has version 7, and this program knows 1: run the newer program/);
    expect(await contents(target)).to.deep.equal(before);
  });

  it("refuses another program's database, and leaves it as it is", async () => {
    const target = url('other');
    await using(target, (client) => client.db().collection('resource').insertOne({ name: 'not ours' }));
    const before = await contents(target);
    await expectRefused(target, 'not-a-store', /holds something that is no store: name another database/);
    expect(await contents(target)).to.deep.equal(before);
  });

  it('refuses an index that is not as it should be, and makes one that is missing', async () => {
    const target = url('index');
    const open = async (): Promise<void> => {
      const store = await openStore(target);
      await store.migrate().finally(() => store.close());
    };
    await open();
    const good = await contents(target);
    await using(target, (client) => client.db().collection('resource').dropIndex('term'));
    await open();
    expect((await contents(target)).map(([name, indexes]) => [name, indexes.length])).to.deep.equal(
      good.map(([name, indexes]) => [name, indexes.length]),
    );
    await using(target, async (client) => {
      await client.db().collection('resource').dropIndex('term');
      await client.db().collection('resource').createIndex({ x: 1 }, { name: 'term' });
    });
    await expectRefused(target, 'not-a-store', /index .* is not as this store makes it/i);
  });
});

describe('what is too large for MongoDB', () => {
  let mongod: Mongod | undefined;
  let store: Store;

  before(async function () {
    mongod = await requireMongod(this);
    store = await openStore(mongod.url('large'));
    await store.migrate();
  });

  after(async () => {
    await store?.close();
    await mongod?.dropDatabases();
  });

  it('is refused before it is sent, by its size and what may be, with nothing of its commit stored', async () => {
    const mebibyte = 1024 * 1024;
    const faulty = [
      [
        put('text', [], { json: `"${'x'.repeat(16 * mebibyte)}"` }),
        /^Patient\/text takes 16777\d{3} bytes with its index, and the store at most 16760832 \(16 MB\): split it$/,
      ],
      [put('bytes', [], { json: `"${'é'.repeat(8 * mebibyte)}"` }), /^Patient\/bytes takes 16777\d{3} bytes/],
      [
        put(
          'index',
          Array.from({ length: 20_000 }, (_, number) => term('p', `${number}${'y'.repeat(900)}`)),
        ),
        /^Patient\/index takes \d{8} bytes/,
      ],
      [
        put(
          'keys',
          Array.from({ length: 100_001 }, (_, number) => term('p', `${number}`)),
        ),
        /^Patient\/keys has 100001 index entries, and the store takes at most 100000 of one resource: split it$/,
      ],
    ] as const;
    for (const [large, message] of faulty) {
      const error = await refusal(store.commit(toCommit('n', [put('small'), large])));
      expect(error.message).to.match(message);
      expect(error.code).to.equal('too-large');
    }
    expect(await store.history({ namespace: 'n', limit: 5, total: true })).to.deep.equal({ matches: [], total: 0 });
  });

  it('is taken just below that', async () => {
    const json = `"${'x'.repeat(16 * 1024 * 1024 - 20_000)}"`;
    expect(await store.commit(toCommit('n', [put('text', [], { json })]))).to.deep.equal({ committed: true });
    expect(await store.commit(toCommit('n', [put('text', [], { json, expectedVersion: 1 })]))).to.deep.equal({ committed: true });
    expect((await store.getVersion('n', 'Patient', 'text', 1))?.json === json).to.equal(true);
    const index = Array.from({ length: 99_000 }, (_, number) => term('p', `${number}`));
    expect(await store.commit(toCommit('n', [put('keys', index)]))).to.deep.equal({ committed: true });
  }).timeout(60_000);

  it('is a commit of many large texts, in which nothing is lost', async () => {
    const json = `"${'x'.repeat(5 * 1024 * 1024)}"`;
    const puts = Array.from({ length: 12 }, (_, number) => put(`r${number}`, [], { json }));
    expect(await store.commit(toCommit('m', puts))).to.deep.equal({ committed: true });
    expect(await store.count({ namespace: 'm', types: ['Patient'] })).to.equal(12);
  }).timeout(60_000);

  it('is a text to look for that no pattern can hold: found or refused, never lost', async () => {
    for (const [length, answer] of [
      [20_000, 'found'],
      [2_000_000, 'too-large The text to look for is longer than MongoDB can compare'],
    ] as const) {
      const value = '-'.repeat(length);
      const namespace = `text-${length}`;
      if (answer === 'found') await store.commit(toCommit(namespace, [put('p1', [string('s', `a${value}`)])]));
      const query = { namespace, types: ['Patient'], criterion: { op: 'string', param: 's', match: 'contains', value } as const };
      const said = await store.count(query).then(
        (count) => (count === 1 ? 'found' : 'lost'),
        (error: StoreError) => `${error.code} ${error.message}`,
      );
      expect(said, `${length}`).to.equal(answer);
    }
  });
});
