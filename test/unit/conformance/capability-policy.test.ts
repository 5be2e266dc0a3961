import { expect } from 'chai';
import type { CapabilityStatementRestResource } from 'fhir/r4.js';
import { readCapabilityPolicy } from '../../../src/conformance/capability-policy.js';
import { SEARCH_PARAMETER_COMBINATION } from '../../../src/conformance/capability-statement.js';
import { anApiConfig, aRegistry, aStatement } from './capability-fixtures.js';

const SP = 'http://hl7.org/fhir/SearchParameter/';
const CONDITION: CapabilityStatementRestResource = {
  extension: [{ url: SEARCH_PARAMETER_COMBINATION, extension: [{ url: 'required', valueString: 'patient' }] }],
  type: 'Condition',
  profile: 'http://example.org/StructureDefinition/our-condition',
  interaction: [{ code: 'read' }, { code: 'create' }, { code: 'search-type' }],
  searchInclude: ['Condition:encounter'],
  searchParam: [
    { name: 'patient', type: 'reference', definition: `${SP}clinical-patient`, documentation: 'Mandatory' },
    { name: 'code', type: 'token' },
  ],
};
const COMMON = { searchParam: [{ name: '_id', type: 'token', definition: `${SP}Resource-id` }] };

function problemsOf(resource: Partial<CapabilityStatementRestResource>, rest: object = {}): readonly string[] {
  const statement = aStatement([{ ...CONDITION, ...resource } as CapabilityStatementRestResource], rest);
  return readCapabilityPolicy(statement, aRegistry(), anApiConfig()).problems;
}

