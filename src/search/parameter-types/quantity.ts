/** https://hl7.org/fhir/R4/search.html#quantity */
import { type ParsedDecimal, parseDecimal } from '../../fhir/decimal.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { toCanonicalQuantity, UCUM_SYSTEM } from '../../fhir/ucum.js';
import { splitUnescaped, unescapeValue } from '../escaping.js';
import { type IndexWriter, qualifiers } from '../index-writer.js';
import { GREATEST_NUMBER, LEAST_NUMBER, numberCriterion } from './number.js';
import type { ParameterType } from './parameter-type.js';
import { splitPrefix } from './prefix.js';

const CURRENCIES = 'urn:iso:std:iso:4217';

/**
 * The bare number stands under the parameter's own name; with its unit it stands under the dimension, in base units, where
 * UCUM knows the code, else under system and code; and under code and unit as they are written, for `5.4||mg`.
 */
export const quantity: ParameterType = {
  modifiers: [],
  sortKind: 'range',
  index: (value, type, { code }, writer) => {
    if (typeof value === 'number') writer.range(code, value, value);
    if (!isJsonObject(value)) return;
    if (type === 'Range') indexRangeType(value, code, writer);
    else if (type === 'SampledData') indexSampledData(value, code, writer);
    else if (type === 'Money') indexInterval(value['value'], value['value'], { system: CURRENCIES, code: value['currency'] }, code, writer);
    else indexQuantity(value, code, writer);
  },
  toCriterion: (text, _modifier, plan, context) => {
    const wanted = "'number', 'number|system|code' or 'number||code', after eq, ne, gt, lt, ge, le, sa, eb, ap or nothing";
    const parts = splitUnescaped(text, '|').map(unescapeValue);
    const { prefix, rest } = splitPrefix(parts[0] as string);
    const parsed = parseDecimal(rest);
    const [, system = '', code = ''] = parts;
    if (parsed === undefined || (parts.length !== 1 && parts.length !== 3)) return context.fault(wanted);
    if (code === '') return system === '' ? numberCriterion(prefix, parsed, plan.code) : context.fault(wanted);
    const canonical = system === UCUM_SYSTEM ? toBaseUnits(parsed, code) : undefined;
    if (canonical !== undefined) return numberCriterion(prefix, canonical.range, qualifiers.dimension(plan.code, canonical.unit));
    return numberCriterion(prefix, parsed, qualifiers.unit(plan.code, system, code));
  },
  indexedAs: ({ code }) => [code],
};

interface Unit {
  readonly system?: JsonValue | undefined;
  readonly code?: JsonValue | undefined;
  readonly unit?: JsonValue | undefined;
}

/** Both ends of what the number stands for, in base units. Some scales run backwards (pH). */
function toBaseUnits(parsed: ParsedDecimal, code: string): { readonly unit: string; readonly range: ParsedDecimal } | undefined {
  const value = toCanonicalQuantity(parsed.value, code);
  const from = toCanonicalQuantity(parsed.low, code)?.value;
  const to = toCanonicalQuantity(parsed.high, code)?.value;
  if (value === undefined || from === undefined || to === undefined) return undefined;
  return { unit: value.unit, range: { value: value.value, low: Math.min(from, to), high: Math.max(from, to) } };
}

function indexQuantity(quantityValue: JsonObject, param: string, writer: IndexWriter): void {
  const { value, comparator } = quantityValue;
  const below = comparator === '<' || comparator === '<=';
  const above = comparator === '>' || comparator === '>=';
  indexInterval(below ? LEAST_NUMBER : value, above ? GREATEST_NUMBER : value, quantityValue, param, writer);
}

function indexRangeType(range: JsonObject, param: string, writer: IndexWriter): void {
  const low = isJsonObject(range['low']) ? range['low'] : undefined;
  const high = isJsonObject(range['high']) ? range['high'] : undefined;
  const unit = low ?? high;
  if (unit === undefined) return;
  indexInterval(low?.['value'] ?? LEAST_NUMBER, high?.['value'] ?? GREATEST_NUMBER, unit, param, writer);
}

/** "Just search on the bounds of the values in sampled data." */
function indexSampledData(sampled: JsonObject, param: string, writer: IndexWriter): void {
  const { origin, data, factor } = sampled;
  if (!isJsonObject(origin) || typeof data !== 'string') return;
  const zero = typeof origin['value'] === 'number' ? origin['value'] : 0;
  const scale = typeof factor === 'number' ? factor : 1;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const text of data.split(/\s+/)) {
    // E, L and U stand for no value
    const sample = text === '' ? Number.NaN : zero + Number(text) * scale;
    if (Number.isNaN(sample)) continue;
    low = Math.min(low, sample);
    high = Math.max(high, sample);
  }
  if (low <= high) indexInterval(low, high, origin, param, writer);
}

function indexInterval(low: JsonValue | undefined, high: JsonValue | undefined, unit: Unit, param: string, writer: IndexWriter): void {
  if (typeof low !== 'number' || typeof high !== 'number' || low > high) return;
  writer.range(param, low, high);
  const code = typeof unit.code === 'string' && unit.code !== '' ? unit.code : undefined;
  const system = typeof unit.system === 'string' ? unit.system : '';
  if (code !== undefined) {
    if (system !== '' && !(system === UCUM_SYSTEM && indexInBaseUnits(low, high, code, param, writer))) {
      writer.range(qualifiers.unit(param, system, code), low, high);
    }
    writer.range(qualifiers.unit(param, '', code), low, high);
  }
  if (typeof unit.unit === 'string' && unit.unit !== '') writer.range(qualifiers.unit(param, '', unit.unit), low, high);
}

function indexInBaseUnits(low: number, high: number, code: string, param: string, writer: IndexWriter): boolean {
  writer.unit(code);
  const from = endInBaseUnits(low, code);
  const to = low === high ? from : endInBaseUnits(high, code);
  const unit = from?.unit ?? to?.unit;
  if (from === undefined || to === undefined || unit === undefined) return false;
  writer.range(qualifiers.dimension(param, unit), Math.min(from.value, to.value), Math.max(from.value, to.value));
  return true;
}

/** An open end stays open. */
function endInBaseUnits(value: number, code: string): { readonly value: number; readonly unit: string | undefined } | undefined {
  return Math.abs(value) === GREATEST_NUMBER ? { value, unit: undefined } : toCanonicalQuantity(value, code);
}
