/** A small registry by hand: just the types, searches and profiles that the tests of the policy speak of. */
import type { CapabilityStatement, CapabilityStatementRestResource, SearchParameter } from 'fhir/r4.js';
import { type ApiConfig, DEFAULT_SEARCH_LIMITS } from '../../../src/conformance/api-config.js';
import type { ConformanceEntry, ConformanceRegistry } from '../../../src/conformance/conformance-registry.js';
import { detailOf } from '../../../src/conformance/definition-source.js';
import type { JsonObject } from '../../../src/fhir/json.js';

const SP = 'http://hl7.org/fhir/SearchParameter/';

function searchParameter(id: string, code: string, type: string, base: string[], more: JsonObject = {}): JsonObject {
  const expression = base.map((name) => `${name}.${code}`).join(' | ');
  return { resourceType: 'SearchParameter', url: `${SP}${id}`, version: '4.0.1', name: code, code, type, base, expression, ...more };
}

const RESOURCES: readonly JsonObject[] = [
  searchParameter('Resource-id', '_id', 'token', ['Resource']),
  searchParameter('Resource-lastUpdated', '_lastUpdated', 'date', ['Resource']),
  searchParameter('clinical-patient', 'patient', 'reference', ['Condition', 'Observation', 'Encounter'], { target: ['Patient'] }),
  searchParameter('clinical-code', 'code', 'token', ['Condition', 'Observation']),
  searchParameter('Condition-encounter', 'encounter', 'reference', ['Condition'], { target: ['Encounter'] }),
  searchParameter('Observation-value-quantity', 'value-quantity', 'quantity', ['Observation']),
  { ...searchParameter('Resource-content', '_content', 'string', ['Resource']), expression: null },
  { resourceType: 'StructureDefinition', url: 'http://example.org/StructureDefinition/our-condition', version: '1.0.0', type: 'Condition' },
  { resourceType: 'OperationDefinition', url: 'http://example.org/OperationDefinition/reset', version: '1.0.0', code: 'reset' },
];

function toEntry(resource: JsonObject): ConformanceEntry {
  const { expression, ...rest } = resource;
  return {
    resourceType: String(resource['resourceType']),
    url: String(resource['url']),
    version: String(resource['version']),
    packageId: 'test#1.0.0',
    detail: detailOf(resource),
    resource: expression === null ? rest : resource,
  };
}

export function aRegistry(): ConformanceRegistry & { readonly asked: string[] } {
  const entries = RESOURCES.map(toEntry);
  const asked: string[] = [];
  return {
    asked,
    find: (resourceType, canonical) => entries.find((entry) => entry.resourceType === resourceType && entry.url === canonical),
    findStructureDefinition: () => {
      throw new Error('a policy needs no snapshot');
    },
    versions: () => [],
    list: (resourceType) => entries.filter((entry) => entry.resourceType === resourceType),
    findType: () => undefined,
    resourceTypes: new Set(['Condition', 'Encounter', 'Observation', 'Patient']),
    searchParametersOf: (resourceType) => {
      asked.push(resourceType);
      return entries
        .filter((entry) => entry.resourceType === 'SearchParameter')
        .map((entry) => entry.resource as unknown as SearchParameter)
        .filter((parameter) => parameter.base.some((base) => base === resourceType || (base as string) === 'Resource'));
    },
    add: () => undefined,
  };
}

export function anApiConfig(more: Partial<ApiConfig> = {}): ApiConfig {
  return {
    basePath: '/test',
    title: 'Test API',
    validation: { invalidStatus: 422, enforceCapabilityProfile: false, allowUnknownExtensions: true, engine: 'kauri' },
    update: 'replace',
    deleteOfNothing: 204,
    ids: 'uuid',
    references: { uuidIds: false, mustExist: false },
    transaction: { location: 'versioned' },
    search: { defaultCount: 20, maxCount: 1000, total: 'accurate', limits: DEFAULT_SEARCH_LIMITS },
    ...more,
  };
}

export function aStatement(resource: readonly CapabilityStatementRestResource[], rest: object = {}): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    url: 'http://example.org/CapabilityStatement/test',
    version: '1.0.0',
    name: 'Test',
    status: 'active',
    date: '2025-01-01',
    description: 'A test',
    kind: 'requirements',
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [{ mode: 'server', resource: [...resource], ...rest }],
  };
}
