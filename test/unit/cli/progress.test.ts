import { expect } from 'chai';
import { Progress } from '../../../src/cli/progress.js';

const WORDS = { done: 'inputs', failed: 'not valid' };

describe('progress', () => {
  let written = '';
  let now = 0;
  const stream = {
    isTTY: true,
    write: (text: string | Uint8Array): boolean => {
      written += String(text);
      return true;
    },
  };
  const clock = (): number => now;
  beforeEach(() => {
    written = '';
    now = 0;
  });

  it('says nothing of work that is done within a second, and then not at every input', () => {
    const progress = new Progress({ stream, clock, isWanted: true, words: WORDS });
    now = 999;
    progress.update(10, 0);
    progress.clear();
    expect(written).to.equal('');
    now = 1000;
    progress.update(20, 0);
    now = 1199;
    progress.update(21, 1);
    expect(written).to.equal('\r\u001b[2K20 inputs in 1 s');
    now = 2300;
    progress.update(30, 2);
    expect(written).to.match(/30 inputs in 2 s, 2 not valid$/);
    progress.clear();
    expect(written).to.match(/\r\u001b\[2K$/);
  });

  it('says nothing where it is not wanted, and nothing into a pipe', () => {
    for (const options of [
      { isTTY: false, isWanted: true },
      { isTTY: undefined, isWanted: true },
      { isTTY: true, isWanted: false },
    ]) {
      const { isTTY, isWanted } = options;
      const progress = new Progress({
        stream: { write: stream.write, ...(isTTY !== undefined && { isTTY }) },
        clock,
        isWanted,
        words: WORDS,
      });
      now += 10_000;
      progress.update(100, 1);
      progress.clear();
    }
    expect(written).to.equal('');
  });
});
