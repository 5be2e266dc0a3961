import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Store } from '../../../src/storage/store.js';
import { by, has, put, range, remove, string, term, toCommit, toQuery } from './fixture.js';

const NAMESPACE = 'api';

/** Writes of every kind; what stays is what `expectEverything` looks for. */
async function fill(store: Store): Promise<void> {
  const index = (number: number) => [
    term('identifier', `x|${number}`),
    string('name', `name ${number}`),
    range('date', number, number + 1),
  ];
  const commits = [
    ...Array.from({ length: 40 }, (_, number) => toCommit(NAMESPACE, [put(`p${number}`, index(number))])),
    toCommit(NAMESPACE, [put('p1', index(101), { expectedVersion: 1 }), remove('p2', 1), put('o1', index(1), { type: 'Observation' })]),
    toCommit(NAMESPACE, [put('p2', index(102), { expectedVersion: 2 }), remove('p3', 1)]),
  ];
  for (const commit of commits) expect(await store.commit(commit)).to.deep.equal({ committed: true });
}

async function expectEverything(store: Store): Promise<void> {
  const search = async (criterion: Parameters<typeof toQuery>[1], query = {}): Promise<readonly string[]> =>
    (await store.search(toQuery(NAMESPACE, criterion, query))).matches.map(({ id }) => id);
  expect(await search(has('identifier', 'x|5'))).to.deep.equal(['p5']);
  expect(await search(has('identifier', 'x|1', 'x|2', 'x|3'))).to.deep.equal([]);
  expect(await search(has('identifier', 'x|101', 'x|102'))).to.deep.equal(['p1', 'p2']);
  expect(await search({ op: 'string', param: 'name', match: 'starts', value: 'name 10' })).to.deep.equal(['p1', 'p10', 'p2']);
  expect(await search({ op: 'range', param: 'date', bounds: [{ side: 'low', compare: '>=', value: 39 }] })).to.deep.equal([
    'p1',
    'p2',
    'p39',
  ]);
  expect(await search(undefined, { sort: [by('date', 'range', true)], limit: 3 })).to.deep.equal(['p2', 'p1', 'p39']);
  expect(await store.count({ namespace: NAMESPACE, types: ['Patient'] })).to.equal(39);
  expect(await store.count({ namespace: NAMESPACE, types: ['Observation', 'Patient'] })).to.equal(40);
  expect((await store.history({ namespace: NAMESPACE, limit: 1, total: true })).total).to.equal(45);
  const versions = await store.history({ namespace: NAMESPACE, type: 'Patient', id: 'p2', limit: 5, total: true });
  expect(versions.matches.map(({ versionId, method }) => `${versionId} ${method}`)).to.deep.equal(['3 PUT', '2 DELETE', '1 POST']);
  expect((await store.get(NAMESPACE, 'Patient', 'p3'))?.method).to.equal('DELETE');
  expect((await store.getVersion(NAMESPACE, 'Patient', 'p1', 1))?.json).to.equal(put('p1').json);
  expect(await store.commit(toCommit(NAMESPACE, [put('p1', [], { expectedVersion: 1 })]))).to.deep.include({ conflict: 'version' });
  const taken = { type: 'Patient', criterion: has('identifier', 'x|7'), matches: [] };
  expect(await store.commit(toCommit(NAMESPACE, [], [taken]))).to.deep.include({ conflict: 'condition' });
}

/** For stores that keep what they hold: `folder` is where `open` puts it, `files` what a copy of it consists of, if anything. */
export function describeReopening(open: (folder: string) => Promise<Store>, newFolder: () => string, files: readonly string[]): void {
  const using = async (folder: string, use: (store: Store) => Promise<void>): Promise<void> => {
    const store = await open(folder);
    try {
      await store.migrate();
      await use(store);
    } finally {
      await store.close();
    }
  };

  describe('reopening', () => {
    it('has everything again after it was closed, and once more after further writes', async () => {
      const folder = newFolder();
      await using(folder, fill);
      await using(folder, expectEverything);
      await using(folder, async (store) => {
        expect(await store.commit(toCommit(NAMESPACE, [put('later', [term('identifier', 'later')])]))).to.deep.equal({ committed: true });
        expect(await store.commit(toCommit(NAMESPACE, [remove('later', 1)]))).to.deep.equal({ committed: true });
      });
      await using(folder, async (store) => {
        expect((await store.search(toQuery(NAMESPACE, has('identifier', 'later')))).matches).to.deep.equal([]);
        expect(await store.count({ namespace: NAMESPACE, types: ['Patient'] })).to.equal(39);
      });
    });

    it('has everything in a copy of its files that was taken while it was open, as after a crash', async function () {
      if (files.length === 0) this.skip();
      const [folder, copy] = [newFolder(), newFolder()];
      await using(folder, async (store) => {
        await fill(store);
        for (const name of files) if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(copy, name));
      });
      await using(copy, expectEverything);
    });

    it('makes the commits that were asked for before it was closed', async () => {
      const folder = newFolder();
      const store = await open(folder);
      await store.migrate();
      const commits = Array.from({ length: 50 }, (_, number) => store.commit(toCommit(NAMESPACE, [put(`p${number}`)])));
      await store.close();
      for (const result of await Promise.all(commits)) expect(result).to.deep.equal({ committed: true });
      await using(folder, async (again) => {
        expect(await again.count({ namespace: NAMESPACE, types: ['Patient'] })).to.equal(50);
      });
    });
  });
}
