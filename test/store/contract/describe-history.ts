import { expect } from 'chai';
import type { HistoryQuery, Namespace, StorePage } from '../../../src/storage/store.js';
import { INSTANT, put, remove, type StoreFixture } from './fixture.js';

function labels({ matches }: StorePage): readonly string[] {
  return matches.map(({ type, id, versionId }) => `${type}/${id}/${versionId}`);
}

export function describeHistory(fixture: StoreFixture): void {
  const history = (query: Partial<HistoryQuery> & { namespace: Namespace }): Promise<StorePage> =>
    fixture.store.history({ limit: 1_000, total: false, ...query });

  /** Four resources in three types, nine versions. */
  const fill = async (): Promise<Namespace> => {
    const namespace = fixture.namespace();
    await fixture.write(namespace, put('a'), put('b'));
    await fixture.write(namespace, put('a', [], { type: 'Observation' }));
    await fixture.write(namespace, put('a', [], { expectedVersion: 1 }));
    await fixture.write(namespace, remove('b', 1), put('c', [], { type: 'Condition' }));
    await fixture.write(namespace, put('b', [], { expectedVersion: 2 }), remove('a', 2));
    await fixture.write(namespace, put('a', [], { type: 'Observation', expectedVersion: 1 }));
    return namespace;
  };

  describe('histories', () => {
    it('lists the versions of a resource, newest first, deletes among them', async () => {
      const namespace = await fill();
      const page = await history({ namespace, type: 'Patient', id: 'b', total: true });
      expect(labels(page)).to.deep.equal(['Patient/b/3', 'Patient/b/2', 'Patient/b/1']);
      expect(page.matches.map(({ method, json }) => [method, json === undefined])).to.deep.equal([
        ['PUT', false],
        ['DELETE', true],
        ['POST', false],
      ]);
      expect(page.total).to.equal(3);
      expect(page).to.not.have.property('next');
      expect(await history({ namespace, type: 'Patient', id: 'none', total: true })).to.deep.equal({ matches: [], total: 0 });
    });

    it('lists the versions of a type, and of the whole namespace', async () => {
      const namespace = await fill();
      const ofType = await history({ namespace, type: 'Patient', total: true });
      expect(labels(ofType)).to.deep.equal(['Patient/a/3', 'Patient/b/3', 'Patient/b/2', 'Patient/a/2', 'Patient/b/1', 'Patient/a/1']);
      expect(ofType.total).to.equal(6);
      const ofAll = await history({ namespace, total: true });
      expect(labels(ofAll)).to.deep.equal([
        'Observation/a/2',
        'Patient/a/3',
        'Patient/b/3',
        'Patient/b/2',
        'Condition/c/1',
        'Patient/a/2',
        'Observation/a/1',
        'Patient/b/1',
        'Patient/a/1',
      ]);
      expect(ofAll.total).to.equal(9);
      expect(await history({ namespace, type: 'Encounter', total: true })).to.deep.equal({ matches: [], total: 0 });
    });

    it('pages through every version once, though others write in between', async () => {
      const namespace = await fill();
      let written = 0;
      for (const query of [{}, { type: 'Patient' }, { type: 'Patient', id: 'a' }]) {
        for (const limit of [1, 2, 3, 9]) {
          const all = labels(await history({ namespace, ...query }));
          const seen: string[] = [];
          for (let after: string | undefined; ; ) {
            const page = await history({ namespace, ...query, limit, total: true, ...(after !== undefined && { after }) });
            seen.push(...labels(page));
            written += 1;
            await fixture.write(namespace, put(`new-${written}`));
            after = page.next;
            if (after === undefined) break;
            expect(page.matches).to.have.lengthOf(limit);
          }
          // versions that came later are on no page of a history that was begun before
          expect(seen.filter((label) => all.includes(label))).to.deep.equal(all);
          expect(seen).to.have.lengthOf(all.length);
        }
      }
    });

    it('counts without returning anything when the limit is 0', async () => {
      const namespace = await fill();
      expect(await history({ namespace, limit: 0, total: true })).to.deep.equal({ matches: [], total: 9 });
      expect(await history({ namespace, type: 'Patient', id: 'b', limit: 0, total: true })).to.deep.equal({ matches: [], total: 3 });
    });

    it('keeps to versions since an instant, and at or before one, whatever the order of the instants', async () => {
      const namespace = fixture.namespace();
      // two servers' clocks, and one that was set back
      const instants = [10, 12, 11, 30, 25, 20, 40, 5, 41, 40];
      for (const [number, instant] of instants.entries()) {
        await fixture.write(
          namespace,
          put(`p${number}`, [], { lastUpdated: INSTANT + instant, type: number % 2 === 0 ? 'Patient' : 'Group' }),
        );
      }
      for (const since of [undefined, 0, 5, 11, 12, 25, 26, 40, 41, 42]) {
        for (const at of [undefined, 4, 5, 11, 25, 29, 30, 40, 41]) {
          const expected = instants.flatMap((instant, number) => (instant >= (since ?? 0) && instant <= (at ?? 99) ? [`p${number}`] : []));
          const bounds = { ...(since !== undefined && { since: INSTANT + since }), ...(at !== undefined && { at: INSTANT + at }) };
          const page = await history({ namespace, ...bounds, total: true });
          expect(
            page.matches.map(({ id }) => id),
            JSON.stringify({ since, at }),
          ).to.deep.equal([...expected].reverse());
          expect(page.total).to.equal(expected.length);
          const ofType = await history({ namespace, type: 'Group', ...bounds, limit: 1, total: true });
          const expectedOfType = expected.filter((id) => Number(id.slice(1)) % 2 === 1);
          expect(ofType.matches.map(({ id }) => id)).to.deep.equal([...expectedOfType].reverse().slice(0, 1));
          expect(ofType.total).to.equal(expectedOfType.length);
          expect('next' in ofType).to.equal(expectedOfType.length > 1);
        }
      }
    });

    it('stays in order of writing when the clock goes backwards, within a resource too', async () => {
      const namespace = fixture.namespace();
      for (const [expectedVersion, instant] of [50, 40, 45, 10, 60].entries()) {
        await fixture.write(namespace, put('p1', [], { expectedVersion, lastUpdated: INSTANT + instant }), put(`x${expectedVersion}`));
      }
      const page = await history({ namespace, type: 'Patient', id: 'p1' });
      expect(page.matches.map(({ versionId, lastUpdated }) => [versionId, lastUpdated - INSTANT])).to.deep.equal([
        [5, 60],
        [4, 10],
        [3, 45],
        [2, 40],
        [1, 50],
      ]);
      const since = await history({ namespace, type: 'Patient', id: 'p1', since: INSTANT + 45, at: INSTANT + 50, total: true });
      expect([...labels(since), since.total]).to.deep.equal(['Patient/p1/3', 'Patient/p1/1', 2]);
      const ofAll = await history({ namespace, limit: 3 });
      expect(labels(ofAll)).to.deep.equal(['Patient/x4/1', 'Patient/p1/5', 'Patient/x3/1']);
    });

    it('keeps to an interval within one resource', async () => {
      const namespace = fixture.namespace();
      for (const expectedVersion of [0, 1, 2, 3]) {
        await fixture.write(
          namespace,
          put('p1', [], { expectedVersion, lastUpdated: INSTANT + expectedVersion * 10 }),
          put(`x${expectedVersion}`),
        );
      }
      const page = await history({ namespace, type: 'Patient', id: 'p1', since: INSTANT + 10, at: INSTANT + 25, total: true });
      expect(labels(page)).to.deep.equal(['Patient/p1/3', 'Patient/p1/2']);
      expect(page.total).to.equal(2);
    });

    it('refuses a cursor that it did not give', async () => {
      const namespace = await fill();
      const { next: searchCursor } = await fixture.store.search({ namespace, types: ['Patient', 'Condition'], limit: 1, total: false });
      for (const after of ['', 'rubbish', Buffer.from('["history","1"]').toString('base64url'), searchCursor ?? '']) {
        const error: unknown = await history({ namespace, after }).catch((reason: unknown) => reason);
        expect(error, after).to.include({ name: 'StoreError', code: 'bad-cursor' });
      }
    });
  });
}
