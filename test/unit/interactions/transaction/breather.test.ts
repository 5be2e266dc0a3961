import { expect } from 'chai';
import { createBreather, mapConcurrently } from '../../../../src/interactions/transaction/breather.js';

describe('breather', () => {
  it('asks for a pause when the slice is used up, and lets others run in it', async () => {
    const breathe = createBreather(undefined, 0);
    const order: string[] = [];
    setImmediate(() => order.push('other'));
    await breathe();
    order.push('work');
    expect(order).to.deep.equal(['other', 'work']);
  });

  it('asks for none before', () => {
    expect(createBreather(undefined, 60_000)()).to.equal(undefined);
  });

  it('throws when nobody waits any more', () => {
    const lateness = new AbortController();
    const breathe = createBreather(lateness.signal, 0);
    expect(breathe()).to.not.equal(undefined);
    lateness.abort(new Error('late'));
    expect(breathe).to.throw('late');
  });

  it('gives the same pause to all that share it', () => {
    const breathe = createBreather(undefined, 0);
    expect(breathe()).to.equal(breathe());
  });
});

describe('mapConcurrently', () => {
  it('keeps the order of the items whatever ends first, with so many under way at most', async () => {
    let underWay = 0;
    let most = 0;
    const results = await mapConcurrently([3, 1, 2, 0, 5], { limit: 2 }, async (item) => {
      most = Math.max(most, ++underWay);
      for (let turn = 0; turn < item; turn++) await Promise.resolve();
      underWay--;
      return item * 10;
    });
    expect(results).to.deep.equal([30, 10, 20, 0, 50]);
    expect(most).to.equal(2);
    expect(await mapConcurrently([], { limit: 2 }, async () => 1)).to.deep.equal([]);
  });

  it('rejects with what one of them rejects with', async () => {
    const failed = await mapConcurrently([1, 2], { limit: 2 }, (item) =>
      item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item),
    ).then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(failed).to.equal('two');
  });

  it('lets others run between the beginnings of long work, though many may be under way', async () => {
    const order: string[] = [];
    const other = (): void => {
      order.push('other');
      if (order.length < 6) setImmediate(other);
    };
    setImmediate(other);
    await mapConcurrently([1, 2, 3], { limit: 3 }, async (item) => {
      const end = performance.now() + 15;
      while (performance.now() < end);
      order.push(String(item));
    });
    expect(order).to.deep.equal(['1', 'other', '2', 'other', '3']);
  });

  it('begins none any more when it is aborted', async () => {
    const lateness = new AbortController();
    const begun: number[] = [];
    const map = async (item: number): Promise<void> => {
      begun.push(item);
      if (item === 3) lateness.abort(new Error('late'));
    };
    const failed = await mapConcurrently([1, 2, 3, 4, 5], { limit: 1, signal: lateness.signal }, map).catch(
      (error: Error) => error.message,
    );
    expect(failed).to.equal('late');
    expect(begun).to.deep.equal([1, 2, 3]);
  });
});