describe('readCapabilityPolicy', () => {
  it('takes types, interactions, searches, includes and mandatory searches from the statement', () => {
    const { policy, problems } = readCapabilityPolicy(aStatement([CONDITION], COMMON), aRegistry(), anApiConfig());
    const condition = policy.resources.get('Condition');
    expect(problems).to.deep.equal([]);
    expect([...policy.resources.keys()]).to.deep.equal(['Condition']);
    expect([...(condition?.interactions ?? [])]).to.deep.equal(['read', 'create', 'search-type']);
    expect([...(condition?.searchParams.keys() ?? [])]).to.deep.equal(['patient', 'code', '_id']);
    expect(condition?.searchParams.get('code')?.definition?.url).to.equal(`${SP}clinical-code`);
    expect(condition?.searchParams.get('patient')?.documentation).to.equal('Mandatory');
    expect(condition?.requiredCombinations).to.deep.equal([['patient']]);
    expect(condition?.searchInclude).to.deep.equal(['Condition:encounter']);
    expect(condition?.profile).to.equal('http://example.org/StructureDefinition/our-condition');
    expect(condition?.conditionalDelete).to.equal('not-supported');
    expect([...policy.interactions]).to.deep.equal(['capabilities']);
  });

  it('keeps only what the server has handlers for', () => {
    const statement = aStatement(
      [
        {
          type: 'Observation',
          interaction: [{ code: 'read' }, { code: 'patch' }],
          searchParam: [
            { name: 'code', type: 'token' },
            { name: 'value-quantity', type: 'quantity' },
          ],
        },
      ],
      {
        interaction: [{ code: 'transaction' }, { code: 'history-system' }],
        operation: [{ name: 'reset', definition: 'http://example.org/OperationDefinition/reset' }],
      },
    );
    const { policy, problems } = readCapabilityPolicy(statement, aRegistry(), anApiConfig(), {
      interactions: new Set(['read', 'transaction']),
      operations: new Set(),
      searchParameter: ({ type }) => type === 'token',
    });
    const observation = policy.resources.get('Observation');
    expect(problems).to.deep.equal([]);
    expect([...(observation?.interactions ?? [])]).to.deep.equal(['read']);
    expect([...(observation?.searchParams.keys() ?? [])]).to.deep.equal(['code']);
    expect([...policy.interactions]).to.deep.equal(['capabilities', 'transaction']);
    expect(policy.operations).to.deep.equal([]);
  });

  describe('names what is wrong and leaves it out', () => {
    const at = 'CapabilityStatement.rest.resource[0] (Condition)';
    const cases: readonly [string, Partial<CapabilityStatementRestResource>, string][] = [
      [
        'a type that R4 does not have',
        { type: 'Conditions' as 'Condition' },
        'CapabilityStatement.rest.resource[0] (Conditions): R4 has no such resource type',
      ],
      [
        'an interaction that no type has',
        { interaction: [{ code: 'transaction' as 'read' }] },
        `${at}.interaction: 'transaction' is no interaction at this level`,
      ],
      [
        'a search parameter without a definition',
        { searchParam: [{ name: 'patient', type: 'reference', definition: `${SP}nothing` }] },
        `${at}.searchParam: 'patient' has no SearchParameter ${SP}nothing among what is loaded`,
      ],
      [
        'a definition of another code',
        { searchParam: [{ name: 'patient', type: 'reference', definition: `${SP}Condition-encounter` }] },
        `${at}.searchParam: 'patient' is defined by ${SP}Condition-encounter, whose code is 'encounter'`,
      ],
      [
        'a definition of another type of parameter',
        { searchParam: [{ name: 'patient', type: 'token', definition: `${SP}clinical-patient` }] },
        `${at}.searchParam: 'patient' is said to be of type token, but ${SP}clinical-patient is of type reference`,
      ],
      [
        'a definition for other resource types',
        { searchParam: [{ name: 'value-quantity', type: 'quantity', definition: `${SP}Observation-value-quantity` }] },
        `${at}.searchParam: 'value-quantity' is defined by ${SP}Observation-value-quantity for Observation and not for Condition`,
      ],
      [
        'a definition without an expression',
        { searchParam: [{ name: '_content', type: 'string', definition: `${SP}Resource-content` }] },
        `${at}.searchParam: '_content' is defined by ${SP}Resource-content, which has no expression`,
      ],
      [
        'a profile that is not loaded',
        { profile: 'http://example.org/StructureDefinition/none' },
        `${at}.profile: no StructureDefinition http://example.org/StructureDefinition/none is loaded`,
      ],
      [
        'an include that is no reference parameter',
        { searchInclude: ['Condition:code'] },
        `${at}.searchInclude: 'Condition:code' is no reference parameter of Condition`,
      ],
      [
        'an operation that is not loaded',
        { operation: [{ name: 'reset', definition: 'http://example.org/OperationDefinition/none' }] },
        `${at}.operation: no OperationDefinition http://example.org/OperationDefinition/none is loaded`,
      ],
      [
        'an operation by another name',
        { operation: [{ name: 'restart', definition: 'http://example.org/OperationDefinition/reset' }] },
        `${at}.operation: 'restart' is defined by http://example.org/OperationDefinition/reset, whose code is 'reset'`,
      ],
    ];
    for (const [title, resource, problem] of cases) {
      it(title, () => {
        expect(problemsOf(resource)).to.include(problem);
      });
    }

    it('a mandatory search parameter that is not listed', () => {
      expect(problemsOf({ searchParam: [] })).to.deep.equal([`${at}: requires search parameters that it does not list: patient`]);
    });

    it('a profile of another type', () => {
      const statement = aStatement([{ type: 'Observation', profile: 'http://example.org/StructureDefinition/our-condition' }]);
      const { policy, problems } = readCapabilityPolicy(statement, aRegistry(), anApiConfig());
      expect(problems).to.deep.equal([
        'CapabilityStatement.rest.resource[0] (Observation).profile: http://example.org/StructureDefinition/our-condition is a profile of Condition',
      ]);
      expect(policy.resources.get('Observation')?.profile).to.equal(undefined);
    });

    it('a type that is listed twice', () => {
      const { problems } = readCapabilityPolicy(aStatement([CONDITION, CONDITION]), aRegistry(), anApiConfig());
      expect(problems).to.deep.equal(['CapabilityStatement.rest.resource[1] (Condition): the type is listed twice']);
    });

    it('a statement without a server', () => {
      const { policy, problems } = readCapabilityPolicy({ ...aStatement([]), rest: [] }, aRegistry(), anApiConfig());
      expect(problems).to.deep.equal(['CapabilityStatement.rest: no entry of mode server, so the API offers nothing']);
      expect(policy.resources.size).to.equal(0);
    });

    it('lists that are no lists', () => {
      const statement = { ...aStatement([]), rest: { mode: 'server' } as never };
      expect(readCapabilityPolicy(statement, aRegistry(), anApiConfig()).problems).to.have.length(1);
    });
  });

  describe('of an API that serves every type', () => {
    it('lists each type with every interaction, search parameter and include', () => {
      const registry = aRegistry();
      const { policy, problems } = readCapabilityPolicy(aStatement([]), registry, anApiConfig({ everyType: true }));
      const condition = policy.resources.get('Condition');
      expect(problems).to.deep.equal([]);
      expect([...policy.resources.keys()]).to.deep.equal([...registry.resourceTypes]);
      expect(condition?.interactions.has('history-type')).to.equal(true);
      expect([...(condition?.searchParams.keys() ?? [])]).to.have.members(['_id', '_lastUpdated', 'patient', 'code', 'encounter']);
      expect(condition?.searchInclude).to.deep.equal(['*', 'Condition:patient', 'Condition:encounter']);
      expect(policy.resources.get('Encounter')?.searchRevInclude).to.deep.equal(['Condition:encounter']);
      expect(policy.resources.get('Patient')?.searchRevInclude).to.have.members([
        'Condition:patient',
        'Encounter:patient',
        'Observation:patient',
      ]);
    });

    it('adds the operations that the statement lists of a type', () => {
      const definition = 'http://example.org/OperationDefinition/reset';
      const statement = aStatement([{ type: 'Condition', operation: [{ name: 'reset', definition }] }]);
      const registry = aRegistry();
      const { policy, problems } = readCapabilityPolicy(statement, registry, anApiConfig({ everyType: true }));
      const of = (type: string): unknown => policy.resources.get(type)?.operations.map(({ name }) => name);
      expect(problems).to.deep.equal([]);
      expect([...policy.resources.keys()]).to.have.members([...registry.resourceTypes]);
      expect(of('Condition')).to.deep.equal(['validate', 'meta', 'meta-add', 'meta-delete', 'reset']);
      expect(of('Patient')).to.deep.equal(['validate', 'meta', 'meta-add', 'meta-delete']);
      expect(policy.resources.get('Condition')?.interactions.has('create')).to.equal(true);
      expect(policy.operations.map(({ name }) => name)).to.deep.equal(['validate']);
    });

    it('looks no search parameter up before it is asked for', () => {
      const registry = aRegistry();
      const { policy } = readCapabilityPolicy(aStatement([]), registry, anApiConfig({ everyType: true }));
      expect(registry.asked).to.deep.equal(['Resource']);
      expect(policy.resources.get('Patient')?.searchParams.has('_id')).to.equal(true);
      expect(registry.asked).to.deep.equal(['Resource', 'Patient']);
    });
  });
});
