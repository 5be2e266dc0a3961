import { expect } from 'chai';
import { parseDecimal } from '../../../src/fhir/decimal.js';

describe('parseDecimal', () => {
  const ranges: [string, number, number, number][] = [
    ['100', 100, 99.5, 100.5],
    ['100.00', 100, 99.995, 100.005],
    ['1e2', 100, 95, 105],
    ['5.4', 5.4, 5.35, 5.45],
    ['5.40e-3', 0.0054, 0.00535, 0.00545],
    ['5.4012e-3', 0.0054012, 0.00540115, 0.00540125],
    ['0', 0, -0.5, 0.5],
    ['-1.5', -1.5, -1.55, -1.45],
    ['+2', 2, 1.5, 2.5],
    ['.5', 0.5, 0.45, 0.55],
  ];
  for (const [text, value, low, high] of ranges) {
    it(`reads ${text} as ${low} to ${high}`, () => {
      expect(parseDecimal(text)).to.deep.equal({ value, low, high });
    });
  }

  for (const text of ['', 'abc', '1,5', '1.', '.', 'e2', '1e', '0x10', 'NaN', 'Infinity', '1e400', '1e9999', '1 ', '1_000']) {
    it(`refuses '${text}'`, () => {
      expect(parseDecimal(text)).to.equal(undefined);
    });
  }
});
