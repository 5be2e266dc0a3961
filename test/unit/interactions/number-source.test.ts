import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FhirError } from '../../../src/fhir/fhir-error.js';
import { createNumberSource } from '../../../src/interactions/number-source.js';
import { openStore } from '../../../src/storage/open-store.js';
import type { Store } from '../../../src/storage/store.js';
import { bodyOf, idOf, TestApi } from '../../support/test-api.js';

const NOW = Date.parse('2025-03-04T05:06:07.089Z');

for (const name of ['memory', 'sqlite'] as const) {
  describe(`number source (${name})`, () => {
    let folder: string;
    let store: Store;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'kauri-numbers-'));
      store = await openStore(name === 'memory' ? 'memory:' : `sqlite:${join(folder, 'kauri.db')}`);
      await store.migrate();
    });
    afterEach(async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    });

    it('counts each type of each namespace by itself', async () => {
      const { next } = createNumberSource(store, () => NOW);
      expect([
        await next('a', 'Patient'),
        await next('a', 'Patient'),
        await next('a', 'Encounter'),
        await next('b', 'Patient'),
      ]).to.deep.equal(['1', '2', '1', '1']);
    });

    it('goes on where it was when the server starts anew, and gives no number twice to whoever asks at once', async () => {
      const one = createNumberSource(store, () => NOW);
      const other = createNumberSource(store, () => NOW);
      const given = await Promise.all(Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? one : other).next('a', 'Patient')));
      const numbers = given.map(Number).sort((a, b) => a - b);
      expect(numbers).to.deep.equal(Array.from({ length: 400 }, (_, index) => index + 1));
      expect(await createNumberSource(store, () => NOW).next('a', 'Patient')).to.equal('401');
    });
  });
}

describe('ids that are numbers', () => {
  it('are given to what is created, and not to what is refused', async () => {
    const api = await TestApi.open('r4', { config: { ids: 'number' } });
    expect(idOf(await api.create({ resourceType: 'Patient' }))).to.equal('1');
    await api.refusal('create', { type: 'Patient', body: { resourceType: 'Patient', active: 'yes' } });
    expect(idOf(await api.create({ resourceType: 'Patient' }))).to.equal('2');
  });

  it('are given to the entries of a transaction, which link to one another', async () => {
    const api = await TestApi.open('r4', { config: { ids: 'number' } });
    const entry = [
      {
        fullUrl: 'urn:uuid:5b0c4a3e-8d1f-4c5a-9d5e-2f6b7a8c9d01',
        resource: { resourceType: 'Patient' },
        request: { method: 'POST', url: 'Patient' },
      },
      {
        resource: {
          resourceType: 'Observation',
          status: 'final',
          code: { text: 'a' },
          subject: { reference: 'urn:uuid:5b0c4a3e-8d1f-4c5a-9d5e-2f6b7a8c9d01' },
        },
        request: { method: 'POST', url: 'Observation' },
      },
    ];
    await api.call('transaction', { body: { resourceType: 'Bundle', type: 'transaction', entry } });
    const read = await api.call('read', { type: 'Observation', id: '1' });
    expect(bodyOf(read)['subject']).to.deep.equal({ reference: 'Patient/1' });
  });

  it('pass over one that a client took', async () => {
    const api = await TestApi.open('r4', { config: { ids: 'number' } });
    await api.update({ resourceType: 'Patient', id: '1' });
    expect(idOf(await api.create({ resourceType: 'Patient' }))).to.equal('2');
  });

  it('are told to others as a conflict when they cannot be had', async () => {
    const store = {
      get: () => Promise.resolve(undefined),
      commit: () => Promise.resolve({ committed: false, conflict: 'version', type: '', id: '' }),
    };
    const source = createNumberSource(store as unknown as Store, () => NOW);
    const fault: unknown = await source.next('a', 'Patient').catch((error: unknown) => error);
    expect(fault).to.be.instanceOf(FhirError).and.to.include({ status: 409 });
  });
});
