import { expect } from 'chai';
import type { JsonObject } from '../../../../src/fhir/json.js';
import { validatorWith } from '../../../support/validator-fixture.js';

const concept = (code: string, system = 'http://terminology.hl7.org/CodeSystem/measure-population'): JsonObject => ({
  coding: [{ system, code }],
});
const codes = (code: string): JsonObject => concept(code, 'http://example.org/groups');

function measure(scoring: string, group: readonly JsonObject[]): JsonObject {
  return {
    resourceType: 'Measure',
    url: 'http://example.org/Measure/m',
    status: 'active',
    scoring: concept(scoring, 'http://terminology.hl7.org/CodeSystem/measure-scoring'),
    group: [...group],
  };
}

function issuesOf(definition: JsonObject, group: readonly JsonObject[], more: JsonObject = {}): readonly string[] {
  const report = {
    resourceType: 'MeasureReport',
    status: 'complete',
    type: 'summary',
    measure: 'http://example.org/Measure/m',
    period: { start: '2026-01-01' },
    group: [...group],
    ...more,
  };
  return validatorWith([definition]).issuesOf(report);
}

const ONE_GROUP = [{ population: [{ code: concept('numerator') }, { code: concept('denominator') }] }];

describe('MeasureReport', () => {
  it('has the score that the scoring of its Measure allows', () => {
    const group = [{ measureScore: { value: 2 } }];
    expect(issuesOf(measure('continuous-variable', ONE_GROUP), group)).to.deep.equal([]);
    expect(issuesOf(measure('cohort', ONE_GROUP), group)).to.deep.equal([
      'error business-rule measure-score MeasureReport.group[0].measureScore',
    ]);
    expect(issuesOf(measure('proportion', ONE_GROUP), group)).to.deep.equal([
      'error business-rule measure-score MeasureReport.group[0].measureScore.value',
    ]);
    expect(issuesOf(measure('ratio', ONE_GROUP), group, { type: 'data-collection' })).to.include(
      'error business-rule measure-score MeasureReport.group[0].measureScore',
    );
  });

  it('has groups and populations of its Measure, each once', () => {
    const two = [
      { code: codes('a'), population: [{ code: concept('numerator') }] },
      { code: codes('b'), population: [{ code: concept('denominator') }] },
    ];
    expect(issuesOf(measure('ratio', two), [{ code: codes('a'), population: [{ code: concept('numerator') }] }])).to.deep.equal([]);
    expect(issuesOf(measure('ratio', two), [{ id: 'x', population: [{ count: 1 }] }, { code: codes('c') }])).to.deep.equal([
      'error business-rule measure-part MeasureReport.group[0]',
      'error business-rule measure-part MeasureReport.group[1]',
    ]);
    const population = [{ code: concept('numerator') }, { code: concept('numerator') }, { code: concept('denominator') }];
    expect(issuesOf(measure('ratio', two), [{ code: codes('a'), population }])).to.deep.equal([
      'error business-rule measure-part MeasureReport.group[0].population[1]',
      'error business-rule measure-part MeasureReport.group[0].population[2]',
    ]);
  });

  it('warns where its Measure is not loaded', () => {
    expect(
      issuesOf(measure('ratio', ONE_GROUP), [{ population: [{ count: 1 }] }], { measure: 'http://example.org/Measure/other' }),
    ).to.deep.equal(['warning not-found measure-unknown MeasureReport.measure']);
  });
});
