import { expect } from 'chai';
import type { Criterion, IndexEntry, Namespace, RangeBound } from '../../../src/storage/store.js';
import { has, INSTANT, put, range, remove, type StoreFixture, string, term } from './fixture.js';

const INFINITY = Number.POSITIVE_INFINITY;

/** Resources by id, with what the criteria below are about. */
const RESOURCES: Readonly<Record<string, readonly IndexEntry[]>> = {
  a: [term('code', 'red'), string('name', 'anne'), range('date', 10, 20)],
  b: [term('code', 'red'), term('code', 'blue'), string('name', 'annette'), string('name', 'bob'), range('date', 15, 30)],
  c: [term('code', 'blue'), string('name', 'joanne'), range('date', 30), range('date', 5)],
  d: [term('status', 'red'), string('code', 'red'), range('code', 1), string('name', 'ånne'), range('date', -INFINITY, 12)],
  e: [term('code', 'Red'), term('name', 'anne'), range('date', 20, INFINITY)],
  f: [],
};

function name(match: 'equals' | 'starts' | 'contains', value: string): Criterion {
  return { op: 'string', param: 'name', match, value };
}

type Bound = readonly [side: RangeBound['side'], compare: RangeBound['compare'], value: number];

function date(...bounds: readonly Bound[]): Criterion {
  return { op: 'range', param: 'date', bounds: bounds.map(([side, compare, value]) => ({ side, compare, value })) };
}

function updated(...bounds: readonly [RangeBound['compare'], number][]): Criterion {
  return { op: 'lastUpdated', bounds: bounds.map(([compare, value]) => ({ compare, value: INSTANT + value })) };
}

const NOTHING: Criterion = { op: 'or', of: [] };

/** Criterion and the ids that fulfil it. */
const CASES: readonly (readonly [Criterion | undefined, string])[] = [
  [undefined, 'abcdef'],
  [has('code', 'red'), 'ab'],
  [has('code', 'red', 'Red'), 'abe'],
  [has('code', 'red', 'blue', 'red'), 'abc'],
  [has('code', ...Array.from({ length: 30 }, (_, number) => `none ${number}`), 'blue'), 'bc'],
  [has('code', 're'), ''],
  [has('code'), ''],
  [has('none', 'red'), ''],
  [name('equals', 'anne'), 'a'],
  [name('equals', 'ann'), ''],
  [name('starts', 'ann'), 'ab'],
  [name('starts', 'b'), 'b'],
  [name('starts', ''), 'abcd'],
  [name('starts', 'å'), 'd'],
  [name('contains', 'anne'), 'abc'],
  [name('contains', 'nn'), 'abcd'],
  [name('contains', ''), 'abcd'],
  [name('contains', 'x'), ''],
  [date(), 'abcde'],
  [date(['low', '>=', 10]), 'abce'],
  [date(['low', '>', 10]), 'bce'],
  [date(['low', '<', 10]), 'cd'],
  [date(['low', '<=', 10]), 'acd'],
  [date(['high', '>', 20]), 'bce'],
  [date(['high', '>=', 20]), 'abce'],
  [date(['high', '<', 20]), 'cd'],
  [date(['high', '<=', 20]), 'acd'],
  [date(['low', '<=', 18], ['high', '>=', 18]), 'ab'],
  // one entry of c begins late and the other ends early: neither does both
  [date(['low', '>=', 30], ['high', '<=', 5]), ''],
  [date(['low', '>=', 12], ['low', '<', 30], ['high', '<=', 30]), 'b'],
  [date(['high', '>=', INFINITY]), 'e'],
  [date(['low', '<=', -INFINITY]), 'd'],
  [date(['low', '<', -INFINITY]), ''],
  [date(['low', '>', -INFINITY]), 'abce'],
  [{ op: 'exists', param: 'code' }, 'abcde'],
  [{ op: 'exists', param: 'name' }, 'abcde'],
  [{ op: 'exists', param: 'status' }, 'd'],
  [{ op: 'exists', param: 'none' }, ''],
  [{ op: 'id', ids: ['f', 'none', 'a', 'a'] }, 'af'],
  [{ op: 'id', ids: [] }, ''],
  [updated(['>=', 2]), 'cdef'],
  [updated(['>', 2]), 'def'],
  [updated(['<=', 2]), 'abc'],
  [updated(['<', 2]), 'ab'],
  [updated(['>', 1.5], ['<', 3.5]), 'cd'],
  [updated(['>=', 2], ['<=', 2]), 'c'],
  [updated(['>', INFINITY]), ''],
  [updated(['<', INFINITY], ['>', -INFINITY]), 'abcdef'],
  [updated(), 'abcdef'],
  [{ op: 'and', of: [] }, 'abcdef'],
  [NOTHING, ''],
  [{ op: 'not', of: NOTHING }, 'abcdef'],
  [{ op: 'not', of: has('code', 'red') }, 'cdef'],
  [{ op: 'not', of: { op: 'exists', param: 'code' } }, 'f'],
  [{ op: 'and', of: [has('code', 'red'), has('code', 'blue')] }, 'b'],
  [{ op: 'and', of: [has('code', 'red'), { op: 'not', of: has('code', 'blue') }] }, 'a'],
  [{ op: 'and', of: [{ op: 'not', of: name('starts', 'a') }, date(['high', '>=', 0])] }, 'cde'],
  [{ op: 'or', of: [has('status', 'red'), name('equals', 'joanne')] }, 'cd'],
  [{ op: 'or', of: [has('status', 'red'), { op: 'not', of: { op: 'exists', param: 'date' } }] }, 'df'],
  [{ op: 'and', of: [{ op: 'or', of: [has('code', 'blue'), has('status', 'red')] }, updated(['<', 3])] }, 'bc'],
  [{ op: 'not', of: { op: 'and', of: [has('code', 'red'), { op: 'not', of: { op: 'id', ids: ['b'] } }] } }, 'bcdef'],
];

