import { expect } from 'chai';
import { Stopwatch, timed } from '../../../src/observability/stopwatch.js';

describe('stopwatch', () => {
  let now: number;
  let stopwatch: Stopwatch;
  beforeEach(() => {
    now = 1_000;
    stopwatch = new Stopwatch(() => now);
  });

  it('says of what happened how many milliseconds it took, with one decimal', () => {
    timed(stopwatch, 'parse', () => {
      now += 1.26;
    });
    now += 2;
    timed(stopwatch, 'index', () => undefined);
    expect(stopwatch.toServerTiming()).to.equal('parse;dur=1.3, index;dur=0.0, total;dur=3.3');
    expect(stopwatch.spent('commit')).to.equal(undefined);
  });

  it('adds up what happens again, and counts no time twice of what happens at once', async () => {
    const waits: (() => void)[] = [];
    const wait = (): Promise<void> => new Promise((resolve) => waits.push(resolve));
    const first = timed(stopwatch, 'commit', wait);
    now += 10;
    const second = timed(stopwatch, 'commit', wait);
    now += 10;
    waits[0]?.();
    await first;
    now += 5;
    waits[1]?.();
    await second;
    now += 100;
    timed(stopwatch, 'commit', () => {
      now += 1;
    });
    expect(stopwatch.spent('commit')).to.equal(26);
  });

  it('counts what fails, and what has not ended yet', async () => {
    const failing = (): never => {
      now += 2;
      throw new Error('broken');
    };
    expect(() => timed(stopwatch, 'parse', failing)).to.throw('broken');
    expect(stopwatch.spent('parse')).to.equal(2);
    const rejected = await timed(stopwatch, 'search', async () => failing()).catch((error: Error) => error.message);
    expect([rejected, stopwatch.spent('search')]).to.deep.equal(['broken', 2]);
    stopwatch.begin('validate');
    now += 7;
    expect(stopwatch.spent('validate')).to.equal(7);
  });

  it('is not needed', () => {
    expect(timed(undefined, 'parse', () => 42)).to.equal(42);
  });
});
