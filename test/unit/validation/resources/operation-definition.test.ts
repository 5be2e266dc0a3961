import { expect } from 'chai';
import type { JsonObject } from '../../../../src/fhir/json.js';
import { aProfile, profileUrl, slicing, validatorWith } from '../../../support/validator-fixture.js';

const profile = aProfile('in', 'Parameters', [
  slicing('Parameters.parameter', [['value', 'name']]),
  { id: 'Parameters.parameter:patient', min: 1, max: '1' },
  { id: 'Parameters.parameter:patient.name', fixedString: 'patient' },
  { id: 'Parameters.parameter:patient.resource', type: [{ code: 'Patient' }] },
  { id: 'Parameters.parameter:patient.value[x]', max: '0' },
]);
const { issuesOf } = validatorWith([profile]);

function operation(parameter: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    resourceType: 'OperationDefinition',
    url: 'http://example.org/o',
    name: 'Operation',
    status: 'active',
    kind: 'operation',
    code: 'o',
    system: true,
    type: false,
    instance: false,
    inputProfile: profileUrl('in'),
    parameter: [{ name: 'patient', use: 'in', min: 0, max: '*', type: 'Patient', ...parameter }],
    ...more,
  };
}

describe('OperationDefinition', () => {
  it('may be narrowed by the profiles of its parameters', () => {
    expect(issuesOf(operation({}))).to.deep.equal([]);
    expect(issuesOf(operation({ type: 'Resource' }))).to.deep.equal([]);
    expect(issuesOf(operation({ use: 'out', type: 'string' }))).to.deep.equal([]);
  });

  it('is contradicted by them nowhere', () => {
    for (const [parameter, property] of [
      [{ min: 2 }, 'min'],
      [{ max: '0' }, 'max'],
      [{ type: 'string' }, 'type'],
    ] as const) {
      expect(issuesOf(operation(parameter)), property).to.deep.equal([
        `error invalid operation-profile OperationDefinition.parameter[0].${property}`,
      ]);
    }
  });

  it('warns of a profile that is not loaded', () => {
    expect(issuesOf(operation({}, { outputProfile: 'http://example.org/unknown' }))).to.deep.equal([
      'warning not-found profile-unknown OperationDefinition.outputProfile',
    ]);
  });

  it('asks for no more of a parameter, or part of one, than it allows', () => {
    const fault = (path: string): string => `error invalid operation-cardinality OperationDefinition.parameter[0].${path}`;
    const { inputProfile: _, ...bare } = operation({ min: 2, max: '1' });
    expect(issuesOf(bare as JsonObject)).to.deep.equal([fault('max')]);
    const { inputProfile: __, ...nested } = operation({
      type: undefined as never,
      part: [{ name: 'a', use: 'in', min: 0, max: '1', part: [{ name: 'b', use: 'in', min: 3, max: '2', type: 'string' }] }],
    });
    expect(issuesOf(JSON.parse(JSON.stringify(nested)))).to.include(fault('part[0].part[0].max'));
  });
});
