/** The rule of each keyword as a closure. */
import type { ItemRule, RuleScope } from '../../link/item-rule.js';
import type { RulePlan } from '../../plan.js';
import { linkBinding } from './binding.js';
import { linkConstraint } from './constraint.js';
import { linkFixed } from './fixed.js';
import { linkMaxLength } from './max-length.js';
import { linkMaxValue, linkMinValue } from './min-max-value.js';
import { linkPattern } from './pattern.js';
import { linkRegex } from './regex.js';

/** Undefined where the rule demands nothing. */
export function linkRule(plan: RulePlan, scope: RuleScope): ItemRule | undefined {
  switch (plan.keyword) {
    case 'fixed':
      return linkFixed(plan.value, scope);
    case 'pattern':
      return linkPattern(plan.value, scope);
    case 'minValue':
      return linkMinValue(plan.value, scope);
    case 'maxValue':
      return linkMaxValue(plan.value, scope);
    case 'maxLength':
      return linkMaxLength(plan.limit, scope);
    case 'regex':
      return linkRegex(plan.source, scope);
    case 'binding':
      return linkBinding(plan, scope);
    case 'constraint':
      return linkConstraint(plan, scope);
  }
}
