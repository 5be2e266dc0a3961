/** Answers against the questions they answer: https://hl7.org/fhir/R4/questionnaireresponse.html#notes */
import type { JsonObject } from '../../fhir/json.js';
import type { LinkServices } from '../link/item-rule.js';
import type { Run } from '../run/run.js';
import { type AnswersByLinkId, collectAnswers, isEnabled } from './enable-when.js';
import { at, extensionValue, forEachObject, objectsOf, pushTo, textOf } from './objects.js';
import { checkAnswer } from './questionnaire-answer.js';
import type { ResourceRule } from './resource-rule.js';

const MIN_OCCURS = 'http://hl7.org/fhir/StructureDefinition/questionnaire-minOccurs';
const MAX_OCCURS = 'http://hl7.org/fhir/StructureDefinition/questionnaire-maxOccurs';

interface Form {
  readonly run: Run;
  readonly services: LinkServices;
  /** Every linkId of the questionnaire. */
  readonly linkIds: () => ReadonlySet<string>;
  readonly answers: () => AnswersByLinkId;
  /** What is missing is no fault while the form is still being filled in. */
  readonly isUnfinished: boolean;
}

/** An item as it stands among its siblings. */
interface PlacedItem {
  readonly item: JsonObject;
  readonly index: number;
}

export const checkQuestionnaireResponse: ResourceRule = (run, response, services) => {
  const canonical = textOf(response['questionnaire']);
  if (canonical === undefined) return;
  const questionnaire = findQuestionnaire(canonical, response, services);
  if (questionnaire === undefined) {
    const text = `The questionnaire ${canonical} is not at hand: the answers were not held against it`;
    run.noteOnce(`questionnaire ${canonical}`, 'warning', 'not-found', 'questionnaire-unknown', text);
    return;
  }
  const isUnfinished = response['status'] === 'in-progress' || response['status'] === 'stopped';
  const form = {
    run,
    services,
    linkIds: once(() => collectLinkIds(questionnaire)),
    answers: once(() => collectAnswers(response)),
    isUnfinished,
  };
  checkItems(form, objectsOf(questionnaire['item']), response);
};

