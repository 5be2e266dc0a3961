import { expect } from 'chai';
import { describeValue, valueOfChoice } from '../../../../src/validation/compile/rules/value.js';

describe('Values of an ElementDefinition', () => {
  it('are found whatever type their name ends in', () => {
    const element = { path: 'Patient.gender', fixedCode: 'a', patternString: 'b', minValueInteger: 0, maxValueDate: '2020' };
    expect(valueOfChoice(element, 'fixed')).to.equal('a');
    expect(valueOfChoice(element, 'pattern')).to.equal('b');
    expect(valueOfChoice(element, 'minValue')).to.equal(0);
    expect(valueOfChoice(element, 'maxValue')).to.equal('2020');
  });

  it('are found when they are false or 0, and none where none is', () => {
    expect(valueOfChoice({ path: 'Patient.active', fixedBoolean: false }, 'fixed')).to.equal(false);
    expect(valueOfChoice({ path: 'Patient.active' }, 'fixed')).to.equal(undefined);
    expect(valueOfChoice({ path: 'Patient.active', min: 1, max: '1', maxLength: 3 }, 'maxValue')).to.equal(undefined);
  });

  it('are shown in quotes or as JSON, and cut where they are long', () => {
    expect(describeValue(undefined)).to.equal('(none)');
    expect(describeValue('a')).to.equal("'a'");
    expect(describeValue(1.5)).to.equal('1.5');
    expect(describeValue({ a: [1] })).to.equal('{"a":[1]}');
    expect(describeValue('x'.repeat(500))).to.have.length(121);
  });
});
