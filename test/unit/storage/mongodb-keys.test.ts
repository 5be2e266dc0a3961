import { expect } from 'chai';
import fc from 'fast-check';
import { compareText } from '../../../src/storage/cursor.js';
import { indexTerms, paramBounds, prefixBounds, termKey, termPrefix, toEntries } from '../../../src/storage/mongodb/index-keys.js';
import { fromSequence, toSequence } from '../../../src/storage/mongodb/sequence.js';
import type { IndexEntry } from '../../../src/storage/store.js';
import { maskStoreUrl } from '../../../src/storage/store-url.js';

const text = fc.string({
  unit: fc.constantFrom('a', 'b', 's', 't', 'u', '\u0000', '\u0001', '\u0002', 'é', '\u{1f600}', '\uffff'),
  maxLength: 5,
});
const kind = fc.constantFrom('term' as const, 'string' as const);

function isBetween(value: string, [from, to]: readonly [string, string]): boolean {
  return compareText(value, from) >= 0 && compareText(value, to) < 0;
}

describe('index keys of MongoDB', () => {
  it('become the entries again, whatever their params and values hold', () => {
    const entry: fc.Arbitrary<IndexEntry> = fc.oneof(
      fc.record({ kind, param: text, value: text }),
      fc.record({ kind: fc.constant('range' as const), param: text, low: fc.double(), high: fc.double() }),
    );
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const { terms, ranges } = indexTerms(entries);
        const distinct = new Set(entries.filter((one) => one.kind !== 'range').map((one) => JSON.stringify(one)));
        const again = toEntries(terms, ranges);
        expect(again.filter((one) => one.kind !== 'range').map((one) => JSON.stringify(one))).to.have.members([...distinct]);
        expect(again.filter((one) => one.kind === 'range')).to.deep.equal(entries.filter((one) => one.kind === 'range'));
      }),
    );
  });

  it('lie together by param and kind, and nothing else among them', () => {
    fc.assert(
      fc.property(kind, text, text, kind, text, (ofKind, param, value, otherKind, otherParam) => {
        const key = termKey(ofKind, param, value);
        const isSame = otherParam === param;
        expect(isBetween(key, paramBounds(otherParam))).to.equal(isSame);
        expect(isBetween(key, prefixBounds(termPrefix(otherKind, otherParam)))).to.equal(isSame && otherKind === ofKind);
      }),
    );
  });
});

describe('the clock of a MongoDB cluster as a number', () => {
  it('is exact, and in order', () => {
    const now = (Date.parse('2025-06-01T00:00:00Z') / 1000 - 1_577_836_800) * 2 ** 21;
    for (const sequence of [0, 1, 2 ** 21 - 1, 2 ** 21, now, now + 1]) {
      expect(toSequence(fromSequence(sequence)), String(sequence)).to.equal(sequence);
    }
  });

  it('takes a number that no clock gave', () => {
    for (const sequence of [-1, Number.MIN_SAFE_INTEGER]) expect(toSequence(fromSequence(sequence))).to.be.lessThan(0);
    expect(toSequence(fromSequence(Number.MAX_SAFE_INTEGER))).to.be.greaterThan(2 ** 52);
  });
});

describe('the URL of a store', () => {
  for (const [url, shown] of [
    ['mongodb://user:secret@host/kauri', 'mongodb://user:***@host/kauri'],
    ['mongodb://user:se@cr/et@a:1,b:2/kauri?w=1', 'mongodb://user:***@a:1,b:2/kauri?w=1'],
    ['mongodb+srv://user@host/kauri', 'mongodb+srv://user@host/kauri'],
    ['mongodb://host:27017/kauri', 'mongodb://host:27017/kauri'],
    ['sqlite:./data/kauri.db', 'sqlite:./data/kauri.db'],
  ] as const) {
    it(`is shown as ${shown}`, () => expect(maskStoreUrl(url)).to.equal(shown));
  }
});
