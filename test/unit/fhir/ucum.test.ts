import { expect } from 'chai';
import { isUcumCode, toCanonicalQuantity } from '../../../src/fhir/ucum.js';

describe('toCanonicalQuantity', () => {
  const same: [number, string, number, string][] = [
    [5.4, 'g', 5400, 'mg'],
    [1, 'h', 60, 'min'],
    [37, 'Cel', 98.6, '[degF]'],
    [120, 'mm[Hg]', 12, 'cm[Hg]'],
    [5, 'mg/dL', 50, 'mg/L'],
    [50, '%', 0.5, '1'],
  ];
  for (const [left, leftUnit, right, rightUnit] of same) {
    it(`makes ${left} ${leftUnit} and ${right} ${rightUnit} the same`, () => {
      expect(toCanonicalQuantity(left, leftUnit)).to.not.equal(undefined);
      expect(toCanonicalQuantity(left, leftUnit)).to.deep.equal(toCanonicalQuantity(right, rightUnit));
    });
  }

  it('prints nothing of what it is given', () => {
    const printed: unknown[] = [];
    const { log } = console;
    console.log = (...texts: unknown[]) => printed.push(...texts);
    try {
      for (const code of ['Breast Cancer', 'x y\n{"level":"error"}', 'Mrs Smith/kg']) {
        expect(isUcumCode(code)).to.equal(false);
        expect(toCanonicalQuantity(1, code)).to.equal(undefined);
      }
    } finally {
      console.log = log;
    }
    expect(printed).to.deep.equal([]);
  });

  it('keeps dimensions apart', () => {
    expect(toCanonicalQuantity(1, 'g')?.unit).to.not.equal(toCanonicalQuantity(1, 'm')?.unit);
  });

  for (const code of ['foo', '', 'mg/', '((', '1e999', '__proto__', `${'m.'.repeat(1_000_000)}m`]) {
    it(`knows no unit '${code.slice(0, 10)}'`, () => {
      expect(toCanonicalQuantity(1, code)).to.equal(undefined);
    });
  }
});

describe('isUcumCode', () => {
  for (const code of ['kg', 'mm[Hg]', '10*9/L', '{beats}/min', '%', '1', '/min', 'Cel', "[arb'U]/mL", 'mL/min/{1.73_m2}']) {
    it(`takes '${code}'`, () => expect(isUcumCode(code)).to.equal(true));
  }
  for (const code of ['', 'KG', 'kilogram', 'kg ', 'mcg', 'mg/', '(kg', '{', '__proto__', 'constructor/L']) {
    it(`refuses '${code}'`, () => expect(isUcumCode(code)).to.equal(false));
  }
});
