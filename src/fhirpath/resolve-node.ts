/** Targets of references: https://hl7.org/fhir/R4/fhirpath.html#functions */
import { isJsonObject } from '../fhir/json.js';
import type { EvaluationContext, TypedNode } from './fhirpath.js';
import { actualType } from './typed-value.js';

/** A Reference, or a uri or canonical, to what is contained in the root or what the context knows. */
export function resolveNode(node: TypedNode, context: EvaluationContext): TypedNode | undefined {
  const reference = isJsonObject(node.value) ? node.value['reference'] : node.value;
  if (typeof reference !== 'string') return undefined;
  if (!reference.startsWith('#')) return context.resolveReference?.(reference, context.rootResource);
  if (reference === '#') return context.rootResource;
  const root = context.rootResource.value;
  const contained = isJsonObject(root) ? root['contained'] : undefined;
  const id = reference.slice(1);
  const target = Array.isArray(contained) ? contained.find((resource) => isJsonObject(resource) && resource['id'] === id) : undefined;
  return target === undefined ? undefined : { value: target, type: actualType('Resource', target) };
}
