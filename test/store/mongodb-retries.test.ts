/** Failures that MongoDB was told to have: what can be tried again is, what was made is not made twice, the rest is a StoreError. */
import { expect } from 'chai';
import { type Document, MongoClient } from 'mongodb';
import { openStore } from '../../src/storage/open-store.js';
import type { Store, StoreError } from '../../src/storage/store.js';
import { type Mongod, mongodBinary, requireMongod, startMongod } from '../support/mongod.js';
import { has, put, term, toCommit } from './contract/fixture.js';

const COMMITTED = { committed: true };

/** Codes of MongoDB's error_codes.yml. */
const NOT_PRIMARY = 10_107;
const WRITE_CONFLICT = 112;
const NO_SUCH_TRANSACTION = 251;

describe('a MongoDB that fails', () => {
  let mongod: Mongod | undefined;
  let admin: MongoClient;
  let store: Store;
  let namespace = '';
  let failures = 0;

  /** The next commands of these names fail so. */
  const fail = async (times: number, failCommands: readonly string[], how: Document): Promise<void> => {
    const data = { failCommands, appName: 'kauri', ...how };
    const { count } = await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: { times }, data });
    failures = Number(count);
  };
  /** No command fails any more; gives how many did since `fail`. */
  const heal = async (): Promise<number> => {
    const { count } = await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
    return Number(count) - failures;
  };
  const history = async (): Promise<readonly string[]> =>
    (await store.history({ namespace, limit: 100, total: false })).matches.map(({ id, versionId }) => `${id}/${versionId}`);

  before(async function () {
    await requireMongod(this);
    const binary = mongodBinary();
    if (binary === undefined) return this.skip();
    mongod = await startMongod(binary, { canFail: true });
    admin = new MongoClient(mongod.url('admin'));
    store = await openStore(`${mongod.url('failing')}?serverSelectionTimeoutMS=1000`);
    await store.migrate();
  });

  after(async () => {
    await store?.close();
    await admin?.close();
    await mongod?.stop();
  });

  beforeEach(async function () {
    namespace = this.currentTest?.title ?? '';
    await store.commit(toCommit(namespace, [put('old', [term('t', 'old')])]));
  });

  afterEach(async () => {
    await heal();
  });

  const update = () => toCommit(namespace, [put('old', [], { expectedVersion: 1 }), put('new')]);
  const conditional = () => toCommit(namespace, [put('new')], [{ type: 'Patient', criterion: has('t', 'new'), matches: [] }]);

  for (const [title, times, commands, how] of [
    ['lost its connection at a create', 1, ['insert'], { closeConnection: true }],
    ['is no primary any more at a create', 1, ['insert'], { errorCode: NOT_PRIMARY, errorLabels: ['RetryableWriteError'] }],
    // the write is made, and the answer says otherwise
    [
      'made a create and changed its primary',
      1,
      ['insert'],
      { writeConcernError: { code: 91, errmsg: 'shutting down' }, errorLabels: ['RetryableWriteError'] },
    ],
  ] as const) {
    it(`${title}, once: the create is made once`, async () => {
      await fail(times, commands, how);
      expect(await store.commit(toCommit(namespace, [put('new')]))).to.deep.equal(COMMITTED);
      expect(await heal()).to.equal(times);
      expect(await history()).to.deep.equal(['new/1', 'old/1']);
    });
  }

  for (const [title, times, commands, how] of [
    ['met other writes', 5, ['insert', 'update'], { errorCode: WRITE_CONFLICT, errorLabels: ['TransientTransactionError'] }],
    ['lost its connection within a transaction', 2, ['insert', 'find'], { closeConnection: true }],
    ['lost its connection at a commit', 3, ['commitTransaction'], { closeConnection: true }],
    ['made a commit and changed its primary', 3, ['commitTransaction'], { writeConcernError: { code: 91, errmsg: 'shutting down' } }],
    ['took long to be sure of a commit', 3, ['commitTransaction'], { writeConcernError: { code: 64, errmsg: 'timed out' } }],
    ['forgot a transaction', 2, ['commitTransaction'], { errorCode: NO_SUCH_TRANSACTION, errorLabels: ['TransientTransactionError'] }],
  ] as const) {
    it(`${title}, ${times} times: the transaction is made once`, async () => {
      await fail(times, commands, how);
      expect(await store.commit(update())).to.deep.equal(COMMITTED);
      expect(await heal()).to.equal(times);
      expect([...(await history())].sort()).to.deep.equal(['new/1', 'old/1', 'old/2']);
      await fail(times, commands, how);
      const again = { ...conditional(), puts: [put('third')] };
      expect(await store.commit(again)).to.deep.equal(COMMITTED);
      expect(await heal()).to.equal(times);
      expect((await history())[0]).to.equal('third/1');
      expect(await history()).to.have.lengthOf(4);
    });
  }

  it('reads again when a connection broke', async () => {
    await fail(1, ['find', 'aggregate'], { closeConnection: true });
    expect((await store.get(namespace, 'Patient', 'old'))?.versionId).to.equal(1);
    await fail(1, ['aggregate'], { closeConnection: true });
    expect(await store.count({ namespace, types: ['Patient'] })).to.equal(1);
    expect(await heal()).to.equal(1);
  });

  it('answers a failure that stays as a StoreError, and has stored nothing of the commit', async () => {
    const failures = [
      [{ errorCode: 14_031 }, 'full'],
      [{ errorCode: 10_334 }, 'too-large'],
      [{ errorCode: 13 }, 'unavailable'],
      [{ errorCode: 50 }, 'unavailable'],
      [{ errorCode: 9_999 }, 'unavailable'],
      [{ errorCode: NOT_PRIMARY }, 'unavailable'],
      [{ closeConnection: true }, 'unavailable'],
    ] as const;
    for (const [how, code] of failures) {
      for (const commit of [toCommit(namespace, [put('new')]), update()]) {
        await fail(1_000, ['insert'], how);
        const error: unknown = await store.commit(commit).catch((reason: unknown) => reason);
        await heal();
        expect(error, JSON.stringify(how)).to.include({ name: 'StoreError', code });
        expect((error as StoreError).message).to.match(/^[A-Z]/);
      }
    }
    for (const read of [() => store.get(namespace, 'Patient', 'old'), () => store.count({ namespace, types: ['Patient'] })]) {
      await fail(1_000, ['find', 'aggregate'], { closeConnection: true });
      expect(await read().catch((reason: unknown) => reason)).to.include({ name: 'StoreError', code: 'unavailable' });
      await heal();
    }
    expect(await history()).to.deep.equal(['old/1']);
  }).timeout(180_000);

  it('writes the others of a group when one of it fails by itself', async () => {
    // the whole group, and then the first alone
    await fail(2, ['insert'], { errorCode: 10_334 });
    const commits = ['a', 'b', 'c'].map((id) => store.commit(toCommit(namespace, [put(id)])));
    const answers = await Promise.all(commits.map((commit) => commit.catch((error: StoreError) => error.code)));
    expect(answers).to.deep.equal(['too-large', COMMITTED, COMMITTED]);
    expect(await history()).to.deep.equal(['c/1', 'b/1', 'old/1']);
  });

  it('reads another moment when one is gone', async () => {
    for (const errorCode of [239, 246]) {
      await fail(2, ['find', 'aggregate'], { errorCode });
      expect(await history()).to.deep.equal(['old/1']);
      expect(await heal()).to.equal(2);
    }
  });

  it('does not hold up a close for ever', async () => {
    const own = await openStore(mongod?.url('closing') ?? '');
    await own.migrate();
    await fail(1, ['insert'], { blockConnection: true, blockTimeMS: 9_000 });
    const commit = own.commit(toCommit(namespace, [put('new')])).catch((error: unknown) => error);
    await own.health();
    const begun = performance.now();
    await own.close();
    expect(performance.now() - begun).to.be.below(8_000);
    expect(await commit).to.include({ name: 'StoreError', code: 'unavailable' });
  }).timeout(60_000);

  it('is not ready while nothing answers, and ready again after', async () => {
    await fail(1_000, ['hello'], { errorCode: NOT_PRIMARY });
    expect((await store.health()).ready).to.equal(false);
    await heal();
    expect(await store.health()).to.deep.equal({ ready: true });
  });
});
