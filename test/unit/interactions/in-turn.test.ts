import { expect } from 'chai';
import { inTurn } from '../../../src/interactions/in-turn.js';
import { openStore } from '../../../src/storage/open-store.js';

describe('inTurn', () => {
  it('runs what has one key one after another, in order, whatever fails', async () => {
    const store = await openStore('memory:');
    const log: string[] = [];
    const work =
      (name: string, fails = false) =>
      async (): Promise<string> => {
        log.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      };
    const results = await Promise.allSettled([
      inTurn(store, 'a', work('1')),
      inTurn(store, 'a', work('2', true)),
      inTurn(store, 'a', work('3')),
    ]);
    expect(results.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect(log).to.deep.equal(['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends']);
    expect(await inTurn(store, 'a', work('4'))).to.equal('4');
  });

  it('lets other keys and other stores go on', async () => {
    const [store, other] = [await openStore('memory:'), await openStore('memory:')];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const waiting = inTurn(store, 'a', () => gate);
    expect(await inTurn(store, 'b', async () => 'b')).to.equal('b');
    expect(await inTurn(other, 'a', async () => 'other')).to.equal('other');
    open();
    await waiting;
  });
});
