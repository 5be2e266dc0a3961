/** Whether a question is to be answered at all: https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { compareValues } from '../compile/rules/min-max-value.js';
import { choiceOf, objectsOf, pushTo, textOf } from './objects.js';

/** The answers of a response by the question's linkId, wherever they stand. */
export type AnswersByLinkId = ReadonlyMap<string, readonly JsonObject[]>;

export function isEnabled(question: JsonObject, answers: () => AnswersByLinkId): boolean {
  const conditions = objectsOf(question['enableWhen']);
  if (conditions.length === 0) return true;
  const holds = (condition: JsonObject): boolean => isMet(condition, answers());
  return question['enableBehavior'] === 'all' ? conditions.every(holds) : conditions.some(holds);
}

function isMet(condition: JsonObject, byLinkId: AnswersByLinkId): boolean {
  const answers = byLinkId.get(textOf(condition['question']) ?? '') ?? [];
  const expected = choiceOf(condition, 'answer')?.value;
  const operator = textOf(condition['operator']);
  if (operator === 'exists') return answers.length > 0 === (expected ?? true);
  if (expected === undefined) return false;
  const values = answers.flatMap((answer) => choiceOf(answer, 'value')?.value ?? []);
  // «no answer has a value that is equal»: so is it where there is no answer
  if (operator === '!=') return !values.some((value) => isEqual(value, expected));
  return values.some((value) => compare(operator, value, expected));
}

function compare(operator: string | undefined, value: JsonValue, expected: JsonValue): boolean {
  if (operator === '=') return isEqual(value, expected);
  const order = compareValues(value, expected);
  if (order === undefined) return false;
  if (operator === '>') return order > 0;
  if (operator === '<') return order < 0;
  return operator === '>=' ? order >= 0 : operator === '<=' && order <= 0;
}

/** Codings by system and code: their displays are for people. */
function isEqual(value: JsonValue, expected: JsonValue): boolean {
  if (isJsonObject(value) && isJsonObject(expected) && 'code' in expected) {
    return value['code'] === expected['code'] && value['system'] === expected['system'];
  }
  return value === expected || compareValues(value, expected) === 0;
}

export function collectAnswers(response: JsonObject): AnswersByLinkId {
  const byLinkId = new Map<string, JsonObject[]>();
  const collect = (holder: JsonObject): void => {
    for (const item of objectsOf(holder['item'])) {
      const linkId = textOf(item['linkId']);
      collect(item);
      for (const answer of objectsOf(item['answer'])) {
        if (linkId !== undefined) pushTo(byLinkId, linkId, answer);
        collect(answer);
      }
    }
  };
  collect(response);
  return byLinkId;
}
