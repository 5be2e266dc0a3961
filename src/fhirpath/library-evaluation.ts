/** Evaluation by the fhirpath library, for the constructs that our compiler does not cover. */

import type { ResourceNode, UserInvocationTable } from 'fhirpath';
import fhirpath from 'fhirpath';
import r4Model from 'fhirpath/fhir-context/r4';
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import { quietly } from '../fhir/quietly.js';
import type { EvaluationContext, TypedNode } from './fhirpath.js';
import { narrativeProblem } from './narrative.js';
import { resolveNode } from './resolve-node.js';
import type { Nodes } from './typed-value.js';

type LibraryNode = Pick<ResourceNode, 'data' | '_data' | 'fhirNodeDataType' | 'path'>;

/** Throws the library's error where the expression is no FHIRPath or fails. The resource is not changed. */
export function evaluateByLibrary(expression: string, focus: TypedNode, context: EvaluationContext): Nodes {
  const [data, path] = focusForLibrary(expression, focus);
  const variables = { resource: context.resource.value, rootResource: context.rootResource.value, extension: context.extension?.value };
  const options = { resolveInternalTypes: false, userInvocationTable: functionsOf(context), async: false } as const;
  const results: readonly unknown[] = quietly(() => fhirpath.evaluate(data, path, variables, r4Model, options));
  const types = fhirpath.types(results);
  return results.map((result, index) => toTypedNode(result, types[index] ?? ''));
}

/** A primitive needs an element around it, so that the library knows its type and its extensions. */
function focusForLibrary(expression: string, focus: TypedNode): [JsonValue | undefined, string | { base: string; expression: string }] {
  if (isJsonObject(focus.value)) {
    return [focus.value, 'resourceType' in focus.value ? expression : { base: focus.type, expression }];
  }
  if (focus.type.startsWith('System.')) return [focus.value, expression];
  const name = `value${focus.type.charAt(0).toUpperCase()}${focus.type.slice(1)}`;
  const holder: JsonObject = { url: '' };
  if (focus.value !== undefined) holder[name] = focus.value;
  if (focus.companion !== undefined) holder[`_${name}`] = focus.companion;
  return [holder, { base: 'Extension', expression: `value.select(${expression})` }];
}

/** The library's own maker of nodes, so that what resolve() gives has a type. */
interface NodeMaker {
  makeResNode(libraryContext: unknown, data: JsonValue, parent: null, path: null, companion: null, type: null): LibraryNode;
}

function functionsOf(context: EvaluationContext): UserInvocationTable {
  const toNode = (node: LibraryNode): TypedNode => toTypedNode(node, '');
  return {
    resolve: {
      fn(this: unknown, nodes: readonly LibraryNode[]): readonly LibraryNode[] {
        return nodes.flatMap((node) => {
          const target = resolveNode(toNode(node), context);
          if (target?.value === undefined) return [];
          return [(node.constructor as unknown as NodeMaker).makeResNode(this, target.value, null, null, null, null)];
        });
      },
      arity: { 0: [] },
      internalStructures: true,
    },
    memberOf: {
      fn: (nodes: readonly LibraryNode[], valueSet: string): readonly boolean[] =>
        nodes.map((node) => context.memberOf?.(toNode(node), valueSet)).filter((known) => known !== undefined),
      arity: { 1: ['String'] },
      internalStructures: true,
    },
    conformsTo: {
      fn: (nodes: readonly LibraryNode[], profile: string): readonly boolean[] =>
        nodes.map((node) => context.conformsTo?.(toNode(node), profile)).filter((known) => known !== undefined),
      arity: { 1: ['String'] },
      internalStructures: true,
    },
    htmlChecks: {
      fn: (nodes: readonly LibraryNode[]): readonly boolean[] =>
        nodes.map((node) => narrativeProblem(String(toNode(node).value)) === undefined),
      arity: { 0: [] },
      internalStructures: true,
    },
  };
}

function isLibraryNode(result: unknown): result is LibraryNode {
  return typeof result === 'object' && result !== null && 'fhirNodeDataType' in result && 'data' in result;
}

function toTypedNode(result: unknown, typeName: string): TypedNode {
  if (!isLibraryNode(result)) return { value: plainValue(result), type: typeName.replace(/^FHIR\./, '') };
  const declared = result.fhirNodeDataType ?? typeName.replace(/^FHIR\./, '');
  const isBackbone = declared === 'BackboneElement' || declared === 'Element';
  const type = isBackbone && result.path !== null ? result.path : declared;
  const value = plainValue(result.data);
  return isJsonObject(result._data) ? { value, type, companion: result._data } : { value, type };
}

/** The library's decimals, dates and quantities as JSON. */
function plainValue(value: unknown): JsonValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'object' && 'toJSON' in value && typeof value.toJSON === 'function') {
    const quantity = value as { readonly value?: unknown; readonly unit?: unknown; toJSON(): JsonValue };
    if (typeof quantity.unit === 'string') return { value: Number(quantity.value), unit: quantity.unit.replace(/^'(.*)'$/, '$1') };
    return quantity.toJSON();
  }
  return value as JsonValue;
}