function findQuestionnaire(canonical: string, response: JsonObject, { conformance }: LinkServices): JsonObject | undefined {
  if (!canonical.startsWith('#')) return conformance.find('Questionnaire', canonical)?.resource;
  return objectsOf(response['contained']).find(({ resourceType, id }) => resourceType === 'Questionnaire' && id === canonical.slice(1));
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function collectLinkIds(questionnaire: JsonObject): ReadonlySet<string> {
  const linkIds = new Set<string>();
  const collect = (holder: JsonObject): void => {
    for (const question of objectsOf(holder['item'])) {
      const linkId = textOf(question['linkId']);
      if (linkId !== undefined) linkIds.add(linkId);
      collect(question);
    }
  };
  collect(questionnaire);
  return linkIds;
}

/** The items of a response, of one of its items or of an answer, against the questions of that place. */
function checkItems(form: Form, questions: readonly JsonObject[], holder: JsonObject): void {
  const { run } = form;
  const byLinkId = new Map<string, PlacedItem[]>();
  const positions = new Map<string, number>();
  questions.forEach((question, index) => {
    const linkId = textOf(question['linkId']);
    if (linkId !== undefined && !positions.has(linkId)) positions.set(linkId, index);
  });
  let furthest = 0;
  forEachObject(run, holder, 'item', (item, index) => {
    const linkId = textOf(item['linkId']);
    if (linkId === undefined) return;
    const position = positions.get(linkId);
    if (position === undefined) {
      reportMisplaced(form, linkId);
      return;
    }
    if (position < furthest) {
      run.error('structure', 'questionnaire-order', `The item '${linkId}' stands behind items that follow it in the questionnaire`);
    }
    furthest = Math.max(furthest, position);
    pushTo(byLinkId, linkId, { item, index });
  });
  for (const question of questions) checkQuestion(form, question, byLinkId.get(textOf(question['linkId']) ?? '') ?? []);
}

/**
 * Said of the item where the question stands elsewhere; where there is no such question of what holds the item, as the reference validator
 * does, with which of its items it is.
 */
function reportMisplaced({ run, linkIds }: Form, linkId: string): void {
  if (linkIds().has(linkId)) {
    run.error('structure', 'questionnaire-place', `The item '${linkId}' stands in another place in the questionnaire`);
    return;
  }
  const [index, property] = [run.path.pop(), run.path.pop()];
  run.error(
    'not-found',
    'questionnaire-link-id',
    `The questionnaire has no item with the linkId '${linkId}', which item[${String(index)}] names`,
  );
  if (property !== undefined && index !== undefined) run.path.push(property, index);
}

function checkQuestion(form: Form, question: JsonObject, placed: readonly PlacedItem[]): void {
  const { run } = form;
  const linkId = textOf(question['linkId']) ?? '';
  if (!isEnabled(question, form.answers)) {
    for (const { index } of placed) {
      at(run, 'item', index, () =>
        run.error('business-rule', 'questionnaire-enable-when', `'${linkId}' is answered although its enableWhen does not hold`),
      );
    }
    return;
  }
  if (placed.length === 0) {
    if (question['required'] === true && !form.isUnfinished) reportRequired(run, linkId);
    return;
  }
  if (placed.length > 1 && question['repeats'] !== true) {
    at(run, 'item', placed[1]?.index ?? 0, () =>
      run.error('invalid', 'questionnaire-repeats', `The item '${linkId}' may be given once only`),
    );
  }
  for (const { item, index } of placed) at(run, 'item', index, () => checkItem(form, question, linkId, item));
}

function checkItem(form: Form, question: JsonObject, linkId: string, item: JsonObject): void {
  const { run } = form;
  const text = textOf(item['text']);
  if (text !== undefined && text !== question['text']) {
    run.error('invalid', 'questionnaire-text', `The text is not the one that the questionnaire has for '${linkId}'`);
  }
  const answers = Array.isArray(item['answer']) ? item['answer'] : [];
  const type = textOf(question['type']);
  if (type === 'display' || type === 'group') {
    if (answers.length > 0) run.error('structure', 'questionnaire-answer', `Items of type '${type}' have no answers`);
    if (type === 'group') checkGroup(form, question, linkId, item);
    return;
  }
  checkAnswerCount(form, question, linkId, answers.length);
  const questions = objectsOf(question['item']);
  forEachObject(run, item, 'answer', (answer) => {
    checkAnswer(run, question, answer, form.services);
    checkItems(form, questions, answer);
  });
  if (answers.length > 0 && Array.isArray(item['item']) && questions.length > 0) {
    run.error('structure', 'questionnaire-place', `Items below the question '${linkId}' stand in its answer`);
  }
}

function checkGroup(form: Form, question: JsonObject, linkId: string, item: JsonObject): void {
  const isEmpty = objectsOf(item['item']).length === 0;
  if (isEmpty && question['required'] === true && !form.isUnfinished) {
    form.run.error('invariant', 'questionnaire-required', `The required group '${linkId}' has no items`);
    return;
  }
  checkItems(form, objectsOf(question['item']), item);
}

function checkAnswerCount({ run, isUnfinished }: Form, question: JsonObject, linkId: string, count: number): void {
  const min = extensionValue(question, MIN_OCCURS);
  const max = extensionValue(question, MAX_OCCURS);
  if (count === 0 && question['required'] === true && !isUnfinished) reportRequired(run, linkId);
  else if (typeof min === 'number' && count < min && !isUnfinished) {
    run.error('invalid', 'questionnaire-min-occurs', `'${linkId}' needs ${min} answers, and has ${count}`);
  }
  if (typeof max === 'number' && count > max) {
    run.error('invalid', 'questionnaire-max-occurs', `'${linkId}' takes ${max} answers, and has ${count}`);
  }
  if (count > 1 && question['repeats'] !== true) {
    run.error('invalid', 'questionnaire-repeats', `'${linkId}' takes one answer, and has ${count}`);
  }
}

function reportRequired(run: Run, linkId: string): void {
  run.error('required', 'questionnaire-required', `The required item '${linkId}' has no answer`);
}
