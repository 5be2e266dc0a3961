import { expect } from 'chai';
import type {
  Commit,
  CommitCondition,
  CommitResult,
  Criterion,
  Namespace,
  ResourcePut,
  ResourceRemove,
} from '../../../src/storage/store.js';
import { has, INSTANT, put, range, remove, type StoreFixture, string, term, toCommit } from './fixture.js';

const COMMITTED: CommitResult = { committed: true };

function condition(criterion: Criterion, ...matches: readonly string[]): CommitCondition {
  return { type: 'Patient', criterion, matches };
}

function versionConflict(id: string): CommitResult {
  return { committed: false, conflict: 'version', type: 'Patient', id };
}

export function describeCommits(fixture: StoreFixture): void {
  const commit = (
    namespace: Namespace,
    writes: readonly (ResourcePut | ResourceRemove)[],
    conditions: readonly CommitCondition[] = [],
  ): Promise<CommitResult> => fixture.store.commit(toCommit(namespace, writes, conditions));

  /** Ids of everything that can be read in some way: as current, by index, in history. */
  const traces = async (namespace: Namespace): Promise<readonly (readonly string[])[]> => {
    const history = await fixture.store.history({ namespace, limit: 1_000, total: false });
    return [
      await fixture.ids(namespace, undefined),
      await fixture.ids(namespace, { op: 'exists', param: 'identifier' }),
      history.matches.map(({ id, versionId }) => `${id}/${versionId}`),
    ];
  };

  describe('commits', () => {
    it('refuses a write whose expected version is not the latest', async () => {
      const namespace = fixture.namespace();
      expect(await commit(namespace, [put('p1', [], { expectedVersion: 1 })])).to.deep.equal(versionConflict('p1'));
      expect(await commit(namespace, [remove('p1', 1)])).to.deep.equal(versionConflict('p1'));
      expect(await commit(namespace, [put('p1')])).to.deep.equal(COMMITTED);
      expect(await commit(namespace, [put('p1')])).to.deep.equal(versionConflict('p1'));
      expect(await commit(namespace, [put('p1', [], { expectedVersion: 2 })])).to.deep.equal(versionConflict('p1'));
      expect(await commit(namespace, [remove('p1', 1)])).to.deep.equal(COMMITTED);
      expect(await commit(namespace, [put('p1', [], { expectedVersion: 1 })])).to.deep.equal(versionConflict('p1'));
      expect(await traces(namespace)).to.deep.equal([[], [], ['p1/2', 'p1/1']]);
    });

    it('brings a deleted resource back as a version after the delete', async () => {
      const namespace = fixture.namespace();
      await fixture.write(namespace, put('p1', [term('identifier', '1')]));
      await fixture.write(namespace, remove('p1', 1));
      await fixture.write(namespace, put('p1', [term('identifier', '2')], { expectedVersion: 2 }));
      expect(await fixture.ids(namespace, has('identifier', '1', '2'))).to.deep.equal(['p1']);
      expect(await fixture.ids(namespace, has('identifier', '1'))).to.deep.equal([]);
      expect(await traces(namespace)).to.deep.equal([['p1'], ['p1'], ['p1/3', 'p1/2', 'p1/1']]);
    });

    it('stores all writes of a commit or none of them', async () => {
      const namespace = fixture.namespace();
      await fixture.write(namespace, put('p1', [term('identifier', '1')]), put('p2', [term('identifier', '2')]));
      const refused = await commit(namespace, [
        put('p3', [term('identifier', '3')]),
        put('p1', [term('identifier', 'other')], { expectedVersion: 1 }),
        put('p4', [term('identifier', '4')], { expectedVersion: 7 }),
        remove('p2', 1),
      ]);
      expect(refused).to.deep.equal(versionConflict('p4'));
      expect(await traces(namespace)).to.deep.equal([
        ['p1', 'p2'],
        ['p1', 'p2'],
        ['p2/1', 'p1/1'],
      ]);
      expect(await fixture.ids(namespace, has('identifier', 'other', '3', '4'))).to.deep.equal([]);
      await fixture.write(namespace, put('p3', [term('identifier', '3')]), put('p1', [], { expectedVersion: 1 }), remove('p2', 1));
      expect(await traces(namespace)).to.deep.equal([['p1', 'p3'], ['p3'], ['p2/2', 'p1/2', 'p3/1', 'p2/1', 'p1/1']]);
      expect(await fixture.store.count({ namespace, types: ['Patient'] })).to.equal(2);
    });

    it('holds a commit of thousands of writes in several types', async () => {
      const namespace = fixture.namespace();
      const types = ['Patient', 'Observation', 'Condition'];
      const writes = Array.from({ length: 3_000 }, (_, number) =>
        put(`r${number}`, [term('batch', `b${number % 10}`)], { type: types[number % 3] ?? 'Patient' }),
      );
      await fixture.write(namespace, ...writes);
      expect(await fixture.store.count({ namespace, types })).to.equal(3_000);
      expect(await fixture.store.count({ namespace, types, criterion: has('batch', 'b3') })).to.equal(300);
      expect(await fixture.store.count({ namespace, types: ['Condition'], criterion: has('batch', 'b3') })).to.equal(100);
    });

    it('checks conditions again, against exactly the resources that match', async () => {
      const namespace = fixture.namespace();
      await fixture.write(namespace, put('p1', [term('identifier', 'x')]), put('p2', [term('identifier', 'x')]), put('p3'));
      const failing = (...matches: readonly string[]) => commit(namespace, [], [condition(has('identifier', 'x'), ...matches)]);
      const refused = { committed: false, conflict: 'condition', condition: 0 } as const;
      expect(await failing()).to.deep.equal(refused);
      expect(await failing('p1')).to.deep.equal(refused);
      expect(await failing('p1', 'p3')).to.deep.equal(refused);
      expect(await failing('p1', 'p2', 'p3')).to.deep.equal(refused);
      expect(await failing('p2', 'p1')).to.deep.equal(COMMITTED);
      expect(await failing('p2', 'p1', 'p2')).to.deep.equal(COMMITTED);
      expect(await commit(namespace, [], [{ ...condition(has('identifier', 'x')), type: 'Observation' }])).to.deep.equal(COMMITTED);
    });

    it('names the first condition that fails, and looks at conditions before versions', async () => {
      const namespace = fixture.namespace();
      await fixture.write(namespace, put('p1', [term('identifier', 'x'), string('name', 'anne'), range('birthdate', 5)]));
      const conditions = [
        condition(has('identifier', 'x'), 'p1'),
        condition({ op: 'and', of: [has('identifier', 'x'), { op: 'string', param: 'name', match: 'starts', value: 'b' }] }),
        condition({ op: 'range', param: 'birthdate', bounds: [{ side: 'low', compare: '>', value: 4 }] }),
        condition({ op: 'not', of: has('identifier', 'x') }, 'p1'),
      ];
      expect(await commit(namespace, [put('p1')], conditions)).to.deep.equal({ committed: false, conflict: 'condition', condition: 2 });
      expect(await commit(namespace, [put('p1')], conditions.slice(3))).to.deep.equal({
        committed: false,
        conflict: 'condition',
        condition: 0,
      });
      expect(await commit(namespace, [put('p1')], conditions.slice(0, 2))).to.deep.equal(versionConflict('p1'));
    });

    it('commits exactly one of 200 that create at once under one condition', async () => {
      const namespace = fixture.namespace();
      const criterion = has('identifier', 'the one');
      const results = await Promise.all(
        Array.from({ length: 200 }, (_, number) =>
          commit(namespace, [put(`p${number}`, [term('identifier', 'the one')])], [condition(criterion)]),
        ),
      );
      expect(results.filter(({ committed }) => committed)).to.have.lengthOf(1);
      for (const result of results) {
        if (!result.committed) expect(result).to.deep.equal({ committed: false, conflict: 'condition', condition: 0 });
      }
      const winner = `p${results.findIndex(({ committed }) => committed)}`;
      expect(await traces(namespace)).to.deep.equal([[winner], [winner], [`${winner}/1`]]);
    });

    it('commits exactly one of 200 updates of one version, and all of 200 that do not meet', async () => {
      const namespace = fixture.namespace();
      await fixture.write(namespace, put('shared'));
      const updates = await Promise.all(
        Array.from({ length: 200 }, (_, number) => commit(namespace, [put('shared', [], { expectedVersion: 1, json: `{"n":${number}}` })])),
      );
      const winners = updates.flatMap(({ committed }, number) => (committed ? [number] : []));
      expect(winners).to.have.lengthOf(1);
      expect((await fixture.store.get(namespace, 'Patient', 'shared'))?.json).to.equal(`{"n":${winners[0]}}`);
      const creates = await Promise.all(
        Array.from({ length: 200 }, (_, number) => commit(namespace, [put(`p${number}`, [term('identifier', String(number))])])),
      );
      expect(creates.every(({ committed }) => committed)).to.equal(true);
      expect(await fixture.store.count({ namespace, types: ['Patient'], criterion: { op: 'exists', param: 'identifier' } })).to.equal(200);
    });

    it('stores those of many commits at once that are in order, whatever becomes of the others', async () => {
      const namespace = fixture.namespace();
      await fixture.write(namespace, put('p0', [term('identifier', 'taken')]));
      const results = await Promise.all(
        Array.from({ length: 90 }, (_, number): Promise<CommitResult> => {
          const good = put(`p${number + 1}`, [term('identifier', `n${number}`)]);
          if (number % 3 === 0) return commit(namespace, [good]);
          if (number % 3 === 1) return commit(namespace, [good, put('p0', [], { expectedVersion: 3 })]);
          return commit(namespace, [good], [condition(has('identifier', 'taken'))]);
        }),
      );
      for (const [number, { committed }] of results.entries()) expect(committed, String(number)).to.equal(number % 3 === 0);
      expect(await fixture.store.count({ namespace, types: ['Patient'] })).to.equal(31);
      const versions = await fixture.store.history({ namespace, limit: 100, total: true });
      expect(versions.total).to.equal(31);
    });

    it('commits one of two transactions that write the same resources, whatever their order, and the next after it', async () => {
      const namespace = fixture.namespace();
      await fixture.write(namespace, put('a'), put('b'), put('c'));
      for (let version = 1; version <= 10; version += 1) {
        const writes = (ids: readonly string[], by: number) =>
          ids.map((id) => put(id, [], { expectedVersion: version, json: `{"by":${by}}` }));
        const results = await Promise.all([
          commit(namespace, writes(['a', 'b', 'c'], 1)),
          commit(namespace, writes(['c', 'a', 'b'], 2)),
          commit(namespace, [...writes(['b'], 3), remove('a', version), put(`new-${version}`)]),
        ]);
        expect(results).to.deep.equal([COMMITTED, versionConflict('c'), versionConflict('b')]);
        const found = await fixture.store.getMany(
          namespace,
          ['a', 'b', 'c'].map((id) => ({ type: 'Patient', id })),
        );
        expect(found.map((one) => [one?.versionId, one?.json])).to.deep.equal(Array(3).fill([version + 1, '{"by":1}']));
      }
      expect(await fixture.store.count({ namespace, types: ['Patient'] })).to.equal(3);
    });

    it('makes 200 transactions at once whose links and conditions do not meet', async () => {
      const namespace = fixture.namespace();
      const results = await Promise.all(
        Array.from({ length: 200 }, (_, number) => {
          const index = [term('identifier', `x|${number}`)];
          const writes = [put(`p${number}`, index), put(`o${number}`, index, { type: 'Observation' })];
          return commit(namespace, writes, [condition(has('identifier', `x|${number}`)), condition(has('identifier', `y|${number}`))]);
        }),
      );
      expect(results).to.deep.equal(Array(200).fill(COMMITTED));
      const again = await Promise.all(
        Array.from({ length: 200 }, (_, number) => commit(namespace, [put(`q${number}`)], [condition(has('identifier', `x|${number}`))])),
      );
      expect(again).to.deep.equal(Array(200).fill({ committed: false, conflict: 'condition', condition: 0 }));
      expect(await fixture.store.count({ namespace, types: ['Patient', 'Observation'] })).to.equal(400);
    });

    it('answers commits in the order in which they were asked for', async () => {
      const namespace = fixture.namespace();
      const chain = Array.from({ length: 50 }, (_, expectedVersion) => commit(namespace, [put('p1', [], { expectedVersion })]));
      for (const result of await Promise.all(chain)) expect(result).to.deep.equal(COMMITTED);
      expect((await fixture.store.get(namespace, 'Patient', 'p1'))?.versionId).to.equal(50);
    });

    it('shows a commit to every read that begins after its answer', async () => {
      const namespace = fixture.namespace();
      await Promise.all(
        Array.from({ length: 40 }, async (_, number) => {
          const id = `p${number}`;
          await fixture.write(namespace, put(id, [term('identifier', id)]));
          expect((await fixture.store.get(namespace, 'Patient', id))?.versionId).to.equal(1);
          expect(await fixture.ids(namespace, has('identifier', id))).to.deep.equal([id]);
          expect((await fixture.store.history({ namespace, type: 'Patient', id, limit: 5, total: false })).matches).to.have.lengthOf(1);
          await fixture.write(namespace, put(id, [term('identifier', `${id}-b`)], { expectedVersion: 1 }));
          expect(await fixture.ids(namespace, has('identifier', id))).to.deep.equal([]);
          expect(await fixture.ids(namespace, has('identifier', `${id}-b`))).to.deep.equal([id]);
        }),
      );
    });

    it('takes a commit of conditions alone, and one of nothing', async () => {
      const namespace = fixture.namespace();
      expect(await commit(namespace, [])).to.deep.equal(COMMITTED);
      expect(await commit(namespace, [], [condition(has('identifier', 'x'))])).to.deep.equal(COMMITTED);
      expect(await traces(namespace)).to.deep.equal([[], [], []]);
    });

    it('rejects what is no commit with a TypeError, and stores nothing of it', async () => {
      const namespace = fixture.namespace();
      const faulty: readonly [Partial<Commit>, string][] = [
        [{ puts: [put('p1'), put('p1')] }, 'One commit holds two writes for Patient/p1'],
        [{ puts: [put('p1')], removes: [remove('p1', 0)] }, 'One commit holds two writes for Patient/p1'],
        [{ puts: [put('p1', [], { versionId: 2 })] }, 'Version 2 of Patient/p1 cannot follow 0'],
        [{ puts: [put('p1', [range('d', 2, 1)])] }, 'Patient/p1 has the range 2 to 1 for d'],
        [{ puts: [put('p1', [range('d', Number.NaN)])] }, 'Patient/p1 has the range NaN to NaN for d'],
        [{ puts: [put('p1', [], { json: '"\ud800"' })] }, 'The JSON text of Patient/p1 holds half a surrogate pair'],
      ];
      const good = commit(namespace, [put('good', [], { lastUpdated: INSTANT })]);
      for (const [commitOf, message] of faulty) {
        const result: unknown = await fixture.store
          .commit({ namespace, puts: [], removes: [], conditions: [], ...commitOf })
          .catch((error) => error);
        expect(result, message).to.be.instanceOf(TypeError).with.property('message', message);
      }
      expect(await good).to.deep.equal(COMMITTED);
      expect(await traces(namespace)).to.deep.equal([['good'], [], ['good/1']]);
    });
  });
}
