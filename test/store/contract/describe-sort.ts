import { expect } from 'chai';
import type { Criterion, IndexEntry, Namespace, SortKey } from '../../../src/storage/store.js';
import { by, has, INSTANT, idsOf, put, range, remove, type StoreFixture, string, term } from './fixture.js';

/** Resources by id. `all` is in each, `some` in all but d. */
const RESOURCES: Readonly<Record<string, readonly IndexEntry[]>> = {
  a: [term('all', 'x'), string('name', 'mia'), range('date', 30, 40), term('code', '2')],
  b: [term('all', 'x'), string('name', 'ava'), string('name', 'zoe'), range('date', 10, 90), range('date', 35), term('code', '1')],
  c: [term('all', 'x'), string('name', 'mia'), range('date', 20), term('code', '3'), term('code', '0')],
  d: [term('all', 'x')],
  e: [term('all', 'x'), string('name', '\u{1f600}'), range('date', -5, 100), term('code', '2')],
  f: [term('all', 'x'), string('name', '\uffff'), term('code', '2')],
  g: [term('all', 'x'), term('name', 'aaa'), string('date', 'aaa'), range('date', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)],
};

/** lastUpdated of each. */
const UPDATED: Readonly<Record<string, number>> = { a: 5, b: 3, c: 5, d: 1, e: 9, f: 3, g: 7 };

const CASES: readonly (readonly [readonly SortKey[], string])[] = [
  [[], 'abcdefg'],
  [[by('_id', 'id')], 'abcdefg'],
  [[by('_id', 'id', true)], 'gfedcba'],
  [[by('_lastUpdated', 'lastUpdated')], 'dbfacge'],
  [[by('_lastUpdated', 'lastUpdated', true)], 'egacbfd'],
  // by the least value ascending, by the greatest descending, by code point, and without a value last
  [[by('name', 'string')], 'bacfedg'],
  [[by('name', 'string', true)], 'efbacdg'],
  [[by('date', 'range')], 'gebcadf'],
  [[by('date', 'range', true)], 'gebacdf'],
  [[by('code', 'term')], 'cbaefdg'],
  [[by('code', 'term', true)], 'caefbdg'],
  [[by('none', 'string')], 'abcdefg'],
  [[by('none', 'range', true)], 'abcdefg'],
  [[by('code', 'term'), by('_id', 'id', true)], 'cbfeagd'],
  [[by('name', 'string'), by('date', 'range')], 'bcafegd'],
  [[by('_lastUpdated', 'lastUpdated'), by('name', 'string', true)], 'dfbacge'],
  [[by('none', 'term'), by('code', 'term', true), by('_lastUpdated', 'lastUpdated', true)], 'ceafbgd'],
];

