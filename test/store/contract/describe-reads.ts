import { expect } from 'chai';
import { by, has, INSTANT, put, remove, type StoreFixture, string, term } from './fixture.js';

export function describeReads(fixture: StoreFixture): void {
  describe('reads', () => {
    it('returns a version with everything that was put, its text to the letter', async () => {
      const namespace = fixture.namespace();
      const json = '{"resourceType":"Observation", "z":1.10000000000000000001,"a":[1e400,-0.0],\n"b":"\\u0000\\ud83d\\ude00 å"}';
      await fixture.write(namespace, put('o1', [], { type: 'Observation', json, lastUpdated: INSTANT, method: 'PUT' }));
      expect(await fixture.store.get(namespace, 'Observation', 'o1')).to.deep.equal({
        type: 'Observation',
        id: 'o1',
        versionId: 1,
        lastUpdated: INSTANT,
        method: 'PUT',
        json,
      });
    });

    it('returns the latest version, and each older one by its number', async () => {
      const namespace = fixture.namespace();
      const versions = [0, 1, 2].map((expectedVersion) =>
        put('p1', [], {
          expectedVersion,
          json: `{"v":${expectedVersion}}`,
          method: (['POST', 'PUT', 'PATCH'] as const)[expectedVersion] ?? 'PUT',
        }),
      );
      for (const version of versions) await fixture.write(namespace, version);
      for (const { versionId, lastUpdated, method, json } of versions) {
        const expected = { type: 'Patient', id: 'p1', versionId, lastUpdated, method, json };
        expect(await fixture.store.getVersion(namespace, 'Patient', 'p1', versionId)).to.deep.equal(expected);
        if (versionId === 3) expect(await fixture.store.get(namespace, 'Patient', 'p1')).to.deep.equal(expected);
      }
      for (const versionId of [-1, 0, 4, 1.5]) {
        expect(await fixture.store.getVersion(namespace, 'Patient', 'p1', versionId), String(versionId)).to.equal(undefined);
      }
    });

    it('returns a deleted resource as a version without text', async () => {
      const namespace = fixture.namespace();
      await fixture.write(namespace, put('p1'));
      await fixture.write(namespace, remove('p1', 1, { lastUpdated: INSTANT + 5 }));
      const deleted = { type: 'Patient', id: 'p1', versionId: 2, lastUpdated: INSTANT + 5, method: 'DELETE', json: undefined };
      expect(await fixture.store.get(namespace, 'Patient', 'p1')).to.deep.equal(deleted);
      expect(await fixture.store.getVersion(namespace, 'Patient', 'p1', 2)).to.deep.equal(deleted);
      expect((await fixture.store.getVersion(namespace, 'Patient', 'p1', 1))?.json).to.equal(put('p1').json);
    });

    it('returns undefined for what there never was', async () => {
      const namespace = fixture.namespace();
      expect(await fixture.store.get(namespace, 'Patient', 'p1')).to.equal(undefined);
      await fixture.write(namespace, put('p1'));
      expect(await fixture.store.get(namespace, 'Patient', 'P1')).to.equal(undefined);
      expect(await fixture.store.get(namespace, 'Observation', 'p1')).to.equal(undefined);
      expect(await fixture.store.getVersion(namespace, 'Observation', 'p1', 1)).to.equal(undefined);
    });

    it('reads many in the order of their keys, with gaps and repetitions', async () => {
      const namespace = fixture.namespace();
      await fixture.write(namespace, put('a'), put('b'), put('a', [], { type: 'Observation' }));
      await fixture.write(namespace, remove('b', 1));
      const found = await fixture.store.getMany(namespace, [
        { type: 'Patient', id: 'b' },
        { type: 'Patient', id: 'none' },
        { type: 'Observation', id: 'a' },
        { type: 'Patient', id: 'a' },
        { type: 'Patient', id: 'b' },
      ]);
      expect(found.map((version) => version && [version.type, version.id, version.method])).to.deep.equal([
        ['Patient', 'b', 'DELETE'],
        undefined,
        ['Observation', 'a', 'POST'],
        ['Patient', 'a', 'POST'],
        ['Patient', 'b', 'DELETE'],
      ]);
      expect(await fixture.store.getMany(namespace, [])).to.deep.equal([]);
    });

    it('keeps namespaces apart', async () => {
      const [here, there] = [fixture.namespace(), fixture.namespace()];
      const index = [term('identifier', 'x|1'), string('name', 'anne')];
      await fixture.write(here, put('p1', index, { json: '{"here":true}' }));
      await fixture.write(there, put('p1', index, { json: '{"there":true}' }), put('p2', index));
      await fixture.write(there, remove('p1', 1));
      expect((await fixture.store.get(here, 'Patient', 'p1'))?.json).to.equal('{"here":true}');
      expect(await fixture.store.get(here, 'Patient', 'p2')).to.equal(undefined);
      expect(await fixture.ids(here, has('identifier', 'x|1'))).to.deep.equal(['p1']);
      expect(await fixture.ids(there, has('identifier', 'x|1'))).to.deep.equal(['p2']);
      expect(await fixture.ids(there, { op: 'string', param: 'name', match: 'starts', value: 'an' })).to.deep.equal(['p2']);
      expect(await fixture.store.count({ namespace: here, types: ['Patient'] })).to.equal(1);
      expect((await fixture.store.history({ namespace: here, limit: 10, total: true })).total).to.equal(1);
      expect((await fixture.store.history({ namespace: there, limit: 10, total: true })).total).to.equal(3);
    });

    it('keeps apart namespaces and types whose names hold one another', async () => {
      const base = fixture.namespace();
      // an API, two of its tenants, and one whose name goes on
      const namespaces = [base, `${base}/a`, `${base}/a/Patient`, `${base}x`];
      for (const [number, namespace] of namespaces.entries()) {
        const puts = ['Patient', 'PatientX'].map((type) => put('p1', [term('t', 'x')], { type, json: `{"n":${number},"type":"${type}"}` }));
        await fixture.write(namespace, ...puts);
        await fixture.write(namespace, ...puts.map((one) => ({ ...one, versionId: 2, expectedVersion: 1 })));
      }
      for (const [number, namespace] of namespaces.entries()) {
        for (const type of ['Patient', 'PatientX']) {
          const json = `{"n":${number},"type":"${type}"}`;
          expect((await fixture.store.get(namespace, type, 'p1'))?.json).to.equal(json);
          expect((await fixture.store.getVersion(namespace, type, 'p1', 1))?.json).to.equal(json);
          const page = await fixture.store.search({ namespace, types: [type], criterion: has('t', 'x'), limit: 5, total: true });
          expect(page.matches.map((match) => match.json)).to.deep.equal([json]);
          expect((await fixture.store.history({ namespace, type, id: 'p1', limit: 9, total: true })).total).to.equal(2);
        }
        const all = await fixture.store.history({ namespace, limit: 9, total: true });
        expect([all.total, all.matches.length]).to.deep.equal([4, 4]);
      }
    });

    it('keeps large resources, and finds them by any of many entries', async () => {
      const namespace = fixture.namespace();
      const json = `{"data":"${'0123456789abcdé'.repeat(400_000)}"}`;
      const index = Array.from({ length: 5_000 }, (_, number) =>
        term(`p${number % 50}`, `value ${number} ${'long '.repeat(number % 100)}`),
      );
      await fixture.write(namespace, put('large', index, { json }), put('other'));
      expect((await fixture.store.get(namespace, 'Patient', 'large'))?.json === json).to.equal(true);
      for (const number of [0, 49, 4_999]) {
        const found = await fixture.ids(namespace, has(`p${number % 50}`, `value ${number} ${'long '.repeat(number % 100)}`));
        expect(found, String(number)).to.deep.equal(['large']);
      }
    });

    it('keeps every character that Unicode has', async () => {
      const namespace = fixture.namespace();
      const texts = [
        '\u0000',
        'a\u0000b',
        '\u200b',
        'é',
        'e\u0301',
        '\u05d0\u202e',
        '\uffff',
        '\u{1f468}\u200d\u{1f469}',
        '\u{10ffff}',
        "'%_*\\",
      ];
      await fixture.write(
        namespace,
        ...texts.map((text, number) => put(`p${number}`, [term('t', text), string('s', text)], { json: `{"text":"${text}"}` })),
      );
      for (const [number, text] of texts.entries()) {
        const ids = [`p${number}`];
        expect((await fixture.store.get(namespace, 'Patient', `p${number}`))?.json).to.equal(`{"text":"${text}"}`);
        expect(await fixture.ids(namespace, has('t', text)), JSON.stringify(text)).to.deep.equal(ids);
        expect(await fixture.ids(namespace, { op: 'string', param: 's', match: 'equals', value: text })).to.deep.equal(ids);
      }
      expect(await fixture.ids(namespace, { op: 'string', param: 's', match: 'starts', value: 'e' })).to.deep.equal(['p4']);
      expect(await fixture.ids(namespace, { op: 'string', param: 's', match: 'contains', value: '\u0000' })).to.deep.equal(['p0', 'p1']);
    });

    it('keeps every code point in texts and terms, and compares by code point', async () => {
      const namespace = fixture.namespace();
      const points = Array.from({ length: 0x110000 / 0x100 }, (_, block) =>
        Array.from({ length: 0x100 }, (__, low) => block * 0x100 + low).filter((point) => point < 0xd800 || point > 0xdfff),
      ).filter((block) => block.length > 0);
      const texts = points.map((block) => String.fromCodePoint(...block));
      const puts = texts.map((text, number) => put(`b${number}`, [term('t', text), string('s', text)], { json: JSON.stringify(text) }));
      await fixture.write(namespace, ...puts);
      const sorted = { namespace, types: ['Patient'], sort: [by('s', 'string')], limit: 5_000, total: false };
      expect((await fixture.store.search(sorted)).matches.map(({ json }) => json)).to.deep.equal(puts.map(({ json }) => json));
      for (const number of [0, 1, 4, 32, 215, 216, 247, 248, texts.length - 1]) {
        const text = texts[number] ?? '';
        expect(await fixture.ids(namespace, has('t', text))).to.deep.equal([`b${number}`]);
        const [first = '', second = ''] = text;
        const starts = { op: 'string', param: 's', match: 'starts', value: first + second } as const;
        expect(await fixture.ids(namespace, starts), String(number)).to.deep.equal([`b${number}`]);
        expect(await fixture.ids(namespace, { ...starts, match: 'contains', value: [...text].slice(5, 250).join('') })).to.deep.equal([
          `b${number}`,
        ]);
      }
    }).timeout(120_000);

    it('is not ready, and refuses every call, once it is closed', async () => {
      const namespace = fixture.namespace();
      const store = await fixture.open();
      expect(await store.health()).to.deep.equal({ ready: true });
      await store.close();
      await store.close();
      expect(await store.health()).to.deep.equal({ ready: false, message: 'The store is closed' });
      const calls = [
        store.migrate(),
        store.get(namespace, 'Patient', 'p1'),
        store.getMany(namespace, []),
        store.getVersion(namespace, 'Patient', 'p1', 1),
        store.history({ namespace, limit: 1, total: false }),
        store.search({ namespace, types: ['Patient'], limit: 1, total: false }),
        store.count({ namespace, types: ['Patient'] }),
        store.commit({ namespace, puts: [put('p1')], removes: [], conditions: [] }),
      ];
      for (const call of calls) {
        const error: unknown = await call.then(
          () => 'resolved',
          (reason: unknown) => reason,
        );
        expect(error).to.include({ name: 'StoreError', code: 'unavailable', message: 'The store is closed' });
      }
    });
  });
}
