import { expect } from 'chai';
import { IndexOverflow, IndexWriter, MOST_ENTRIES, qualifiers } from '../../../src/search/index-writer.js';

describe('IndexWriter', () => {
  for (const count of [3, 20, 500]) {
    it(`takes each of ${count} entries of a parameter once`, () => {
      const writer = new IndexWriter();
      writer.begin();
      for (let round = 0; round < 2; round++) {
        for (let index = 0; index < count; index++) {
          writer.term('code', `v${index}`);
          writer.string('code', `v${index}`);
          writer.term('code:text', `v${index}`);
          writer.range('code', index, index + 1);
        }
      }
      expect(writer.entries).to.have.length(4 * count);
    });
  }

  it('takes entries that differ in one part only', () => {
    const writer = new IndexWriter();
    writer.begin();
    for (let index = 0; index < 40; index++) writer.range('date', index, 100);
    for (let index = 0; index < 40; index++) writer.range('date', 0, 101 + index);
    for (const param of ['a', 'b']) for (let index = 0; index < 40; index++) writer.term(param, String(index));
    expect(writer.entries).to.have.length(160);
  });

  it('names units by their beginning, for a store keeps all names', () => {
    const unit = (length: number): string => qualifiers.unit('value-quantity', 'u'.repeat(length), 'x'.repeat(length));
    expect(unit(10_000_000)).to.equal(unit(200)).and.to.have.length.lessThan(500);
    expect(qualifiers.unit('value-quantity', 'http://unitsofmeasure.org', 'mg')).to.equal('value-quantity|http://unitsofmeasure.org|mg');
  });

  it('takes so many entries and no more, but any number of repetitions', () => {
    const writer = new IndexWriter();
    writer.begin();
    for (let round = 0; round < 2; round++) for (let index = 0; index < MOST_ENTRIES; index++) writer.term('code', `v${index}`);
    expect(writer.entries).to.have.length(MOST_ENTRIES);
    expect(() => writer.term('code', 'one more')).to.throw(IndexOverflow);
  });

  it('converts so many different units and no more, but each as often as it stands there', () => {
    const writer = new IndexWriter();
    for (let round = 0; round < 2; round++) for (let index = 0; index < 2000; index++) writer.unit(`kg/m${index}`);
    expect(() => writer.unit('one more')).to.throw(IndexOverflow, '2000 different units');
  });

  it('begins anew with each parameter', () => {
    const writer = new IndexWriter();
    for (let round = 0; round < 2; round++) {
      writer.begin();
      expect(writer.isEmpty).to.equal(true);
      for (let index = 0; index < 30; index++) writer.term('code', String(index));
      expect(writer.isEmpty).to.equal(false);
    }
    expect(writer.entries).to.have.length(60);
  });
});
