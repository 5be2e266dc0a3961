/** ElementDefinition.pattern[x]: the value has at least this. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_ */
import type { ElementDefinition } from 'fhir/r4.js';
import type { JsonValue } from '../../../fhir/json.js';
import { hasPattern } from '../../../fhir/json-pattern.js';
import type { ItemRule, RuleScope } from '../../link/item-rule.js';
import type { RulePlan } from '../../plan.js';
import { describeValue, valueOfChoice } from './value.js';

export function compilePattern(element: ElementDefinition): readonly RulePlan[] {
  const value = valueOfChoice(element, 'pattern');
  return value === undefined ? [] : [{ keyword: 'pattern', value }];
}

export function linkPattern(pattern: JsonValue, scope: RuleScope): ItemRule {
  return (run, value) => {
    if (hasPattern(value, pattern)) return;
    const text = `The value ${describeValue(value)} lacks what its pattern demands: ${describeValue(pattern)} (${scope.elementId})`;
    run.error('value', 'pattern', text, scope);
  };
}
