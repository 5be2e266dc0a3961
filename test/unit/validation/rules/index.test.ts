import { expect } from 'chai';
import type { ElementDefinition } from 'fhir/r4.js';
import { RULE_COMPILERS } from '../../../../src/validation/compile/rules/index.js';

const REGEX = 'http://hl7.org/fhir/StructureDefinition/regex';

function keywordsOf(element: ElementDefinition): readonly string[] {
  return RULE_COMPILERS.flatMap((compile) => compile(element)).map(({ keyword }) => keyword);
}

describe('The rules of an ElementDefinition', () => {
  it('are none when it says nothing of its value', () => {
    expect(keywordsOf({ path: 'Patient.name', min: 1, max: '1', type: [{ code: 'HumanName' }], mustSupport: true })).to.deep.equal([]);
  });

  it('are one for each keyword, the value before its codes and its constraints', () => {
    const element: ElementDefinition = {
      path: 'Patient.gender',
      constraint: [{ key: 'a-1', severity: 'error', human: 'a', expression: 'true' }],
      binding: { strength: 'required', valueSet: 'http://x.example/v' },
      extension: [{ url: REGEX, valueString: '.*' }],
      maxValueInteger: 2,
      minValueInteger: 1,
      maxLength: 10,
      patternCode: 'a',
      fixedCode: 'a',
    };
    expect(keywordsOf(element)).to.deep.equal(['fixed', 'pattern', 'maxLength', 'regex', 'minValue', 'maxValue', 'binding', 'constraint']);
  });

  it('are plain data', () => {
    const element: ElementDefinition = { path: 'Patient.gender', fixedCode: 'a', binding: { strength: 'required', valueSet: 'x' } };
    const rules = RULE_COMPILERS.flatMap((compile) => compile(element));
    expect(structuredClone(rules)).to.deep.equal(rules);
  });
});
