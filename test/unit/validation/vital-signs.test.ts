import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation } from '../../support/resources.js';
import { validatorWith } from '../../support/validator-fixture.js';

const temperature = (code: string, more: JsonObject = {}): JsonObject =>
  anObservation({ code: { coding: [{ system: 'http://loinc.org', code }] }, ...more });

describe('Vital signs', () => {
  const { issuesOf } = validatorWith([], { vitalSigns: true });

  it('are held against their profile, claimed or not, where that is asked for', () => {
    expect(issuesOf(temperature('8310-5'))).to.include('error required cardinality-min Observation');
    expect(issuesOf(temperature('8331-1')).filter((issue) => issue.endsWith('Observation.code'))).to.not.deep.equal([]);
    expect(issuesOf(temperature('1-8'))).to.deep.equal([]);
  });

  it('are Observations like any other else', () => {
    expect(validatorWith().issuesOf(temperature('8310-5'))).to.deep.equal([]);
  });
});
