/** ElementDefinition.minValue[x] and maxValue[x]: https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.minValue_x_ */
import { Decimal } from 'decimal.js';
import type { ElementDefinition } from 'fhir/r4.js';
import { parseDateTime } from '../../../fhir/date-time.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../fhir/json.js';
import { toCanonicalQuantity, UCUM_SYSTEM } from '../../../fhir/ucum.js';
import type { ItemRule, RuleScope } from '../../link/item-rule.js';
import type { RulePlan } from '../../plan.js';
import type { Run } from '../../run/run.js';
import { describeValue, valueOfChoice } from './value.js';

const TIME = /^\d\d:/;

export function compileMinValue(element: ElementDefinition): readonly RulePlan[] {
  const value = valueOfChoice(element, 'minValue');
  return value === undefined ? [] : [{ keyword: 'minValue', value }];
}

export function compileMaxValue(element: ElementDefinition): readonly RulePlan[] {
  const value = valueOfChoice(element, 'maxValue');
  return value === undefined ? [] : [{ keyword: 'maxValue', value }];
}

export function linkMinValue(limit: JsonValue, scope: RuleScope): ItemRule {
  return linkLimit(limit, scope, { rule: 'minValue', sign: -1, describe: 'less', word: 'least' });
}

export function linkMaxValue(limit: JsonValue, scope: RuleScope): ItemRule {
  return linkLimit(limit, scope, { rule: 'maxValue', sign: 1, describe: 'more', word: 'most' });
}

interface Side {
  readonly rule: string;
  /** Sign of the order of value and limit that is a fault; a duration is counted from now to this side. */
  readonly sign: -1 | 1;
  readonly describe: string;
  readonly word: string;
}

function linkLimit(limit: JsonValue, scope: RuleScope, { rule, sign, describe, word }: Side): ItemRule {
  const duration = durationOf(limit);
  return (run, value) => {
    const isRelative = duration !== undefined && typeof value === 'string';
    const bound = isRelative ? momentFrom(scope.services.options.clock(), duration, sign) : limit;
    const order = bound === undefined ? undefined : (compareExactly(run, value, bound) ?? compareValues(value, bound));
    if (order === undefined && isQuantity(value) && isQuantity(limit)) {
      const what = `The unit of ${describeValue(value)} cannot be compared with that of ${describeValue(limit)}`;
      const wanted = `use one that can be, with its UCUM code: the ${word} that ${scope.elementId} allows was not looked at`;
      run.add('warning', 'value', rule, `${what}: ${wanted}`, scope);
    }
    if (order === undefined || order * sign <= 0) return;
    const when = sign < 0 ? 'before' : 'after';
    const shown = isRelative ? `${describeValue(bound)} (${duration.value} ${duration.unit} ${when} now)` : describeValue(limit);
    const text = `The value ${describeValue(value)} is ${describe} than ${shown}, the ${word} that ${scope.elementId} allows`;
    run.error('value', rule, text, scope);
  };
}

function isQuantity(value: JsonValue | undefined): value is JsonObject {
  return isJsonObject(value) && typeof value['value'] === 'number';
}

interface Duration {
  readonly value: number;
  readonly unit: string;
}

/** UCUM's units of time that calendars have, as steps of a date. */
const CALENDAR: Readonly<Record<string, (date: Date, count: number) => void>> = {
  a: (date, count) => date.setUTCFullYear(date.getUTCFullYear() + count),
  mo: (date, count) => date.setUTCMonth(date.getUTCMonth() + count),
  wk: (date, count) => date.setUTCDate(date.getUTCDate() + 7 * count),
  d: (date, count) => date.setUTCDate(date.getUTCDate() + count),
  h: (date, count) => date.setUTCHours(date.getUTCHours() + count),
  min: (date, count) => date.setUTCMinutes(date.getUTCMinutes() + count),
  s: (date, count) => date.setUTCSeconds(date.getUTCSeconds() + count),
};

/** A quantity of time, which bounds dates relative to now. */
function durationOf(limit: JsonValue): Duration | undefined {
  if (!isJsonObject(limit)) return undefined;
  const { value, code, unit } = limit;
  const name = code ?? unit;
  return typeof value === 'number' && typeof name === 'string' && Object.hasOwn(CALENDAR, name) ? { value, unit: name } : undefined;
}

/** Undefined where no calendar reaches. */
function momentFrom(now: number, { value, unit }: Duration, sign: -1 | 1): string | undefined {
  const date = new Date(now);
  CALENDAR[unit]?.(date, sign * value);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Below, at or above zero; undefined where the two cannot be compared (units of other kinds, dates that overlap). */
export function compareValues(value: JsonValue | undefined, limit: JsonValue): number | undefined {
  if (typeof value === 'number' && typeof limit === 'number') return value - limit;
  if (typeof value === 'string' && typeof limit === 'string') return compareMoments(value, limit);
  if (!isJsonObject(value) || !isJsonObject(limit)) return undefined;
  const isSameUnit = value['system'] === limit['system'] && (value['code'] ?? value['unit']) === (limit['code'] ?? limit['unit']);
  return isSameUnit ? compareValues(value['value'], limit['value'] as JsonValue) : compareUnits(value, limit);
}

/** Grams and kilograms; undefined for units that are not UCUM's, or have nothing in common. */
function compareUnits(value: JsonObject, limit: JsonObject): number | undefined {
  const [left, right] = [value, limit].map(({ value: number, system, code }) =>
    system === UCUM_SYSTEM && typeof number === 'number' && typeof code === 'string' ? toCanonicalQuantity(number, code) : undefined,
  );
  return left === undefined || right === undefined || left.unit !== right.unit ? undefined : left.value - right.value;
}

/** By the literal that was sent, where a double has rounded it to the bound; undefined where that is not so. */
function compareExactly(run: Run, value: JsonValue | undefined, limit: JsonValue): number | undefined {
  if (!run.document.hasInexactNumbers || compareValues(value, limit) !== 0) return undefined;
  const path = run.jsonPath();
  const literal = run.document.numberLiteral(isJsonObject(value) ? [...path, 'value'] : path);
  const bound = isJsonObject(limit) ? limit['value'] : limit;
  return literal === undefined || typeof bound !== 'number' ? undefined : new Decimal(literal).comparedTo(bound);
}

function compareMoments(value: string, limit: string): number | undefined {
  if (TIME.test(value) && TIME.test(limit)) return compareText(withoutZeros(value), withoutZeros(limit));
  const left = parseDateTime(value);
  const right = parseDateTime(limit);
  if (left === undefined || right === undefined) return undefined;
  if (left.high < right.low) return -1;
  return left.low > right.high ? 1 : 0;
}

/** `17:00:00.000` is `17:00:00`. */
function withoutZeros(time: string): string {
  return time.replace(/\.0+$|(\.\d*[1-9])0+$/, '$1');
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
