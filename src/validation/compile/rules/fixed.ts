/** ElementDefinition.fixed[x]: the value is exactly this one. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_ */
import type { ElementDefinition } from 'fhir/r4.js';
import { isJsonObject, type JsonValue } from '../../../fhir/json.js';
import type { ItemRule, RuleScope } from '../../link/item-rule.js';
import type { RulePlan } from '../../plan.js';
import { findStep } from '../../run/json-step.js';
import type { Run } from '../../run/run.js';
import { describeValue, valueOfChoice } from './value.js';

export function compileFixed(element: ElementDefinition): readonly RulePlan[] {
  const value = valueOfChoice(element, 'fixed');
  return value === undefined ? [] : [{ keyword: 'fixed', value }];
}

export function linkFixed(fixed: JsonValue, scope: RuleScope): ItemRule {
  return (run, value, _companion, type) => {
    if (!isSame(value, fixed)) reportDifference(run, value, fixed, type, scope);
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

/** Says it of the innermost element that differs; of what is missing at its parent, as that has no place of its own. */
function reportDifference(run: Run, value: JsonValue | undefined, fixed: JsonValue | undefined, type: string, scope: RuleScope): void {
  if (isJsonObject(value) && isJsonObject(fixed)) {
    for (const key of Object.keys(fixed)) if (value[key] === undefined) reportMissing(run, key, fixed[key], scope);
    for (const key of Object.keys(value)) {
      if (isSame(value[key], fixed[key])) continue;
      const known = findStep(type, key, scope.services.model);
      if (known !== undefined) run.path.push(known.step);
      reportDifference(run, value[key], fixed[key], known?.type ?? '', scope);
      if (known !== undefined) run.path.pop();
    }
    return;
  }
  if (Array.isArray(value) && Array.isArray(fixed) && value.length === fixed.length) {
    value.forEach((item, index) => {
      if (isSame(item, fixed[index])) return;
      run.path.push(index);
      reportDifference(run, item, fixed[index], type, scope);
      run.path.pop();
    });
    return;
  }
  const wanted = fixed === undefined ? 'nothing may stand here' : `it must be exactly ${describeValue(fixed)}`;
  run.error('value', 'fixed', `The value ${describeValue(value)} is not the fixed one: ${wanted} (${scope.elementId})`, scope);
}

function reportMissing(run: Run, key: string, fixed: JsonValue | undefined, scope: RuleScope): void {
  run.error('value', 'fixed', `The value lacks '${key}': it must be exactly ${describeValue(fixed)} (${scope.elementId})`, scope);
}
