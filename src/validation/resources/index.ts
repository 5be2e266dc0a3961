/** Rules by resource type. */
import { checkBundle } from './bundle.js';
import { checkCodeSystem } from './code-system.js';
import { checkMeasureReport } from './measure-report.js';
import { checkOperationDefinition } from './operation-definition.js';
import { checkQuestionnaire } from './questionnaire.js';
import { checkQuestionnaireResponse } from './questionnaire-response.js';
import type { ResourceRule } from './resource-rule.js';
import { checkSearchParameter } from './search-parameter.js';
import { checkStructureDefinition } from './structure-definition.js';
import { checkValueSet } from './value-set.js';

const RESOURCE_RULES: ReadonlyMap<string, ResourceRule> = new Map([
  ['Bundle', checkBundle],
  ['CodeSystem', checkCodeSystem],
  ['MeasureReport', checkMeasureReport],
  ['OperationDefinition', checkOperationDefinition],
  ['Questionnaire', checkQuestionnaire],
  ['QuestionnaireResponse', checkQuestionnaireResponse],
  ['SearchParameter', checkSearchParameter],
  ['StructureDefinition', checkStructureDefinition],
  ['ValueSet', checkValueSet],
]);

export function findResourceRule(type: string): ResourceRule | undefined {
  return RESOURCE_RULES.get(type);
}
