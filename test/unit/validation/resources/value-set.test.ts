import { expect } from 'chai';
import type { JsonObject } from '../../../../src/fhir/json.js';
import { aCodeSystem, aProfile, aValueSet, profileUrl, TEST_BASE, validatorWith } from '../../../support/validator-fixture.js';

const system = `${TEST_BASE}/CodeSystem/colours`;
const colours = aCodeSystem('colours', ['red', 'green'], {
  property: [
    { code: 'like', type: 'Coding' },
    { code: 'wave', type: 'integer' },
    { code: 'main', type: 'boolean' },
  ],
  filter: [{ code: 'shade', operator: ['='], value: 'dark or light' }],
});
const { issuesOf } = validatorWith([colours, aProfile('p', 'Patient', [{ id: 'Patient' }])]);
const of = (include: JsonObject): readonly string[] => issuesOf(aValueSet('v', [include], { name: 'V' }));
const byFilter = (property: string, op: string, value: string): readonly string[] => of({ system, filter: [{ property, op, value }] });

const FILTER = 'ValueSet.compose.include[0].filter[0]';

describe('ValueSet', () => {
  it('names systems by absolute URIs', () => {
    expect(of({ system: 'colours' })).to.deep.equal(['error invalid value-set-system ValueSet.compose.include[0].system']);
    expect(of({ system: '#contained' })).to.deep.equal([]);
  });

  it('lists codes that their system has', () => {
    expect(of({ system, concept: [{ code: 'red' }, { code: 'blue' }] })).to.deep.equal([
      'error code-invalid value-set-code ValueSet.compose.include[0].concept[1]',
    ]);
    expect(of({ system: 'http://example.org/unknown', concept: [{ code: 'blue' }] })).to.deep.equal([]);
  });

  it('imports value sets, and nothing else', () => {
    expect(of({ valueSet: [`${TEST_BASE}/ValueSet/unknown`, profileUrl('p'), system] })).to.deep.equal([
      'error invalid value-set-import ValueSet.compose.include[0].valueSet[1]',
      'error invalid value-set-import ValueSet.compose.include[0].valueSet[2]',
    ]);
  });

  it('has filters whose values are of the type of the property', () => {
    for (const [property, op, value] of [
      ['main', '=', 'true'],
      ['wave', '=', '-5'],
      ['wave', 'in', '1, 2'],
      ['like', '=', `${system}#red`],
      ['like', '=', `${system}|1.0.0#red`],
      ['main', 'exists', 'false'],
      ['concept', 'is-a', 'red'],
      ['display', 'regex', 'R.*'],
      ['shade', '=', 'dark'],
    ] as const) {
      expect(byFilter(property, op, value), `${property} ${op} ${value}`).to.deep.equal([]);
    }
    for (const [property, op, value] of [
      ['main', '=', '1'],
      ['wave', '=', 'a'],
      ['wave', 'in', '1,a'],
      ['like', '=', 'red'],
      ['like', '=', `${system}#blue`],
      ['wave', 'exists', 'yes'],
      ['concept', 'is-a', 'blue'],
      ['display', 'regex', '('],
      ['shade', 'regex', '('],
      ['shade', 'in', 'dark'],
    ] as const) {
      expect(byFilter(property, op, value), `${property} ${op} ${value}`).to.deep.equal([`error invalid value-set-filter ${FILTER}`]);
    }
  });

  it('warns of a filter that its system does not define', () => {
    expect(byFilter('taste', '=', 'sweet')).to.deep.equal([`warning unknown value-set-filter ${FILTER}`]);
  });

  it('imports no other that imports it, nor itself', () => {
    const importing = (url: string, other: string): JsonObject =>
      aValueSet(url, [{ valueSet: [`${TEST_BASE}/ValueSet/${other}`] }], { name: 'V' });
    const near = validatorWith();
    const fault = 'error invalid value-set-import ValueSet.compose.include[0].valueSet[0]';
    expect(near.issuesOf(importing('self', 'self'))).to.deep.equal([fault]);
    expect(near.issuesOf(importing('self', 'other'))).to.deep.equal([]);
    expect(near.issuesOf(importing('self', 'self|0.9.0'))).to.deep.equal([]);
    expect(validatorWith([importing('b', 'c')]).issuesOf(importing('c', 'b'))).to.deep.equal([fault]);
    // a circle among others is theirs
    expect(validatorWith([importing('b', 'c'), importing('c', 'b')]).issuesOf(importing('a', 'b'))).to.deep.equal([]);
  });
});
