/** One answer against its question: https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.type */
import { withArticle } from '../../fhir/article.js';
import { parseDateTime } from '../../fhir/date-time.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { parseReference } from '../../fhir/reference.js';
import { toCanonicalQuantity, UCUM_SYSTEM } from '../../fhir/ucum.js';
import { checkValue } from '../compile/rules/binding.js';
import { compareValues } from '../compile/rules/min-max-value.js';
import { describeValue } from '../compile/rules/value.js';
import type { LinkServices } from '../link/item-rule.js';
import { sizeOfBase64 } from '../run/attachment.js';
import type { Run } from '../run/run.js';
import { type Choice, choiceOf, extensionValue, extensionValues, objectsOf, textOf } from './objects.js';

const EXTENSION = 'http://hl7.org/fhir/StructureDefinition/';
const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';

/** Types of answers by type of question; `choice` takes what its options are of. */
export const ANSWER_TYPES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    boolean: ['boolean'],
    decimal: ['decimal'],
    integer: ['integer'],
    date: ['date'],
    dateTime: ['dateTime'],
    time: ['time'],
    string: ['string'],
    text: ['string'],
    url: ['uri'],
    attachment: ['Attachment'],
    reference: ['Reference'],
    quantity: ['Quantity'],
  }),
);

interface Question {
  readonly run: Run;
  readonly question: JsonObject;
  readonly services: LinkServices;
}

export function checkAnswer(run: Run, question: JsonObject, answer: JsonObject, services: LinkServices): void {
  const choice = choiceOf(answer, 'value');
  if (choice === undefined) return;
  const type = textOf(question['type']) ?? '';
  const asked = { run, question, services };
  run.path.push(choice.step);
  const allowed = ANSWER_TYPES.get(type);
  const isOfType = allowed === undefined || allowed.includes(choice.type);
  if (!isOfType) {
    run.error(
      'invariant',
      'questionnaire-type',
      `An answer to this question is ${withArticle(allowed.join(' or '))}, not ${withArticle(choice.type)}`,
    );
  } else {
    checkByType(asked, choice);
  }
  run.path.pop();
  if (isOfType) checkOptions(asked, choice, type);
}

function checkByType(asked: Question, { type, value }: Choice): void {
  checkLimits(asked, value);
  if (type === 'string') checkLength(asked, value);
  else if (type === 'decimal') checkDecimalPlaces(asked, value, []);
  else if (!isJsonObject(value)) return;
  else if (type === 'Quantity') checkQuantity(asked, value);
  else if (type === 'Reference') checkReference(asked, value);
  else if (type === 'Attachment') checkAttachmentSize(asked, value);
}

function checkLimits({ run, question }: Question, value: JsonValue): void {
  const min = extensionValue(question, `${EXTENSION}minValue`);
  const max = extensionValue(question, `${EXTENSION}maxValue`);
  if (min !== undefined && isBelow(value, min)) {
    run.error('invariant', 'questionnaire-min-value', `${describeValue(value)} is less than the least allowed, ${describeValue(min)}`);
  }
  if (max !== undefined && isBelow(max, value)) {
    run.error('invariant', 'questionnaire-max-value', `${describeValue(value)} is more than the most allowed, ${describeValue(max)}`);
  }
}

/** Of dates the beginning counts, so that the last day of a month is beyond that month. */
function isBelow(value: JsonValue, limit: JsonValue): boolean {
  const [from, to] = [value, limit].map((one) => (typeof one === 'string' ? parseDateTime(one)?.low : undefined));
  const order = from === undefined || to === undefined ? compareValues(value, limit) : from - to;
  return order !== undefined && order < 0;
}

function checkLength({ run, question }: Question, value: JsonValue): void {
  if (typeof value !== 'string') return;
  const length = [...value].length;
  const min = extensionValue(question, `${EXTENSION}minLength`);
  const max = question['maxLength'];
  if (typeof min === 'number' && length < min) {
    run.error('invariant', 'questionnaire-min-length', `The answer has ${length} characters; ${min} are the least allowed`);
  }
  if (typeof max === 'number' && length > max) {
    run.error('invariant', 'questionnaire-max-length', `The answer has ${length} characters; ${max} are the most allowed`);
  }
}

/** `below`: properties from the value at the path to its number. */
function checkDecimalPlaces({ run, question }: Question, value: JsonValue | undefined, below: readonly string[]): void {
  const limit = extensionValue(question, `${EXTENSION}maxDecimalPlaces`);
  if (typeof limit !== 'number' || typeof value !== 'number') return;
  const literal = run.document.numberLiteral([...run.jsonPath(), ...below]) ?? String(value);
  const places = /\.(\d+)/.exec(literal)?.[1]?.length ?? 0;
  if (places > limit) {
    run.error('invariant', 'questionnaire-decimal-places', `${literal} has ${places} decimal places; ${limit} are allowed`);
  }
}

function checkQuantity(asked: Question, quantity: JsonObject): void {
  checkDecimalPlaces(asked, quantity['value'], ['value']);
  checkQuantityLimit(asked, quantity, 'minQuantity');
  checkQuantityLimit(asked, quantity, 'maxQuantity');
  checkUnit(asked, quantity);
}

function checkQuantityLimit({ run, question }: Question, quantity: JsonObject, name: 'minQuantity' | 'maxQuantity'): void {
  const limit = extensionValue(question, `${SDC}${name}`);
  if (!isJsonObject(limit)) return;
  const word = name === 'minQuantity' ? 'least' : 'most';
  const order = compareQuantities(quantity, limit);
  if (order === undefined) {
    const text = `${describeQuantity(quantity)} cannot be compared with the ${word} allowed, ${describeQuantity(limit)}: both need UCUM units of one kind`;
    run.error('invariant', `questionnaire-${word}-quantity`, text);
  } else if (name === 'minQuantity' ? order < 0 : order > 0) {
    const text = `${describeQuantity(quantity)} is beyond the ${word} allowed, ${describeQuantity(limit)}`;
    run.error('invariant', `questionnaire-${word}-quantity`, text);
  }
}

