/** Whether the conditions of a Questionnaire can be met: https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen */
import { withArticle } from '../../fhir/article.js';
import type { JsonObject } from '../../fhir/json.js';
import type { Run } from '../run/run.js';
import { choiceOf, forEachObject, objectsOf, textOf } from './objects.js';
import { ANSWER_TYPES } from './questionnaire-answer.js';
import type { ResourceRule } from './resource-rule.js';

/** An item with its place among all, in the order in which they are asked. */
interface PlacedQuestion {
  readonly question: JsonObject;
  readonly place: number;
}

export const checkQuestionnaire: ResourceRule = (run, questionnaire) => {
  const places = new Map<JsonObject, number>();
  const byLinkId = new Map<string, PlacedQuestion>();
  placeItems(questionnaire, places, byLinkId);
  checkItems(run, questionnaire, places, byLinkId);
};

function placeItems(holder: JsonObject, places: Map<JsonObject, number>, byLinkId: Map<string, PlacedQuestion>): void {
  for (const question of objectsOf(holder['item'])) {
    const place = places.size;
    places.set(question, place);
    const linkId = textOf(question['linkId']);
    if (linkId !== undefined && !byLinkId.has(linkId)) byLinkId.set(linkId, { question, place });
    placeItems(question, places, byLinkId);
  }
}

/** The place behind all items of the holder. */
function checkItems(
  run: Run,
  holder: JsonObject,
  places: ReadonlyMap<JsonObject, number>,
  byLinkId: ReadonlyMap<string, PlacedQuestion>,
): number {
  let end = (places.get(holder) ?? -1) + 1;
  forEachObject(run, holder, 'item', (item) => {
    const place = places.get(item) ?? 0;
    end = checkItems(run, item, places, byLinkId);
    const own = { linkId: textOf(item['linkId']), place, end };
    forEachObject(run, item, 'enableWhen', (condition) => checkCondition(run, condition, own, byLinkId));
  });
  return end;
}

interface OwnItem {
  readonly linkId: string | undefined;
  readonly place: number;
  /** Where what is within it ends. */
  readonly end: number;
}

function checkCondition(run: Run, condition: JsonObject, own: OwnItem, byLinkId: ReadonlyMap<string, PlacedQuestion>): void {
  const linkId = textOf(condition['question']);
  if (linkId === undefined) return;
  const asked = byLinkId.get(linkId);
  if (asked === undefined) {
    run.error('not-found', 'questionnaire-condition', `No item has the linkId '${linkId}': name the question whose answer counts`);
  } else if (linkId === own.linkId) {
    run.error('business-rule', 'questionnaire-condition', `Whether '${linkId}' is asked cannot depend on its own answer`);
  } else if (asked.place > own.place && asked.place < own.end) {
    run.error('business-rule', 'questionnaire-condition', `'${linkId}' stands within this item, and is not asked unless this one is`);
  } else {
    if (asked.place > own.place) {
      const text = `'${linkId}' is asked after this item: whether this one is to be shown is not known before`;
      run.add('warning', 'business-rule', 'questionnaire-condition', text);
    }
    checkType(run, condition, linkId, asked.question);
  }
}

/** That `exists` takes a boolean the constraint que-7 says. */
function checkType(run: Run, condition: JsonObject, linkId: string, question: JsonObject): void {
  const type = textOf(question['type']) ?? '';
  if (type === 'group' || type === 'display') {
    run.add('warning', 'business-rule', 'questionnaire-condition', `'${linkId}' is a ${type}, which has no answer of its own`);
    return;
  }
  const answer = choiceOf(condition, 'answer');
  const wanted = typesOf(question, type);
  if (condition['operator'] === 'exists' || answer === undefined || wanted === undefined || wanted.includes(answer.type)) return;
  run.error(
    'business-rule',
    'questionnaire-condition',
    `An answer to '${linkId}' is ${withArticle(wanted.join(' or '))}, and can never be compared with ${withArticle(answer.type)}`,
  );
}

/** Types that can be compared with answers to the question; undefined where that is not known. */
function typesOf(question: JsonObject, type: string): readonly string[] | undefined {
  // a condition cannot give a uri, and numbers compare with each other
  if (type === 'url') return ['string'];
  if (type === 'integer' || type === 'decimal') return ['integer', 'decimal'];
  if (type === 'date' || type === 'dateTime') return ['date', 'dateTime'];
  if (type !== 'choice' && type !== 'open-choice') return ANSWER_TYPES.get(type);
  const options = objectsOf(question['answerOption']).flatMap((option) => choiceOf(option, 'value')?.type ?? []);
  const listed = options.length > 0 ? options : ['Coding'];
  return [...new Set(type === 'open-choice' ? [...listed, 'string'] : listed)];
}