export function describeSort(fixture: StoreFixture): void {
  /** Criteria that all resources fulfil, each found in its own way. */
  const criteria: readonly (Criterion | undefined)[] = [
    undefined,
    has('all', 'x'),
    { op: 'exists', param: 'all' },
    { op: 'lastUpdated', bounds: [{ compare: '>=', value: INSTANT }] },
  ];

  const fill = async (): Promise<Namespace> => {
    const namespace = fixture.namespace();
    for (const [id, index] of Object.entries(RESOURCES)) {
      await fixture.write(namespace, put(id, index, { lastUpdated: INSTANT + (UPDATED[id] ?? 0) }));
    }
    return namespace;
  };

  describe('sorted searches', () => {
    let namespace: Namespace;

    before(async () => {
      namespace = await fill();
    });

    for (const [sort, expected] of CASES) {
      const title = sort.map(({ param, kind, descending }) => `${descending ? '-' : ''}${param} (${kind})`).join(', ') || 'nothing';
      it(`by ${title}: ${expected}, in pages of any size`, async () => {
        for (const criterion of criteria) {
          const query = { namespace, types: ['Patient'], sort, limit: 100, total: false, ...(criterion !== undefined && { criterion }) };
          expect((await fixture.ids(namespace, criterion, { sort })).join(''), JSON.stringify(criterion)).to.equal(expected);
          expect(idsOf(await fixture.store.search({ ...query, total: true })).join('')).to.equal(expected);
          for (const limit of [1, 2, 3, 7]) {
            const pages = await fixture.pages({ ...query, limit });
            expect(pages.flat().join('')).to.equal(expected);
            expect(pages).to.have.lengthOf(Math.ceil(7 / limit));
          }
        }
      });
    }

    it('breaks ties by type, then id, across types and pages', async () => {
      const own = fixture.namespace();
      const entries: readonly IndexEntry[] = [string('name', 'same'), range('date', 1), term('code', 'same')];
      for (const type of ['Patient', 'Group', 'Device']) {
        await fixture.write(own, ...['b', 'a', 'c'].map((id) => put(id, entries, { type, lastUpdated: INSTANT })));
        await fixture.write(own, put('z', [], { type, lastUpdated: INSTANT }));
      }
      const types = ['Patient', 'Device', 'Group'];
      const sorts = [[by('name', 'string')], [by('name', 'string', true)], [by('date', 'range', true)], [by('code', 'term')]];
      for (const sort of [...sorts, [by('_lastUpdated', 'lastUpdated')], [by('_lastUpdated', 'lastUpdated', true)], []]) {
        const withValue = ['Device', 'Group', 'Patient'].map((type) => ['a', 'b', 'c'].map((id) => `${type}/${id}`));
        const without = ['Device', 'Group', 'Patient'].map((type) => `${type}/z`);
        const isByValue = sort.some(({ kind }) => kind !== 'lastUpdated');
        const expected = isByValue ? [...withValue.flat(), ...without] : withValue.flatMap((ids, number) => [...ids, without[number]]);
        for (const limit of [1, 2, 5, 12]) {
          const seen: string[] = [];
          for (let after: string | undefined; ; ) {
            const page = await fixture.store.search({
              namespace: own,
              types,
              sort,
              limit,
              total: true,
              ...(after !== undefined && { after }),
            });
            seen.push(...page.matches.map(({ type, id }) => `${type}/${id}`));
            expect(page.total).to.equal(12);
            after = page.next;
            if (after === undefined) break;
          }
          expect(seen, JSON.stringify([sort, limit])).to.deep.equal(expected);
        }
      }
    });

    it('finds matches wherever they stand in the order, though thousands that do not match stand before them', async () => {
      const own = fixture.namespace();
      const ids = Array.from({ length: 3_000 }, (_, number) => `r${10_000 + number}`);
      const writes = ids.map((id, number) => {
        const isLate = number >= 2_600;
        const index = [term('all', 'x'), string('name', id), range('date', number), ...(isLate ? [term('late', 'x')] : [])];
        return put(id, index, { lastUpdated: INSTANT + number });
      });
      await fixture.write(own, ...writes);
      const late = ids.slice(2_600);
      for (const sort of [[], [by('_id', 'id')], [by('_lastUpdated', 'lastUpdated')], [by('name', 'string')], [by('date', 'range')]]) {
        const query = { namespace: own, types: ['Patient'], criterion: has('late', 'x'), sort, limit: 150, total: false };
        expect((await fixture.pages(query)).flat(), JSON.stringify(sort)).to.deep.equal(late);
        const falling = sort.map((key) => ({ ...key, descending: true }));
        expect(await fixture.ids(own, has('late', 'x'), { sort, limit: 5 }), JSON.stringify(sort)).to.deep.equal(late.slice(0, 5));
        const expected = sort.length === 0 ? late : [...late].reverse();
        expect((await fixture.pages({ ...query, sort: falling })).flat(), JSON.stringify(falling)).to.deep.equal(expected);
      }
    });

    it('passes over an offset, also behind a cursor', async () => {
      const sort = [by('_id', 'id')];
      const first = await fixture.store.search({ namespace, types: ['Patient'], sort, limit: 2, offset: 1, total: true });
      expect(idsOf(first)).to.deep.equal(['b', 'c']);
      expect(first.total).to.equal(7);
      const after = first.next ?? '';
      const second = await fixture.store.search({ namespace, types: ['Patient'], sort, limit: 2, offset: 1, after, total: false });
      expect(idsOf(second)).to.deep.equal(['e', 'f']);
      const end = await fixture.store.search({ namespace, types: ['Patient'], sort, limit: 2, offset: 7, total: true });
      expect(end).to.deep.equal({ matches: [], total: 7 });
      expect(await fixture.ids(namespace, has('all', 'x'), { offset: 5 })).to.deep.equal(['f', 'g']);
    });

    it('shows what was there all along exactly once, though others write between the pages', async () => {
      for (const [sort] of CASES) {
        const own = await fill();
        let round = 0;
        const disturb = async (): Promise<void> => {
          round += 1;
          const extra = [term('all', 'x'), string('name', ['aaa', 'mia', 'zzz'][round % 3] ?? ''), range('date', round * 7)];
          await fixture.write(own, put(`${['0', 'bb', 'x'][round % 3]}${round}`, extra, { lastUpdated: INSTANT + round }));
          if (round > 1) await fixture.write(own, remove(`${['0', 'bb', 'x'][(round - 1) % 3]}${round - 1}`, 1));
        };
        for (const criterion of [undefined, has('all', 'x')]) {
          const query = { namespace: own, types: ['Patient'], sort, limit: 2, total: false, ...(criterion !== undefined && { criterion }) };
          const seen = (await fixture.pages(query, disturb)).flat();
          const original = seen.filter((id) => id in RESOURCES);
          expect(original.join(''), JSON.stringify(sort)).to.equal(CASES.find(([other]) => other === sort)?.[1]);
          expect(new Set(seen).size).to.equal(seen.length);
        }
      }
    });

    it('refuses a cursor of another query, and what is no cursor', async () => {
      const query = { namespace, types: ['Patient'], sort: [by('name', 'string')], limit: 2, total: false };
      const { next: after = '' } = await fixture.store.search(query);
      const faulty = [
        { ...query, sort: [by('name', 'string', true)], after },
        { ...query, sort: [], after },
        { ...query, types: ['Patient', 'Group'], after },
        { ...query, after: '' },
        { ...query, after: `${after}A` },
        { ...query, after: Buffer.from('{"a":1}').toString('base64url') },
        { ...query, after: Buffer.from('[1,2,3,4]').toString('base64url') },
      ];
      for (const search of faulty) {
        const error: unknown = await fixture.store.search(search).catch((reason: unknown) => reason);
        expect(error, JSON.stringify(search)).to.include({ name: 'StoreError', code: 'bad-cursor' });
      }
    });
  });
}