function compareQuantities(left: JsonObject, right: JsonObject): number | undefined {
  const [from, to] = [left, right].map(({ value, system, code }) =>
    system === UCUM_SYSTEM && typeof value === 'number' && typeof code === 'string' ? toCanonicalQuantity(value, code) : undefined,
  );
  return from === undefined || to === undefined || from.unit !== to.unit ? undefined : from.value - to.value;
}

function describeQuantity({ value, unit, code }: JsonObject): string {
  return `${String(value ?? '')} ${String(unit ?? code ?? '')}`.trim();
}

function checkUnit({ run, question, services }: Question, quantity: JsonObject): void {
  const options = extensionValues(question, `${EXTENSION}questionnaire-unitOption`).filter(isJsonObject);
  const isOption = options.some(({ system, code }) => system === quantity['system'] && code === quantity['code']);
  if (options.length > 0 && !isOption) {
    const allowed = options.map(({ code, display }) => String(display ?? code)).join(', ');
    run.error('invariant', 'questionnaire-unit', `The unit of ${describeQuantity(quantity)} is none of those allowed: ${allowed}`);
  }
  const canonical = textOf(extensionValue(question, `${EXTENSION}questionnaire-unitValueSet`));
  const valueSet = canonical === undefined ? undefined : services.terminology.prepareValueSet(canonical);
  if (valueSet === undefined) return;
  const membership = checkValue(quantity, valueSet);
  if (membership === 'not-member' || membership === 'absent') {
    run.error('invariant', 'questionnaire-unit', `The unit of ${describeQuantity(quantity)} is not in the value set ${canonical}`);
  }
}

function checkReference({ run, question, services }: Question, { reference }: JsonObject): void {
  const parsed = typeof reference === 'string' ? parseReference(reference) : undefined;
  if (parsed === undefined || !('type' in parsed)) return;
  const { type } = parsed;
  const allowed = extensionValues(question, `${EXTENSION}questionnaire-referenceResource`);
  if (!services.conformance.resourceTypes.has(type)) {
    // of a relative one its form speaks
    if (parsed.kind !== 'absolute') return;
    run.error('invariant', 'questionnaire-reference', `The reference names the type '${type}', which is no resource type of R4`);
  } else if (allowed.length > 0 && !allowed.includes(type)) {
    run.error(
      'invariant',
      'questionnaire-reference',
      `A reference to ${withArticle(type)} is not allowed here: it may point to ${allowed.join(', ')}`,
    );
  }
}

/** Said of the answer, as the options are. */
function checkAttachmentSize({ run, question }: Question, { data }: JsonObject): void {
  const limit = extensionValue(question, `${EXTENSION}maxSize`);
  if (typeof limit !== 'number' || typeof data !== 'string') return;
  const size = sizeOfBase64(data);
  if (size === undefined || size <= limit) return;
  const step = run.path.pop();
  run.error('required', 'questionnaire-max-size', `The attachment has ${size} bytes; ${limit} are the most allowed`);
  if (step !== undefined) run.path.push(step);
}

/** Of a Coding it is said at the answer, of everything else at its value. */
function checkOptions(asked: Question, choice: Choice, type: string): void {
  const { run, question } = asked;
  const options = objectsOf(question['answerOption']).flatMap((option) => choiceOf(option, 'value') ?? []);
  if (choice.type === 'Coding') {
    if (!isJsonObject(choice.value)) return;
    if (options.length > 0) checkCodingOption(run, choice.value, options);
    checkAnswerValueSet(asked, choice.value);
    return;
  }
  if (type === 'open-choice' && choice.type === 'string') return;
  const same = options.filter((option) => option.type === choice.type);
  if (options.length === 0 || same.some((option) => isSameOption(option.value, choice.value))) return;
  run.path.push(choice.step);
  run.error('invariant', 'questionnaire-option', `${describeValue(choice.value)} is none of the options of this question`);
  run.path.pop();
}

function checkCodingOption(run: Run, value: JsonObject, options: readonly Choice[]): void {
  const codings = options.filter((option) => option.type === 'Coding');
  if (codings.some((option) => isSameOption(option.value, value))) return;
  const { system, code } = value;
  run.error(
    'invariant',
    'questionnaire-option',
    `The code ${String(system ?? '')}#${String(code ?? '')} is none of the options of this question`,
  );
}

function isSameOption(option: JsonValue, value: JsonValue): boolean {
  if (!isJsonObject(option) || !isJsonObject(value)) return option === value;
  return 'reference' in option
    ? option['reference'] === value['reference']
    : option['system'] === value['system'] && option['code'] === value['code'];
}

function checkAnswerValueSet({ run, question, services }: Question, value: JsonObject): void {
  const canonical = textOf(question['answerValueSet']);
  if (canonical === undefined) return;
  const valueSet = services.terminology.prepareValueSet(canonical);
  const membership = valueSet === undefined ? 'unknown' : checkValue(value, valueSet);
  if (membership === 'unknown') {
    const text = `The value set ${canonical} could not be looked into: codes of answers were not all held against it`;
    run.noteOnce(`binding ${canonical}`, 'information', 'not-supported', 'questionnaire-unchecked', text);
  } else if (membership === 'not-member') {
    const { system, code } = value;
    const text = `The code ${String(system ?? '(no system)')}#${String(code ?? '')} is not in the value set of the options, ${canonical}`;
    run.error('code-invalid', 'questionnaire-option', text);
  }
}
