import { expect } from 'chai';
import fc from 'fast-check';
import { EntryReader, encodeEntries, RANGE, STRING, TERM } from '../../../../src/storage/sqlite/entry-codec.js';
import type { IndexEntry } from '../../../../src/storage/store.js';

const SEED = 20_261_126;

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.integer({ min: 120, max: 135 }).map((length) => 'x'.repeat(length)),
  fc.constantFrom('é'.repeat(64), 'x'.repeat(20_000)),
);
const number = fc.double({ noNaN: true });
const entry: fc.Arbitrary<IndexEntry> = fc.oneof(
  fc.record({ kind: fc.constantFrom('term' as const, 'string' as const), param: text, value: text }),
  fc.record({ kind: fc.constant('range' as const), param: text, low: number, high: number }),
);

function decode(bytes: Uint8Array): readonly IndexEntry[] {
  const reader = new EntryReader(Buffer.from(bytes));
  const entries: IndexEntry[] = [];
  while (reader.next()) {
    const param = reader.bytes.toString('utf8', reader.paramStart, reader.paramEnd);
    expect(reader.hasParam(Buffer.from(param))).to.equal(true);
    if (reader.kind === RANGE) entries.push({ kind: 'range', param, low: reader.low, high: reader.high });
    else {
      expect([TERM, STRING]).to.include(reader.kind);
      expect(reader.hasValue(Buffer.from(reader.text()))).to.equal(true);
      expect(reader.hasValue(Buffer.from(`${reader.text()}x`))).to.equal(false);
      entries.push({ kind: reader.kind === TERM ? 'term' : 'string', param, value: reader.text() });
    }
  }
  return entries;
}

describe('encodeEntries', () => {
  it(`is read back as it was, entry by entry (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(entry, fc.boolean())), (pairs) => {
        // params that repeat are written once
        let last = 'p';
        const entries = pairs.map(([value, isRepeated]) => {
          last = isRepeated ? last : value.param;
          return { ...value, param: last };
        });
        expect(decode(encodeEntries(entries))).to.deep.equal(entries);
      }),
      { seed: SEED },
    );
  });

  it('takes about as many bytes as the texts have', () => {
    const entries = Array.from({ length: 10 }, (): IndexEntry => ({ kind: 'term', param: 'code', value: 'http://loinc.org|1234-5' }));
    expect(encodeEntries(entries)).to.have.lengthOf(10 * (1 + 1 + 23) + 1 + 4);
    expect(encodeEntries([])).to.have.lengthOf(0);
  });
});
