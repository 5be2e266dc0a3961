/** Several servers on one MongoDB: none sees half of another's commit, and of those that stand in each other's way one goes through. */
import { expect } from 'chai';
import { openStore } from '../../src/storage/open-store.js';
import type { CommitResult, Store } from '../../src/storage/store.js';
import { type Mongod, requireMongod } from '../support/mongod.js';
import { has, put, remove, string, term, toCommit } from './contract/fixture.js';

const SERVERS = 3;
const NONE = (value: string) => ({ type: 'Patient', criterion: has('identifier', value), matches: [] });

describe('servers on one MongoDB', () => {
  let mongod: Mongod | undefined;
  let stores: readonly Store[] = [];
  let namespace = '';

  const of = (number: number): Store => stores[number % SERVERS] as Store;
  const committed = (results: readonly CommitResult[]): number => results.filter((result) => result.committed).length;
  const history = async (): Promise<readonly string[]> => {
    const page = await of(0).history({ namespace, limit: 1_000, total: false });
    return page.matches.map(({ id, versionId }) => `${id}/${versionId}`);
  };

  before(async function () {
    mongod = await requireMongod(this);
    const url = mongod.url('servers');
    stores = await Promise.all(Array.from({ length: SERVERS }, () => openStore(url)));
    // all at once, in a database that does not exist
    await Promise.all(stores.map((store) => store.migrate()));
  });

  after(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await mongod?.dropDatabases();
  });

  beforeEach(function () {
    namespace = this.currentTest?.title ?? '';
  });

  it('commits exactly one of 200 that create under one condition', async () => {
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, number) =>
        of(number).commit(toCommit(namespace, [put(`p${number}`, [term('identifier', 'x')])], [NONE('x')])),
      ),
    );
    expect(committed(results)).to.equal(1);
    for (const result of results) {
      if (!result.committed) expect(result).to.deep.equal({ committed: false, conflict: 'condition', condition: 0 });
    }
    expect(await history()).to.deep.equal([`p${results.findIndex((result) => result.committed)}/1`]);
  });

  it('commits one of those whose conditions look at what the others write', async () => {
    for (let round = 0; round < 15; round += 1) {
      const values = Array.from({ length: SERVERS }, (_, number) => `${round}-${number}`);
      const index = values.map((value) => term('identifier', value));
      const results = await Promise.all(
        values.map((value, number) => of(number).commit(toCommit(namespace, [put(`p${value}`, index)], [NONE(value)]))),
      );
      expect(committed(results), `round ${round}`).to.equal(1);
    }
  });

  it('commits one of those whose conditions look at other types, which the others write', async () => {
    const types = ['Patient', 'Observation', 'Condition'];
    for (let round = 0; round < 15; round += 1) {
      const id = `r${round}`;
      const results = await Promise.all(
        types.map((type, number) => {
          const condition = { type: types[(number + 1) % 3] ?? '', criterion: has('identifier', id), matches: [] };
          return of(number).commit(toCommit(namespace, [put(id, [term('identifier', id)], { type })], [condition]));
        }),
      );
      // each forbids the next: of a ring of three one or two can stand, never all
      expect(committed(results), `round ${round}`).to.be.within(1, 2);
    }
  });

  it('commits exactly one of 200 updates of one version', async () => {
    await of(0).commit(toCommit(namespace, [put('p1')]));
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, number) =>
        of(number).commit(toCommit(namespace, [put('p1', [], { expectedVersion: 1, json: `{"n":${number}}` })])),
      ),
    );
    expect(committed(results)).to.equal(1);
    expect((await of(1).get(namespace, 'Patient', 'p1'))?.json).to.equal(`{"n":${results.findIndex((result) => result.committed)}}`);
    expect(await history()).to.deep.equal(['p1/2', 'p1/1']);
  });

  it('commits exactly one of 60 creates of one id, single ones and transactions', async () => {
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, number) =>
        of(number).commit(toCommit(namespace, [put('p1'), ...(number % 2 === 0 ? [put(`with-${number}`)] : [])])),
      ),
    );
    expect(committed(results)).to.equal(1);
    for (const result of results) {
      if (!result.committed) expect(result).to.deep.equal({ committed: false, conflict: 'version', type: 'Patient', id: 'p1' });
    }
    expect(await history()).to.have.lengthOf(results.findIndex((result) => result.committed) % 2 === 0 ? 2 : 1);
  });

  it('leaves no half of transactions that meet', async () => {
    await of(0).commit(toCommit(namespace, [put('a', [string('by', 'none')]), put('b', [string('by', 'none')])]));
    for (let version = 1; version <= 15; version += 1) {
      const results = await Promise.all(
        Array.from({ length: 6 }, (_, number) => {
          const writes = ['a', 'b'].map((id) =>
            put(id, [string('by', `${number}`)], { expectedVersion: version, json: `{"by":${number}}` }),
          );
          return of(number).commit(toCommit(namespace, number % 2 === 0 ? writes : writes.reverse()));
        }),
      );
      expect(committed(results), `version ${version}`).to.equal(1);
      const winner = results.findIndex((result) => result.committed);
      const found = await of(version).getMany(
        namespace,
        ['a', 'b'].map((id) => ({ type: 'Patient', id })),
      );
      expect(found.map((one) => [one?.versionId, one?.json])).to.deep.equal(Array(2).fill([version + 1, `{"by":${winner}}`]));
    }
  });

  it('shows each server at once what another has committed', async () => {
    for (let number = 0; number < 30; number += 1) {
      const id = `p${number}`;
      await of(number).commit(toCommit(namespace, [put(id, [term('identifier', id)])]));
      const query = { namespace, types: ['Patient'], criterion: has('identifier', id), limit: 5, total: true };
      expect((await of(number + 1).get(namespace, 'Patient', id))?.versionId).to.equal(1);
      expect((await of(number + 1).search(query)).total).to.equal(1);
      await of(number + 1).commit(toCommit(namespace, [remove(id, 1)]));
      expect((await of(number + 2).search(query)).total).to.equal(0);
      expect((await history()).slice(0, 2)).to.deep.equal([`${id}/2`, `${id}/1`]);
    }
  });

  it("follows another server's pages", async () => {
    await of(0).commit(
      toCommit(
        namespace,
        Array.from({ length: 10 }, (_, number) => put(`p${number}`)),
      ),
    );
    const seen: string[] = [];
    for (let turn = 0, after: string | undefined; ; turn += 1) {
      const page = await of(turn).search({ namespace, types: ['Patient'], limit: 3, total: false, ...(after !== undefined && { after }) });
      seen.push(...page.matches.map(({ id }) => id));
      after = page.next;
      if (after === undefined) break;
    }
    expect(seen).to.deep.equal(Array.from({ length: 10 }, (_, number) => `p${number}`));
  });
});
