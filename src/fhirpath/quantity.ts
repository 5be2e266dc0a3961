/** Quantities of FHIR and of FHIRPath literals, compared in the same unit or through UCUM. */
import fhirpath from 'fhirpath';
import { isJsonObject } from '../fhir/json.js';
import { quietly } from '../fhir/quietly.js';
import type { TypedNode } from './fhirpath.js';

const UCUM = 'http://unitsofmeasure.org';
const LONGEST_UNIT = 200;

export interface Quantity {
  readonly value: number;
  /** UCUM code (`1` where there is none), calendar word, or what a foreign system or `unit` says. */
  readonly unit: string;
  /** Whether `unit` is UCUM's, so that it can be converted. */
  readonly isUcum: boolean;
}

/** Calendar words that are the same as a UCUM unit: http://hl7.org/fhirpath/N1/#time-valued-quantities */
const CALENDAR_UNITS: Readonly<Record<string, string>> = {
  week: 'wk',
  day: 'd',
  hour: 'h',
  minute: 'min',
  second: 's',
  millisecond: 'ms',
};

/** Words that have no definite length; a UCUM year or month has one. */
const CALENDAR_MONTHS: Readonly<Record<string, number>> = { year: 12, month: 1 };

/** Undefined where there is no number, or a comparator that makes it a range. */
export function quantityOf(node: TypedNode): Quantity | undefined {
  const source = node.value;
  if (typeof source === 'number') return { value: source, unit: '1', isUcum: true };
  if (!isJsonObject(source) || typeof source['value'] !== 'number' || source['comparator'] !== undefined) return undefined;
  const unit = typeof source['unit'] === 'string' ? source['unit'] : undefined;
  if (node.type === 'System.Quantity') {
    const calendar = CALENDAR_UNITS[(unit ?? '').replace(/s$/, '')];
    const isWord = /^(year|month)s?$/.test(unit ?? '');
    return { value: source['value'], unit: calendar ?? (isWord ? (unit ?? '').replace(/s$/, '') : (unit ?? '1')), isUcum: !isWord };
  }
  const code = typeof source['code'] === 'string' ? source['code'] : undefined;
  if (source['system'] === UCUM && code !== undefined) return { value: source['value'], unit: code, isUcum: true };
  if (code !== undefined) return { value: source['value'], unit: `${String(source['system'])}|${code}`, isUcum: false };
  if (unit === undefined) return { value: source['value'], unit: '1', isUcum: true };
  return { value: source['value'], unit, isUcum: false };
}

/** For equivalence a calendar year is as good as a UCUM year. */
export function withoutCalendar(quantity: Quantity): Quantity {
  if (quantity.unit === 'year') return { ...quantity, unit: 'a', isUcum: true };
  return quantity.unit === 'month' ? { ...quantity, unit: 'mo', isUcum: true } : quantity;
}

interface UcumConversion {
  readonly status: string;
  readonly toVal: number | null;
}

/** Both numbers in the unit of the first; undefined where the units have nothing in common. */
export function inSameUnit(left: Quantity, right: Quantity): readonly [number, number] | undefined {
  if (left.unit === right.unit) return [left.value, right.value];
  const leftMonths = CALENDAR_MONTHS[left.unit];
  const rightMonths = CALENDAR_MONTHS[right.unit];
  if (leftMonths !== undefined && rightMonths !== undefined) return [left.value, (right.value * rightMonths) / leftMonths];
  if (!left.isUcum || !right.isUcum) return undefined;
  const utils = fhirpath.ucumUtils as { convertUnitTo(from: string, value: number, to: string): UcumConversion };
  // no unit of use is as long, and the library's parser takes its time
  if (left.unit.length > LONGEST_UNIT || right.unit.length > LONGEST_UNIT) return undefined;
  const converted = quietly(() => utils.convertUnitTo(right.unit, right.value, left.unit));
  return converted.status === 'succeeded' && converted.toVal !== null ? [left.value, converted.toVal] : undefined;
}
