/** The few questions that terminology asks of a registry, answered from a list of resources. */
import type { CodeSystem, ValueSet } from 'fhir/r4.js';
import type { ConformanceEntry, ConformanceRegistry } from '../../../src/conformance/conformance-registry.js';
import { detailOf } from '../../../src/conformance/definition-source.js';
import type { JsonObject } from '../../../src/fhir/json.js';

export function createRegistryDouble(resources: readonly (CodeSystem | ValueSet)[], packageId = 'example#1.0.0'): ConformanceRegistry {
  const entries = new Map<string, ConformanceEntry>();
  for (const resource of resources) {
    const entry: ConformanceEntry = {
      resourceType: resource.resourceType,
      url: resource.url ?? '',
      version: resource.version ?? '1.0.0',
      packageId,
      detail: detailOf(resource as unknown as JsonObject),
      resource: resource as unknown as JsonObject,
    };
    entries.set(`${entry.resourceType} ${entry.url}`, entry);
    entries.set(`${entry.resourceType} ${entry.url}|${entry.version}`, entry);
  }
  const refuse = (): never => {
    throw new Error('The double does not answer this');
  };
  return {
    find: (resourceType, canonical) => entries.get(`${resourceType} ${canonical}`),
    list: (resourceType) => [...new Set(entries.values())].filter((entry) => entry.resourceType === resourceType),
    findStructureDefinition: refuse,
    versions: (resourceType, url) => {
      const all = [...new Set(entries.values())].filter((entry) => entry.resourceType === resourceType && entry.url === url);
      return all.map((entry) => entry.version);
    },
    findType: refuse,
    resourceTypes: new Set(),
    searchParametersOf: refuse,
    add: refuse,
  };
}
