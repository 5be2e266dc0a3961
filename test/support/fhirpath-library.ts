/** The fhirpath library as an oracle for our own evaluation. */
import fhirpath from 'fhirpath';
import r4Model from 'fhirpath/fhir-context/r4';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/fhir/json.js';
import type { TypedNode } from '../../src/fhirpath/fhirpath.js';

/**
 * `as` and as() of several items: the library throws; R4's search expressions and dom-3 use them as filters, the reference
 * implementation filters, so do we. The oracle is asked with ofType().
 */
function libraryText(expression: string): string {
  return expression
    .replace(/\(([^()]+) as (\w+)\)/g, '($1).ofType($2)')
    .replace(/\bas\((\w+)\)/g, 'ofType($1)')
    .replace('$this as dateTime', '$this.ofType(dateTime)');
}

/** What is contained, or else the type at the end of a literal reference, which stands in for the target. */
export function resolveByText(reference: string, root: JsonValue | undefined): JsonObject | undefined {
  if (reference.startsWith('#')) {
    const contained = isJsonObject(root) ? root['contained'] : undefined;
    if (reference === '#') return isJsonObject(root) ? root : undefined;
    return Array.isArray(contained) ? contained.filter(isJsonObject).find(({ id }) => id === reference.slice(1)) : undefined;
  }
  const type = /([A-Z][A-Za-z]+)\/[^/#]+$/.exec(reference)?.[1];
  return type === undefined ? undefined : { resourceType: type };
}

interface LibraryNode {
  readonly data: unknown;
  readonly fhirNodeDataType: string | null;
  readonly path: string | null;
}

interface LibraryNodeMaker {
  makeResNode(context: unknown, data: JsonObject, parent: null, path: null, companion: null, type: null): LibraryNode;
}

const resolve = {
  fn(this: { readonly vars: { readonly rootResource: JsonValue } }, nodes: readonly LibraryNode[]): readonly LibraryNode[] {
    return nodes.flatMap((node) => {
      const reference = isJsonObject(node.data) ? node.data['reference'] : node.data;
      const target = typeof reference === 'string' ? resolveByText(reference, this.vars.rootResource) : undefined;
      return target === undefined
        ? []
        : [(node.constructor as unknown as LibraryNodeMaker).makeResNode(this, target, null, null, null, null)];
    });
  },
  arity: { 0: [] },
  internalStructures: true,
};

type LibraryExpression = (focus: JsonValue | undefined, variables: Record<string, unknown>) => readonly unknown[];
const compiled = new Map<string, LibraryExpression>();

function compile(expression: string, base: string | undefined): LibraryExpression {
  const key = `${base} ${expression}`;
  let known = compiled.get(key);
  if (known === undefined) {
    const text = libraryText(expression);
    known = fhirpath.compile(base === undefined ? text : { base, expression: text }, r4Model, {
      resolveInternalTypes: false,
      async: false,
      traceFn: () => undefined,
      userInvocationTable: { resolve },
    }) as LibraryExpression;
    compiled.set(key, known);
  }
  return known;
}

export interface LibraryFocus {
  /** Type or path of the focus; undefined for a resource that says its type itself. */
  readonly base: string | undefined;
  readonly focus: TypedNode;
  readonly resource: JsonValue | undefined;
  readonly rootResource: JsonValue | undefined;
}

/** The data of what the expression gives; undefined where the library throws. */
export function evaluateByOracle(expression: string, at: LibraryFocus): readonly unknown[] | undefined {
  try {
    const { resource, rootResource } = at;
    return run(expression, at, { resource, rootResource }).map((result) => {
      const isNode = typeof result === 'object' && result !== null && 'fhirNodeDataType' in result && 'data' in result;
      return isNode ? (result.data ?? null) : result;
    });
  } catch {
    return undefined;
  }
}

/** The same with the type of each, of a backbone element its path; what an expression computes is a boolean or another plain value. */
export function evaluateTypedByOracle(
  expression: string,
  at: LibraryFocus,
): readonly { readonly type: string; readonly value: JsonValue }[] {
  const { resource, rootResource } = at;
  return run(expression, at, { resource, rootResource }).map((result) => {
    const node = result as Partial<LibraryNode> | null;
    return typeof node === 'object' && node !== null && 'data' in node
      ? {
          type: String(node.fhirNodeDataType === 'BackboneElement' ? node.path : node.fhirNodeDataType),
          value: (node.data ?? null) as JsonValue,
        }
      : { type: typeof result, value: result as JsonValue };
  });
}

/** The library knows a primitive's type and extensions only from the element around it. */
function run(expression: string, { base, focus }: LibraryFocus, variables: Record<string, unknown>): readonly unknown[] {
  if (isJsonObject(focus.value) || base === undefined) return compile(expression, base)(focus.value, variables);
  const name = `value${focus.type.charAt(0).toUpperCase()}${focus.type.slice(1)}`;
  const holder: JsonObject = { url: 'x' };
  if (focus.value !== undefined) holder[name] = focus.value;
  if (focus.companion !== undefined) holder[`_${name}`] = focus.companion;
  return compile(`value.select(${expression})`, 'Extension')(holder, variables);
}
