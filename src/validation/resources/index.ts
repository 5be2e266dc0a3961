/** Rules by resource type. */
import { checkBundle } from './bundle.js';
import { checkQuestionnaireResponse } from './questionnaire-response.js';
import type { ResourceRule } from './resource-rule.js';

const RESOURCE_RULES: ReadonlyMap<string, ResourceRule> = new Map([
  ['Bundle', checkBundle],
  ['QuestionnaireResponse', checkQuestionnaireResponse],
]);

export function findResourceRule(type: string): ResourceRule | undefined {
  return RESOURCE_RULES.get(type);
}
