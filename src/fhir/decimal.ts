/** Decimals as they are written: what precision a literal implies. https://hl7.org/fhir/R4/search.html#number */
import { Decimal } from 'decimal.js';

export interface ParsedDecimal {
  readonly value: number;
  /** The values that round to this literal: `low` belongs to them, `high` does not. */
  readonly low: number;
  readonly high: number;
}

const LITERAL = /^[+-]?(?:\d+(?:\.(\d+))?|\.(\d+))(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * `100` stands for [99.5, 100.5) and `100.00` for [99.995, 100.005). With an exponent two digits count, as the specification's
 * tables have it (`1e2` is [95, 105), `5.40e-3` is 0.0054 ± 0.00005), unless more than three are written.
 * Undefined when the text is no decimal or too large for a double.
 */
export function parseDecimal(text: string): ParsedDecimal | undefined {
  const match = LITERAL.exec(text);
  if (match === null) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  const fractionDigits = (match[1] ?? match[2] ?? '').length;
  const exponent = match[3];
  const lastDigit = exponent === undefined ? -fractionDigits : Number(exponent) - (fractionDigits > 2 ? fractionDigits : 1);
  const half = new Decimal(`5e${lastDigit - 1}`);
  const exact = new Decimal(text);
  return { value, low: exact.minus(half).toNumber(), high: exact.plus(half).toNumber() };
}
