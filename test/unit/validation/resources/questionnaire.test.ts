import { expect } from 'chai';
import type { JsonObject } from '../../../../src/fhir/json.js';
import { validatorWith } from '../../../support/validator-fixture.js';

const validator = validatorWith();
const FIRST = 'Questionnaire.item[0].enableWhen[0]';
const SECOND = 'Questionnaire.item[1].enableWhen[0]';

function issuesOf(...item: readonly JsonObject[]): readonly string[] {
  const questionnaire = { resourceType: 'Questionnaire', name: 'Q', status: 'active', item: [...item] };
  return validator.issuesOf(questionnaire).filter((issue) => issue.includes('questionnaire-condition'));
}

const when = (question: string, answer: JsonObject, operator = '='): JsonObject => ({ question, operator, ...answer });
const asked = (type: string, more: JsonObject = {}): JsonObject => ({ linkId: 'a', type, ...more });
const then = (...enableWhen: readonly JsonObject[]): JsonObject => ({
  linkId: 'b',
  type: 'string',
  enableWhen: [...enableWhen],
  enableBehavior: 'any',
});
const TRUE = { answerBoolean: true };

describe('Questionnaire.item.enableWhen', () => {
  it('names an item that there is', () => {
    expect(issuesOf(asked('boolean'), then(when('a', TRUE)))).to.deep.equal([]);
    expect(issuesOf(asked('boolean'), then(when('c', TRUE)))).to.deep.equal([`error not-found questionnaire-condition ${SECOND}`]);
    const group = { linkId: 'g', type: 'group', item: [asked('boolean')] };
    expect(issuesOf(group, then(when('a', TRUE)))).to.deep.equal([]);
  });

  it('names neither its own item nor one within it', () => {
    const fault = [`error business-rule questionnaire-condition ${FIRST}`];
    expect(issuesOf(asked('boolean', { enableWhen: [when('a', TRUE)] }))).to.deep.equal(fault);
    const group = {
      linkId: 'g',
      type: 'group',
      enableWhen: [when('a', TRUE)],
      item: [{ linkId: 'h', type: 'group', item: [asked('boolean')] }],
    };
    expect(issuesOf(group)).to.deep.equal(fault);
  });

  it('names one that was asked before', () => {
    expect(issuesOf(then(when('a', TRUE)), asked('boolean'))).to.deep.equal([`warning business-rule questionnaire-condition ${FIRST}`]);
  });

  it('has an answer that can be one to its question', () => {
    const coding = { answerCoding: { system: 'http://s', code: 'a' } };
    const options = { answerOption: [{ valueInteger: 1 }, { valueInteger: 2 }] };
    for (const [question, answer, fits] of [
      [asked('boolean'), TRUE, true],
      [asked('boolean'), { answerString: 'true' }, false],
      [asked('integer'), { answerDecimal: 1.5 }, true],
      [asked('date'), { answerDateTime: '2025-01-01T00:00:00Z' }, true],
      [asked('quantity'), { answerInteger: 1 }, false],
      [asked('text'), { answerString: 'x' }, true],
      [asked('url'), { answerString: 'http://x' }, true],
      [asked('choice'), coding, true],
      [asked('choice'), { answerString: 'a' }, false],
      [asked('open-choice'), { answerString: 'a' }, true],
      [asked('choice', options), { answerInteger: 1 }, true],
      [asked('choice', options), coding, false],
      [asked('attachment'), { answerString: 'a' }, false],
    ] as const) {
      const wanted = fits ? [] : [`error business-rule questionnaire-condition ${SECOND}`];
      expect(issuesOf(question, then(when('a', answer))), JSON.stringify([question, answer])).to.deep.equal(wanted);
    }
    expect(issuesOf(asked('attachment'), then(when('a', TRUE, 'exists')))).to.deep.equal([]);
    expect(issuesOf(asked('display'), then(when('a', TRUE, 'exists')))).to.deep.equal([
      `warning business-rule questionnaire-condition ${SECOND}`,
    ]);
  });

  it('of any shape is never thrown at', () => {
    for (const odd of [null, 1, 'x', [], {}, [null], [{}], [[{}]]]) {
      expect(issuesOf({ linkId: 'a', type: odd, enableWhen: odd, item: odd } as JsonObject)).to.be.an('array');
      expect(issuesOf(asked('choice', { answerOption: odd } as JsonObject), then(when('a', { answerCoding: odd } as JsonObject)))).to.be.an(
        'array',
      );
    }
  });
});
