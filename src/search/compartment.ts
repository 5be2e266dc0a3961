/** What belongs to a resource, by CompartmentDefinitions: https://hl7.org/fhir/R4/compartmentdefinition.html */
import type { CompartmentDefinition } from 'fhir/r4.js';
import type { CapabilityPolicy, ResourcePolicy } from '../conformance/capability-statement.js';
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import type { Criterion } from '../storage/store.js';
import { localForms } from './parameter-types/reference.js';

interface CompartmentApi {
  readonly conformance: ConformanceRegistry;
  readonly policy: CapabilityPolicy;
}

/**
 * Resource type -> the search parameters by which its resources belong to one of `type`, by the definition that the API lists or R4's own;
 * those of other types belong to none.
 */
export function compartmentOf({ conformance, policy }: CompartmentApi, type: string): ReadonlyMap<string, readonly string[]> {
  const url = policy.compartments.get(type) ?? `http://hl7.org/fhir/CompartmentDefinition/${type.charAt(0).toLowerCase()}${type.slice(1)}`;
  const definition = conformance.find('CompartmentDefinition', url)?.resource as unknown as CompartmentDefinition | undefined;
  const members = new Map<string, readonly string[]>();
  for (const { code, param = [] } of definition?.resource ?? []) if (param.length > 0) members.set(code, param);
  return members;
}

/** What of a type belongs to `focus` (`Patient/1`); undefined where nothing can, or the API has no search parameter that tells. */
export function inCompartment(
  params: readonly string[] | undefined,
  { searchParams }: ResourcePolicy,
  focus: string,
  { baseUrl }: { readonly baseUrl: string },
): Criterion | undefined {
  // what the API has no search parameter for, it has no index of
  const indexed = (params ?? []).filter((param) => searchParams.has(param));
  if (indexed.length === 0) return undefined;
  const values = localForms(focus, { baseUrl });
  return { op: 'or', of: indexed.map((param): Criterion => ({ op: 'term', param, values })) };
}
