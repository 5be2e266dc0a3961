import { expect } from 'chai';
import type { JsonObject } from '../../../../src/fhir/json.js';
import { aCodeSystem, aValueSet, TEST_BASE, validatorWith } from '../../../support/validator-fixture.js';

const HL7 = 'http://hl7.org/fhir/concept-properties#';
const { issuesOf } = validatorWith();
const named = (more: JsonObject): JsonObject => aCodeSystem('c', ['a'], { name: 'C', ...more });
const errorsOf = (resource: JsonObject): readonly string[] => issuesOf(resource).filter((issue) => issue.startsWith('error'));

describe('CodeSystem', () => {
  it('has each property once, by its code and by its uri', () => {
    const property = [
      { code: 'size', type: 'integer' },
      { code: 'size', type: 'string' },
      { code: 'height', uri: 'http://example.org/p', type: 'string' },
      { code: 'width', uri: 'http://example.org/p', type: 'string' },
    ];
    expect(issuesOf(named({ property }))).to.deep.equal([
      'error business-rule code-system-property CodeSystem.property[1]',
      'error business-rule code-system-property CodeSystem.property[3]',
    ]);
  });

  it("gives HL7's properties the types that they have, and no code that means another of them", () => {
    const property = [
      { code: 'notSelectable', uri: `${HL7}notSelectable`, type: 'boolean' },
      { code: 'inactive', uri: `${HL7}retirementDate`, type: 'dateTime' },
      { code: 'above', uri: `${HL7}parent`, type: 'string' },
    ];
    expect(issuesOf(named({ property }))).to.deep.equal([
      'error business-rule code-system-property CodeSystem.property[1]',
      'warning business-rule code-system-property CodeSystem.property[2]',
      'error business-rule code-system-property CodeSystem.property[2]',
    ]);
  });

  it('has values of the types that its properties state, at any depth', () => {
    const concept = [
      {
        code: 'a',
        property: [{ code: 'size', valueInteger: 1 }],
        concept: [
          {
            code: 'b',
            property: [
              { code: 'size', valueString: '1' },
              { code: 'colour', valueCode: 'red' },
            ],
          },
        ],
      },
    ];
    expect(issuesOf(named({ property: [{ code: 'size', type: 'integer' }], concept }))).to.deep.equal([
      'error business-rule code-system-property CodeSystem.concept[0].concept[0].property[0]',
      'warning business-rule code-system-property CodeSystem.concept[0].concept[0].property[1]',
    ]);
  });

  it('that supplements another says so, and speaks of codes that the other has', () => {
    const withBase = validatorWith([aCodeSystem('base', ['a'])]);
    const supplement = (content: string, code: string): JsonObject =>
      named({ content, supplements: `${TEST_BASE}/CodeSystem/base`, concept: [{ code }] });
    expect(withBase.issuesOf(supplement('supplement', 'a'))).to.deep.equal([]);
    expect(withBase.issuesOf(supplement('fragment', 'x'))).to.deep.equal([
      'error business-rule code-system-supplement CodeSystem.content',
      'error business-rule code-system-supplement CodeSystem.concept[0]',
    ]);
  });

  it('is included whole, and alone, by the value set that it names', () => {
    const valueSet = `${TEST_BASE}/ValueSet/all`;
    const system = `${TEST_BASE}/CodeSystem/c`;
    const of = (include: readonly JsonObject[], version = '1.0.0'): readonly string[] =>
      validatorWith([aValueSet('all', include, { version })]).issuesOf(named({ valueSet }));
    expect(of([{ system }])).to.deep.equal([]);
    for (const include of [
      [{ system, concept: [{ code: 'a' }] }],
      [{ system }, { system: 'http://example.org/other' }],
      [{ system: 'urn:x' }],
    ]) {
      expect(of(include), JSON.stringify(include)).to.deep.equal(['error business-rule code-system-value-set CodeSystem.valueSet']);
    }
    expect(of([{ system, concept: [{ code: 'a' }] }], '2.0.0')).to.deep.equal([
      'warning business-rule code-system-value-set CodeSystem.valueSet',
    ]);
  });

  it('of any shape is refused without a fault in the checks', () => {
    for (const concept of [{}, [1], [{ property: [null, { code: 1, valueString: {} }] }], [{ concept: 'x' }]]) {
      expect(errorsOf(named({ concept: concept as never, property: ['x', { code: {} }] as never }))).to.not.deep.equal([]);
    }
  });
});
