/** ElementDefinition.maxLength, in characters. */
import type { ElementDefinition } from 'fhir/r4.js';
import type { ItemRule, RuleScope } from '../../link/item-rule.js';
import type { RulePlan } from '../../plan.js';

export function compileMaxLength({ maxLength }: ElementDefinition): readonly RulePlan[] {
  return maxLength === undefined ? [] : [{ keyword: 'maxLength', limit: maxLength }];
}

export function linkMaxLength(limit: number, scope: RuleScope): ItemRule {
  return (run, value) => {
    if (typeof value !== 'string' || value.length <= limit) return;
    // beyond the basic plane a character takes two code units
    const length = [...value].length;
    if (length > limit) run.error('too-long', 'maxLength', `The text has ${length} characters; ${scope.elementId} allows ${limit}`, scope);
  };
}
