import { expect } from 'chai';
import { inSameUnit } from '../../../src/fhirpath/quantity.js';

const quantity = (value: number, unit: string) => ({ value, unit, isUcum: true });

describe('inSameUnit', () => {
  it('converts what has a unit of the same kind', () => {
    expect(inSameUnit(quantity(1, 'g'), quantity(1, 'kg'))).to.deep.equal([1, 1000]);
    expect(inSameUnit(quantity(1, 'g'), quantity(1, 'm'))).to.equal(undefined);
  });

  it('takes what is no unit, of any length, for none, and prints nothing of it', () => {
    const printed: unknown[] = [];
    const { log } = console;
    console.log = (...texts: unknown[]) => printed.push(...texts);
    try {
      for (const code of ['Breast Cancer', 'x y\n{"level":"error"}', `${'m.'.repeat(1_000_000)}m`]) {
        expect(inSameUnit(quantity(1, code), quantity(2, 'Lung Cancer'))).to.equal(undefined);
        expect(inSameUnit(quantity(1, 'kg'), quantity(2, code))).to.equal(undefined);
      }
    } finally {
      console.log = log;
    }
    expect(printed).to.deep.equal([]);
  });
});
