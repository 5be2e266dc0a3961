import { expect } from 'chai';
import type { JsonObject } from '../../../../src/fhir/json.js';
import { validatorWith } from '../../../support/validator-fixture.js';

const URL = 'http://example.org/fhir/Questionnaire/q';
const EXTENSION = 'http://hl7.org/fhir/StructureDefinition/';
const ITEM = 'QuestionnaireResponse.item[0]';
const ANSWER = `${ITEM}.answer[0]`;

function issuesOf(questions: readonly JsonObject[], items: readonly JsonObject[], more: JsonObject = {}): readonly string[] {
  const questionnaire: JsonObject = { resourceType: 'Questionnaire', url: URL, status: 'active', item: [...questions] };
  const response: JsonObject = {
    resourceType: 'QuestionnaireResponse',
    questionnaire: URL,
    status: 'completed',
    ...(items.length > 0 && { item: [...items] }),
    ...more,
  };
  return validatorWith([questionnaire]).issuesOf(response);
}

function issuesOfAnswer(question: JsonObject, ...answers: readonly JsonObject[]): readonly string[] {
  return issuesOf([{ linkId: 'a', repeats: true, ...question }], [{ linkId: 'a', answer: [...answers] }]);
}

describe('QuestionnaireResponse', () => {
  it('says that a questionnaire which is not at hand was not looked at', () => {
    const response = { resourceType: 'QuestionnaireResponse', questionnaire: URL, status: 'completed', item: [{ linkId: 'x' }] };
    expect(validatorWith().issuesOf(response)).to.deep.equal(['warning not-found questionnaire-unknown QuestionnaireResponse']);
  });

  it('says which item it is that the questionnaire does not have', () => {
    const questionnaire: JsonObject = {
      resourceType: 'Questionnaire',
      url: URL,
      status: 'active',
      item: [{ linkId: 'a', type: 'string' }],
    };
    const item = [{ linkId: 'a' }, { linkId: 'zzz' }];
    const found = validatorWith([questionnaire]).validate({
      resourceType: 'QuestionnaireResponse',
      questionnaire: URL,
      status: 'completed',
      item,
    });
    expect(found.map(({ expression, diagnostics }) => [expression, diagnostics])).to.deep.equal([
      ['QuestionnaireResponse', "The questionnaire has no item with the linkId 'zzz', which item[1] names"],
    ]);
  });

  it('is held against a questionnaire that it contains', () => {
    const contained = [{ resourceType: 'Questionnaire', id: 'q', name: 'Q', status: 'active', item: [{ linkId: 'a', type: 'string' }] }];
    const found = issuesOf([], [{ linkId: 'b' }], { contained, questionnaire: '#q' });
    expect(found).to.deep.equal(['error not-found questionnaire-link-id QuestionnaireResponse']);
  });

  describe('items', () => {
    const group = {
      linkId: 'g',
      type: 'group',
      item: [
        { linkId: 'a', type: 'string', required: true },
        { linkId: 'b', type: 'string' },
      ],
    };

    it('stand where and in the order in which the questionnaire has them', () => {
      const a = { linkId: 'a', answer: [{ valueString: 'x' }] };
      const b = { linkId: 'b', answer: [{ valueString: 'y' }] };
      expect(issuesOf([group], [{ linkId: 'g', item: [a, b] }])).to.deep.equal([]);
      expect(issuesOf([group], [{ linkId: 'g', item: [b, a] }])).to.deep.equal([`error structure questionnaire-order ${ITEM}.item[1]`]);
      expect(issuesOf([group], [a])).to.deep.equal([`error structure questionnaire-place ${ITEM}`]);
    });

    it('are required where the questionnaire says so, unless the response is still being filled in', () => {
      expect(issuesOf([group], [{ linkId: 'g', item: [{ linkId: 'b' }] }])).to.deep.equal([
        `error required questionnaire-required ${ITEM}`,
      ]);
      expect(issuesOf([group], [{ linkId: 'g', item: [{ linkId: 'b' }] }], { status: 'in-progress' })).to.deep.equal([]);
      expect(issuesOf([{ ...group, required: true }], [{ linkId: 'g' }])).to.deep.equal([`error invariant questionnaire-required ${ITEM}`]);
    });

    it('of groups and displays have no answers', () => {
      const found = issuesOf([{ linkId: 'd', type: 'display' }], [{ linkId: 'd', answer: [{ valueString: 'x' }] }]);
      expect(found).to.deep.equal([`error structure questionnaire-answer ${ITEM}`]);
    });

    it('stand once unless they repeat', () => {
      const once = { linkId: 'a', answer: [{ valueString: 'x' }] };
      const question = { linkId: 'a', type: 'string' };
      expect(issuesOf([question], [once, once])).to.deep.equal(['error invalid questionnaire-repeats QuestionnaireResponse.item[1]']);
      expect(issuesOf([{ ...question, repeats: true }], [once, once])).to.deep.equal([]);
      const twice = { linkId: 'a', answer: [{ valueString: 'x' }, { valueString: 'y' }] };
      expect(issuesOf([question], [twice])).to.deep.equal([`error invalid questionnaire-repeats ${ITEM}`]);
    });

    it('have as many answers as minOccurs and maxOccurs allow', () => {
      const extension = [
        { url: `${EXTENSION}questionnaire-minOccurs`, valueInteger: 2 },
        { url: `${EXTENSION}questionnaire-maxOccurs`, valueInteger: 2 },
      ];
      const yes = { valueBoolean: true };
      expect(issuesOfAnswer({ type: 'boolean', extension }, yes)).to.deep.equal([`error invalid questionnaire-min-occurs ${ITEM}`]);
      expect(issuesOfAnswer({ type: 'boolean', extension }, yes, yes)).to.deep.equal([]);
      expect(issuesOfAnswer({ type: 'boolean', extension }, yes, yes, yes)).to.deep.equal([
        `error invalid questionnaire-max-occurs ${ITEM}`,
      ]);
    });

    it('repeat the text of the question', () => {
      const found = issuesOf([{ linkId: 'a', type: 'string', text: 'Name' }], [{ linkId: 'a', text: 'Nmae' }]);
      expect(found).to.deep.equal([`error invalid questionnaire-text ${ITEM}`]);
    });
  });

  describe('enableWhen', () => {
    const asked = { linkId: 'a', type: 'integer' };
    const then = (enableWhen: JsonObject[], more: JsonObject = {}): JsonObject => ({
      linkId: 'b',
      type: 'string',
      required: true,
      enableWhen,
      ...more,
    });
    const a = { linkId: 'a', answer: [{ valueInteger: 3 }] };
    const b = { linkId: 'b', answer: [{ valueString: 'x' }] };
    const more3 = { question: 'a', operator: '>', answerInteger: 3 };
    const exists = { question: 'a', operator: 'exists', answerBoolean: true };

    it('lets a required question go unanswered that is not enabled', () => {
      expect(issuesOf([asked, then([more3])], [a])).to.deep.equal([]);
      expect(issuesOf([asked, then([exists])], [a])).to.deep.equal(['error required questionnaire-required QuestionnaireResponse']);
    });

    it('refuses answers to a question that is not enabled', () => {
      const found = issuesOf([asked, then([more3])], [a, b]);
      expect(found).to.deep.equal(['error business-rule questionnaire-enable-when QuestionnaireResponse.item[1]']);
    });

    it('with != holds where no answer is equal, and so where there is none', () => {
      const not3 = { question: 'a', operator: '!=', answerInteger: 3 };
      const missing = ['error required questionnaire-required QuestionnaireResponse'];
      expect(issuesOf([asked, then([not3])], [])).to.deep.equal(missing);
      expect(issuesOf([asked, then([not3])], [b])).to.deep.equal([]);
      expect(issuesOf([asked, then([not3])], [a])).to.deep.equal([]);
      expect(issuesOf([asked, then([not3])], [a, b])).to.deep.equal([
        'error business-rule questionnaire-enable-when QuestionnaireResponse.item[1]',
      ]);
      const several = { linkId: 'a', answer: [{ valueInteger: 4 }, { valueInteger: 3 }] };
      expect(issuesOf([{ ...asked, repeats: true }, then([not3])], [several])).to.deep.equal([]);
      expect(issuesOf([{ ...asked, repeats: true }, then([not3])], [{ ...several, answer: [{ valueInteger: 4 }] }])).to.deep.equal(missing);
    });

    it('needs all conditions or any, as enableBehavior says', () => {
      expect(issuesOf([asked, then([more3, exists], { enableBehavior: 'any' })], [a, b])).to.deep.equal([]);
      expect(issuesOf([asked, then([more3, exists], { enableBehavior: 'all' })], [a, b])).to.have.lengthOf(1);
    });
  });

  describe('answers', () => {
    it('are of the type of the question', () => {
      expect(issuesOfAnswer({ type: 'decimal' }, { valueDecimal: 1.5 })).to.deep.equal([]);
      expect(issuesOfAnswer({ type: 'decimal' }, { valueString: '1.5' })).to.deep.equal([
        `error invariant questionnaire-type ${ANSWER}.value.ofType(string)`,
      ]);
      expect(issuesOfAnswer({ type: 'url' }, { valueUri: 'http://example.org' })).to.deep.equal([]);
    });

    it('of any shape, to questions of any type, are answered and never thrown at', () => {
      const option = { answerOption: [{ valueCoding: { system: 'http://s', code: 'a' } }], answerValueSet: 'http://x/vs' };
      for (const type of ['choice', 'constructor', '__proto__', 'toString', 'quantity', 'reference', 'attachment']) {
        for (const value of [null, 1, 'x', [], {}, [null]]) {
          for (const property of ['valueCoding', 'valueString', 'valueQuantity', 'valueReference', 'valueAttachment']) {
            expect(issuesOfAnswer({ type, ...option }, { [property]: value } as JsonObject)).to.be.an('array');
          }
        }
      }
    });

    it('lie between the least and the most allowed, dates by their beginning', () => {
      const limits = (type: string, min: JsonObject, max: JsonObject): JsonObject => ({
        type,
        extension: [
          { url: `${EXTENSION}minValue`, ...min },
          { url: `${EXTENSION}maxValue`, ...max },
        ],
      });
      const dates = limits('dateTime', { valueDateTime: '2020' }, { valueDateTime: '2022-06' });
      const answers = ['2020', '2022-06', '2022-06-30', '1998', '2022-07'].map((valueDateTime) => ({ valueDateTime }));
      const at = (index: number): string => `${ITEM}.answer[${index}].value.ofType(dateTime)`;
      expect(issuesOfAnswer(dates, ...answers)).to.deep.equal([
        `error invariant questionnaire-max-value ${at(2)}`,
        `error invariant questionnaire-min-value ${at(3)}`,
        `error invariant questionnaire-max-value ${at(4)}`,
      ]);
      const numbers = limits('integer', { valueInteger: 1 }, { valueInteger: 3 });
      expect(issuesOfAnswer(numbers, { valueInteger: 0 }, { valueInteger: 1 }, { valueInteger: 3 })).to.have.lengthOf(1);
    });

    it('have as many characters and decimal places as the question allows', () => {
      const extension = [
        { url: `${EXTENSION}minLength`, valueInteger: 2 },
        { url: `${EXTENSION}maxDecimalPlaces`, valueInteger: 2 },
      ];
      const text = { type: 'string', extension, maxLength: 3 };
      expect(issuesOfAnswer(text, { valueString: 'a' })).to.deep.equal([
        `error invariant questionnaire-min-length ${ANSWER}.value.ofType(string)`,
      ]);
      expect(issuesOfAnswer(text, { valueString: 'abcd' })).to.deep.equal([
        `error invariant questionnaire-max-length ${ANSWER}.value.ofType(string)`,
      ]);
      expect(issuesOfAnswer({ type: 'decimal', extension }, { valueDecimal: 1.25 }, { valueDecimal: 1.255 })).to.deep.equal([
        `error invariant questionnaire-decimal-places ${ITEM}.answer[1].value.ofType(decimal)`,
      ]);
    });

    it('are one of the options, codings by system and code', () => {
      const c = (code: string): JsonObject => ({ system: 'http://example.org', code });
      const question = { type: 'choice', answerOption: [{ valueCoding: { ...c('1'), display: 'One' } }, { valueString: 'none' }] };
      expect(issuesOfAnswer(question, { valueCoding: c('1') }, { valueString: 'none' })).to.deep.equal([]);
      expect(issuesOfAnswer(question, { valueCoding: c('2') })).to.deep.equal([`error invariant questionnaire-option ${ANSWER}`]);
      expect(issuesOfAnswer(question, { valueString: 'other' })).to.deep.equal([
        `error invariant questionnaire-option ${ANSWER}.value.ofType(string)`,
      ]);
      expect(issuesOfAnswer({ ...question, type: 'open-choice' }, { valueString: 'other' })).to.deep.equal([]);
    });

    it('are in the value set of the options', () => {
      const question = { type: 'choice', answerValueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender' };
      const gender = (code: string): JsonObject => ({ valueCoding: { system: 'http://hl7.org/fhir/administrative-gender', code } });
      expect(issuesOfAnswer(question, gender('female'))).to.deep.equal([]);
      expect(issuesOfAnswer(question, gender('f'))).to.include(`error code-invalid questionnaire-option ${ANSWER}`);
    });

    it('that are quantities have a unit that is allowed, and compare in UCUM', () => {
      const kg = (value: number, code = 'kg'): JsonObject => ({
        valueQuantity: { value, unit: code, system: 'http://unitsofmeasure.org', code },
      });
      const url = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-minQuantity';
      const question = { type: 'quantity', extension: [{ url, ...kg(2) }] };
      const at = `${ANSWER}.value.ofType(Quantity)`;
      expect(issuesOfAnswer(question, kg(2500, 'g'))).to.deep.equal([]);
      expect(issuesOfAnswer(question, kg(1500, 'g'))).to.deep.equal([`error invariant questionnaire-least-quantity ${at}`]);
      expect(issuesOfAnswer(question, kg(5, 'm'))).to.deep.equal([`error invariant questionnaire-least-quantity ${at}`]);
      const unit = { url: `${EXTENSION}questionnaire-unitOption`, valueCoding: { system: 'http://unitsofmeasure.org', code: 'kg' } };
      expect(issuesOfAnswer({ type: 'quantity', extension: [unit] }, kg(1, 'g'))).to.deep.equal([
        `error invariant questionnaire-unit ${at}`,
      ]);
    });

    it('that are references point to a type that is allowed', () => {
      const extension = [{ url: `${EXTENSION}questionnaire-referenceResource`, valueCode: 'Patient' }];
      const to = (reference: string): JsonObject => ({ valueReference: { reference } });
      expect(issuesOfAnswer({ type: 'reference', extension }, to('Patient/1'), to('https://example.org/Patient/1'))).to.deep.equal([]);
      expect(issuesOfAnswer({ type: 'reference', extension }, to('Device/1'))).to.deep.equal([
        `error invariant questionnaire-reference ${ANSWER}.value.ofType(Reference)`,
      ]);
    });

    it('that are attachments are no larger than allowed', () => {
      const extension = [{ url: `${EXTENSION}maxSize`, valueDecimal: 2 }];
      expect(
        issuesOfAnswer({ type: 'attachment', extension }, { valueAttachment: { contentType: 'text/plain', data: 'YWI=' } }),
      ).to.deep.equal([]);
      expect(
        issuesOfAnswer({ type: 'attachment', extension }, { valueAttachment: { contentType: 'text/plain', data: 'YWJj' } }),
      ).to.deep.equal([`error required questionnaire-max-size ${ANSWER}`]);
    });
  });
});