export function describeSearch(fixture: StoreFixture): void {
  describe('searches', () => {
    let namespace: Namespace;

    before(async () => {
      namespace = fixture.namespace();
      for (const [number, [id, index]] of Object.entries(RESOURCES).entries()) {
        await fixture.write(namespace, put(id, index, { lastUpdated: INSTANT + number }));
      }
      // of another type and another namespace, and never to be found
      await fixture.write(namespace, ...Object.entries(RESOURCES).map(([id, index]) => put(id, index, { type: 'Group' })));
      await fixture.write(fixture.namespace(), ...Object.entries(RESOURCES).map(([id, index]) => put(id, index)));
    });

    for (const [criterion, expected] of CASES) {
      it(`finds ${expected === '' ? 'nothing' : expected} by ${describeCriterion(criterion)}`, async () => {
        const query = { namespace, types: ['Patient'], ...(criterion !== undefined && { criterion }) };
        const page = await fixture.store.search({ ...query, limit: 100, total: true });
        expect(page.matches.map(({ id }) => id).join('')).to.equal(expected);
        expect(page.total).to.equal(expected.length);
        expect(page).to.not.have.property('next');
        expect(await fixture.store.count(query)).to.equal(expected.length);
        expect((await fixture.ids(namespace, criterion)).join('')).to.equal(expected);
      });
    }

    it('returns whole versions', async () => {
      const { matches } = await fixture.store.search({
        namespace,
        types: ['Patient'],
        criterion: has('status', 'red'),
        limit: 5,
        total: false,
      });
      expect(matches).to.deep.equal([await fixture.store.get(namespace, 'Patient', 'd')]);
    });

    it('searches several types at once, in order of type and id', async () => {
      const query = { namespace, types: ['Patient', 'Encounter', 'Group', 'Patient'], criterion: has('code', 'blue') };
      const page = await fixture.store.search({ ...query, limit: 10, total: true });
      expect(page.matches.map(({ type, id }) => `${type}/${id}`)).to.deep.equal(['Group/b', 'Group/c', 'Patient/b', 'Patient/c']);
      expect(page.total).to.equal(4);
    });

    it('finds nothing in a type or namespace that has no resources', async () => {
      const nowhere = { namespace: fixture.namespace(), types: ['Patient'] };
      expect(await fixture.store.search({ ...nowhere, limit: 10, total: true })).to.deep.equal({ matches: [], total: 0 });
      expect(await fixture.store.count({ ...nowhere, criterion: has('code', 'red') })).to.equal(0);
      expect(await fixture.ids(namespace, undefined, { types: ['Encounter'] })).to.deep.equal([]);
    });

    it('counts without returning anything when the limit is 0', async () => {
      const query = { namespace, types: ['Patient'], criterion: has('code', 'red'), limit: 0 };
      expect(await fixture.store.search({ ...query, total: true })).to.deep.equal({ matches: [], total: 2 });
      expect(await fixture.store.search({ ...query, total: false })).to.deep.equal({ matches: [] });
    });

    it('finds current versions only, by what they say now', async () => {
      const own = fixture.namespace();
      const index = [term('code', 'old'), string('name', 'old'), range('date', 1)];
      await fixture.write(own, put('changed', index), put('deleted', index), put('kept', index));
      await fixture.write(own, put('changed', [term('code', 'new'), range('date', 2)], { expectedVersion: 1 }), remove('deleted', 1));
      expect(await fixture.ids(own, has('code', 'old'))).to.deep.equal(['kept']);
      expect(await fixture.ids(own, name('starts', 'old'))).to.deep.equal(['kept']);
      expect(await fixture.ids(own, date(['low', '<=', 1]))).to.deep.equal(['kept']);
      expect(await fixture.ids(own, has('code', 'new'))).to.deep.equal(['changed']);
      expect(await fixture.ids(own, { op: 'not', of: has('code', 'old') })).to.deep.equal(['changed']);
      expect(await fixture.ids(own, { op: 'id', ids: ['deleted', 'changed'] })).to.deep.equal(['changed']);
      expect(await fixture.ids(own, updated(['>=', 0]))).to.deep.equal(['changed', 'kept']);
      expect(await fixture.ids(own, updated(['<=', 0]))).to.deep.equal(['kept']);
      expect(await fixture.store.count({ namespace: own, types: ['Patient'] })).to.equal(2);
    });

    it('forgets what versions said that were replaced or deleted within one moment', async () => {
      const own = fixture.namespace();
      await Promise.all([
        fixture.write(own, put('a', [term('code', '1')])),
        fixture.write(own, put('a', [term('code', '2')], { expectedVersion: 1 })),
        fixture.write(own, put('a', [term('code', '3')], { expectedVersion: 2 }), put('b', [term('code', '3')])),
        fixture.write(own, remove('b', 1)),
      ]);
      expect(await fixture.ids(own, has('code', '1', '2'))).to.deep.equal([]);
      expect(await fixture.ids(own, has('code', '3'))).to.deep.equal(['a']);
    });

    it('takes the same term many times in one resource for one match', async () => {
      const own = fixture.namespace();
      await fixture.write(own, put('a', Array.from({ length: 5 }, () => [term('t', 'x'), string('s', 'x'), range('r', 1)]).flat()));
      const query = { namespace: own, types: ['Patient'], limit: 10, total: true };
      for (const criterion of [
        has('t', 'x', 'x'),
        { op: 'string', param: 's', match: 'starts', value: '' },
        { op: 'range', param: 'r', bounds: [] },
      ]) {
        const page = await fixture.store.search({ ...query, criterion: criterion as Criterion });
        expect([page.matches.length, page.total]).to.deep.equal([1, 1]);
      }
    });
  });
}

function describeCriterion(criterion: Criterion | undefined): string {
  switch (criterion?.op) {
    case undefined:
      return 'no criterion';
    case 'and':
    case 'or':
      return `${criterion.op}(${criterion.of.map(describeCriterion).join(', ')})`;
    case 'not':
      return `not(${describeCriterion(criterion.of)})`;
    case 'term':
      return `term ${criterion.param} in ${criterion.values.length > 4 ? `${criterion.values.length} values` : `[${criterion.values.join(', ')}]`}`;
    case 'string':
      return `${criterion.param} ${criterion.match} '${criterion.value}'`;
    case 'range':
      return `range ${criterion.param} ${criterion.bounds.map(({ side, compare, value }) => `${side} ${compare} ${value}`).join(' and ')}`;
    case 'exists':
      return `exists ${criterion.param}`;
    case 'id':
      return `id in [${criterion.ids.join(', ')}]`;
    case 'lastUpdated':
      return `lastUpdated ${criterion.bounds.map(({ compare, value }) => `${compare} ${value - INSTANT}`).join(' and ')}`;
  }
}
