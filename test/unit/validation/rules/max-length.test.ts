import { expect } from 'chai';
import { aPatient } from '../../../support/resources.js';
import { aProfile, profileUrl, validatorWith } from '../../../support/validator-fixture.js';

describe('maxLength', () => {
  const profile = aProfile('p', 'Patient', [{ id: 'Patient.name.family', maxLength: 4 }]);
  const { validate, issuesOf } = validatorWith([profile]);
  const options = { profiles: [profileUrl('p')] };
  const ofFamily = (family: string): readonly string[] => issuesOf(aPatient({ name: [{ family }] }), options);

  it('says how long the text is and may be', () => {
    const [issue, ...others] = validate(aPatient({ name: [{ family: 'abcde' }] }), options);
    expect(others).to.deep.equal([]);
    expect(issue).to.deep.include({
      severity: 'error',
      code: 'too-long',
      rule: 'maxLength',
      expression: 'Patient.name[0].family',
      definition: `${profileUrl('p')}|1.0.0`,
      diagnostics: 'The text has 5 characters; Patient.name.family allows 4',
    });
    expect(ofFamily('abcd')).to.deep.equal([]);
  });

  it('counts a surrogate pair once, and a combining mark for itself', () => {
    expect(ofFamily('😀😀😀😀')).to.deep.equal([]);
    expect(ofFamily('😀😀😀😀😀')).to.deep.equal(['error too-long maxLength Patient.name[0].family']);
    expect(ofFamily('a\u0304a\u0304')).to.deep.equal([]);
    expect(ofFamily('a\u0304a\u0304a')).to.deep.equal(['error too-long maxLength Patient.name[0].family']);
  });

  it('says nothing of a value that is no text, or not there', () => {
    expect(issuesOf(aPatient({ name: [{ family: 12345 }] }), options)).to.deep.equal(['error structure json-type Patient.name[0].family']);
    expect(issuesOf(aPatient({ name: [{ text: 'abcdef' }] }), options)).to.deep.equal([]);
  });
});
