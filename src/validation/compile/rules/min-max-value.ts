/** ElementDefinition.minValue[x] and maxValue[x]: https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.minValue_x_ */
import type { ElementDefinition } from 'fhir/r4.js';
import { parseDateTime } from '../../../fhir/date-time.js';
import { isJsonObject, type JsonValue } from '../../../fhir/json.js';
import type { ItemRule, RuleScope } from '../../link/item-rule.js';
import type { RulePlan } from '../../plan.js';
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
  return (run, value) => {
    const order = compareValues(value, limit);
    if (order !== undefined && order < 0) {
      const text = `The value ${describeValue(value)} is less than ${describeValue(limit)}, the least that ${scope.elementId} allows`;
      run.error('value', 'minValue', text, scope);
    }
  };
}

export function linkMaxValue(limit: JsonValue, scope: RuleScope): ItemRule {
  return (run, value) => {
    const order = compareValues(value, limit);
    if (order !== undefined && order > 0) {
      const text = `The value ${describeValue(value)} is more than ${describeValue(limit)}, the most that ${scope.elementId} allows`;
      run.error('value', 'maxValue', text, scope);
    }
  };
}

/** Below, at or above zero; undefined where the two cannot be compared (other units, dates that overlap). */
export function compareValues(value: JsonValue | undefined, limit: JsonValue): number | undefined {
  if (typeof value === 'number' && typeof limit === 'number') return value - limit;
  if (typeof value === 'string' && typeof limit === 'string') return compareMoments(value, limit);
  if (!isJsonObject(value) || !isJsonObject(limit)) return undefined;
  const isSameUnit = value['system'] === limit['system'] && (value['code'] ?? value['unit']) === (limit['code'] ?? limit['unit']);
  return isSameUnit ? compareValues(value['value'], limit['value'] as JsonValue) : undefined;
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
