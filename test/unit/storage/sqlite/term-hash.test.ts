import { expect } from 'chai';
import { HASH_BITS, TermHash } from '../../../../src/storage/sqlite/term-hash.js';

const KEY = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

function hashes(hash: TermHash): readonly number[] {
  return Array.from({ length: 20_000 }, (_, number) =>
    hash.term(1, Buffer.from('code'), Buffer.from(`http://loinc.org|${number}-${number % 10}`)),
  );
}

describe('TermHash', () => {
  it('gives whole numbers below its width, and hardly ever one twice', () => {
    const all = hashes(new TermHash(KEY, HASH_BITS));
    expect(all.every((value) => Number.isSafeInteger(value) && value >= 0 && value < 2 ** HASH_BITS)).to.equal(true);
    expect(new Set(all).size).to.equal(all.length);
    expect(all).to.deep.equal(hashes(new TermHash(KEY, HASH_BITS)));
  });

  it('fills every width evenly', () => {
    for (const bits of [3, 31, 32, 33, HASH_BITS]) {
      const counts = new Array<number>(8).fill(0);
      for (const value of hashes(new TermHash(KEY, bits))) {
        const part = Math.floor(value / 2 ** (bits - 3));
        counts[part] = (counts[part] ?? 0) + 1;
      }
      for (const count of counts) expect(count, `${bits} bits`).to.be.within(2_300, 2_700);
    }
  });

  it('is another one with another key', () => {
    const other = new Set(hashes(new TermHash(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 9]), HASH_BITS)));
    expect(hashes(new TermHash(KEY, HASH_BITS)).filter((value) => other.has(value))).to.deep.equal([]);
  });

  it('tells apart scopes, kinds, and where a param ends and its value begins', () => {
    const hash = new TermHash(KEY, HASH_BITS);
    const term = (scope: number, param: string, value: string): number => hash.term(scope, Buffer.from(param), Buffer.from(value));
    const all = [
      term(1, 'ab', 'c'),
      term(2, 'ab', 'c'),
      term(1, 'a', 'bc'),
      term(1, 'abc', ''),
      term(1, 'ab', 'c\0'),
      hash.param(1, 1, Buffer.from('ab')),
      hash.param(1, 2, Buffer.from('ab')),
      hash.param(2, 2, Buffer.from('ab')),
    ];
    expect(new Set(all).size).to.equal(all.length);
  });
});
