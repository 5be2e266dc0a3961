import { expect } from 'chai';
import type { CapabilityStatementRestResource } from 'fhir/r4.js';
import { readCapabilityPolicy } from '../../../src/conformance/capability-policy.js';
import { SEARCH_PARAMETER_COMBINATION, toCapabilityStatement } from '../../../src/conformance/capability-statement.js';
import { anApiConfig, aRegistry, aStatement } from './capability-fixtures.js';

const OPTIONS = {
  config: anApiConfig(),
  baseUrl: 'http://127.0.0.1:8080/test',
  software: { name: 'Kauri', version: '0.1.0' },
  date: '2026-11-24',
};
const OBSERVATION: CapabilityStatementRestResource = {
  extension: [{ url: SEARCH_PARAMETER_COMBINATION, extension: [{ url: 'required', valueString: 'patient' }] }],
  type: 'Observation',
  interaction: [{ code: 'read' }, { code: 'vread' }, { code: 'patch' }],
  conditionalDelete: 'single',
  searchParam: [
    { name: 'patient', type: 'reference', documentation: 'Mandatory' },
    { name: 'code', type: 'token' },
  ],
};

describe('toCapabilityStatement', () => {
  it('is an instance that says where it runs and which statement it fulfils', () => {
    const { policy } = readCapabilityPolicy(aStatement([OBSERVATION]), aRegistry(), anApiConfig());
    const statement = toCapabilityStatement(policy, OPTIONS);
    expect(statement.kind).to.equal('instance');
    expect(statement.implementation).to.deep.equal({ description: 'Test API', url: 'http://127.0.0.1:8080/test' });
    expect(statement.instantiates).to.deep.equal(['http://example.org/CapabilityStatement/test|1.0.0']);
    expect(statement.software).to.deep.equal({ name: 'Kauri', version: '0.1.0' });
    expect(statement.date).to.equal('2026-11-24');
  });

  it('claims what the policy allows, reads back as the same policy, and claims no more', () => {
    const registry = aRegistry();
    const handled = { interactions: new Set(['read', 'vread', 'transaction'] as const) };
    const authored = aStatement([OBSERVATION], {
      interaction: [{ code: 'transaction' }, { code: 'batch' }],
      searchParam: [{ name: '_id', type: 'token' }],
      operation: [{ name: 'reset', definition: 'http://example.org/OperationDefinition/reset' }],
    });
    const { policy } = readCapabilityPolicy(authored, registry, anApiConfig(), handled);
    const again = readCapabilityPolicy(toCapabilityStatement(policy, OPTIONS), registry, anApiConfig());
    expect(again.problems).to.deep.equal([]);
    const { source: _, ...first } = policy;
    const { source: __, ...second } = again.policy;
    expect(second).to.deep.equal(first);
    expect([...policy.interactions]).to.deep.equal(['capabilities', 'transaction']);
  });

  it('names the token end point and keeps what else the author said of security', () => {
    const OAUTH_URIS = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';
    const other = { url: 'http://example.org/other', valueBoolean: true };
    const security = { cors: true, description: 'By SMART.', extension: [other, { url: OAUTH_URIS, extension: [] }] };
    const { policy } = readCapabilityPolicy(aStatement([], { security }), aRegistry(), anApiConfig());
    const statement = toCapabilityStatement(policy, { ...OPTIONS, tokenUrl: 'http://127.0.0.1:8080/oauth2/token' });
    expect(JSON.stringify(statement)).to.not.include('"Basic"');
    const withBasic = toCapabilityStatement(policy, { ...OPTIONS, takesBasic: true });
    expect(withBasic.rest?.[0]?.security?.service?.at(-1)?.coding?.[0]?.code).to.equal('Basic');
    expect(statement.rest?.[0]?.security).to.deep.equal({
      cors: true,
      description: 'By SMART. Tokens come from http://127.0.0.1:8080/oauth2/token.',
      extension: [other],
    });
  });

  it('offers patch formats only where a type can be patched', () => {
    const authored = { ...aStatement([OBSERVATION]), patchFormat: ['application/json-patch+json'] };
    const all = readCapabilityPolicy(authored, aRegistry(), anApiConfig()).policy;
    const some = readCapabilityPolicy(authored, aRegistry(), anApiConfig(), { interactions: new Set(['read']) }).policy;
    expect(toCapabilityStatement(all, OPTIONS).patchFormat).to.deep.equal(['application/json-patch+json']);
    expect(toCapabilityStatement(some, OPTIONS).patchFormat).to.equal(undefined);
  });

  it('lists every type of an everyType API once', () => {
    const registry = aRegistry();
    const { policy } = readCapabilityPolicy(aStatement([]), registry, anApiConfig({ everyType: true }));
    const types = toCapabilityStatement(policy, OPTIONS).rest?.[0]?.resource?.map((resource) => resource.type);
    expect(types).to.deep.equal([...registry.resourceTypes]);
  });
});
