/** The keywords of ElementDefinition that say something about one item, each compiled by a file of its own. */
import type { ElementDefinition } from 'fhir/r4.js';
import type { RulePlan } from '../../plan.js';
import { compileBinding } from './binding.js';
import { compileConstraints } from './constraint.js';
import { compileFixed } from './fixed.js';
import { compileMaxLength } from './max-length.js';
import { compileMaxValue, compileMinValue } from './min-max-value.js';
import { compilePattern } from './pattern.js';
import { compileRegex } from './regex.js';

/** In the order in which they run. */
export const RULE_COMPILERS: readonly ((element: ElementDefinition) => readonly RulePlan[])[] = [
  compileFixed,
  compilePattern,
  compileMaxLength,
  compileRegex,
  compileMinValue,
  compileMaxValue,
  compileBinding,
  compileConstraints,
];
