/** ElementDefinition.fixed[x]: the value is exactly this one. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_ */
import type { ElementDefinition } from 'fhir/r4.js';
import { isJsonObject, type JsonValue } from '../../../fhir/json.js';
import type { ItemRule, RuleScope } from '../../link/item-rule.js';
import type { RulePlan } from '../../plan.js';
import type { Run } from '../../run/run.js';
import { describeValue, valueOfChoice } from './value.js';

export function compileFixed(element: ElementDefinition): readonly RulePlan[] {
  const value = valueOfChoice(element, 'fixed');
  return value === undefined ? [] : [{ keyword: 'fixed', value }];
}

export function linkFixed(fixed: JsonValue, scope: RuleScope): ItemRule {
  return (run, value) => {
    if (!isSame(value, fixed)) reportDifference(run, value, fixed, scope);
  };
}

export function isSame(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((item, index) => isSame(item, right[index]));
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => isSame(left[key], right[key]));
}

/** Says it of the innermost element that differs. */
function reportDifference(run: Run, value: JsonValue | undefined, fixed: JsonValue | undefined, scope: RuleScope): void {
  if (isJsonObject(value) && isJsonObject(fixed)) {
    for (const key of new Set([...Object.keys(fixed), ...Object.keys(value)])) {
      if (isSame(value[key], fixed[key])) continue;
      const step = { property: key, expression: key.replace(/^_/, '') };
      run.path.push(step);
      reportDifference(run, value[key], fixed[key], scope);
      run.path.pop();
    }
    return;
  }
  if (Array.isArray(value) && Array.isArray(fixed) && value.length === fixed.length) {
    value.forEach((item, index) => {
      if (isSame(item, fixed[index])) return;
      run.path.push(index);
      reportDifference(run, item, fixed[index], scope);
      run.path.pop();
    });
    return;
  }
  const wanted = fixed === undefined ? 'nothing may stand here' : `it must be exactly ${describeValue(fixed)}`;
  run.error('value', 'fixed', `The value ${describeValue(value)} is not the fixed one: ${wanted} (${scope.elementId})`, scope);
}
