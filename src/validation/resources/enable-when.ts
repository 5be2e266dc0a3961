/** Whether a question is to be answered at all: https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { compareValues } from '../compile/rules/min-max-value.js';
import { choiceOf, objectsOf, textOf } from './objects.js';

export function isEnabled(question: JsonObject, response: JsonObject): boolean {
  const conditions = objectsOf(question['enableWhen']);
  if (conditions.length === 0) return true;
  const holds = (condition: JsonObject): boolean => isMet(condition, response);
  return question['enableBehavior'] === 'all' ? conditions.every(holds) : conditions.some(holds);
}

function isMet(condition: JsonObject, response: JsonObject): boolean {
  const answers = findAnswers(response, textOf(condition['question']) ?? '');
  const expected = choiceOf(condition, 'answer')?.value;
  const operator = textOf(condition['operator']);
  if (operator === 'exists') return answers.length > 0 === (expected ?? true);
  if (expected === undefined) return false;
  const values = answers.flatMap((answer) => choiceOf(answer, 'value')?.value ?? []);
  return values.some((value) => compare(operator, value, expected));
}

function compare(operator: string | undefined, value: JsonValue, expected: JsonValue): boolean {
  if (operator === '=') return isEqual(value, expected);
  if (operator === '!=') return !isEqual(value, expected);
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

/** Answers to a question, wherever in the response they stand. */
function findAnswers(holder: JsonObject, linkId: string): readonly JsonObject[] {
  return objectsOf(holder['item']).flatMap((item) => {
    const answers = objectsOf(item['answer']);
    const own = item['linkId'] === linkId ? answers : [];
    return [...own, ...findAnswers(item, linkId), ...answers.flatMap((answer) => findAnswers(answer, linkId))];
  });
}
