/**
 * JSON Patch: https://www.rfc-editor.org/rfc/rfc6902. Our own, as the libraries keep neither the digits of decimals nor to the
 * RFC's words on indexes; one of them is the tests' oracle.
 */
import { FhirError } from '../../fhir/fhir-error.js';
import {
  cloneJsonTree,
  equalJsonTrees,
  isDeeperThan,
  isJsonTree,
  type JsonNode,
  type JsonTree,
  weighJsonTree,
} from '../../fhir/json-tree.js';
import { childOf, getAt, indexOf, PointerFault, parsePointer, requireContainer, shorten } from './json-pointer.js';
import { type PatchLimits, requireFew, tooLarge } from './patch-limits.js';

type Tokens = readonly string[];

interface OperationName {
  readonly index: number;
  /** As it was sent, for messages. */
  readonly pathText: string;
}

export type JsonPatchOperation = OperationName &
  (
    | { readonly op: 'add' | 'replace' | 'test'; readonly path: Tokens; readonly value: JsonNode }
    | { readonly op: 'remove'; readonly path: Tokens }
    | { readonly op: 'move' | 'copy'; readonly path: Tokens; readonly from: Tokens }
  );

const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const;
type Op = (typeof OPERATIONS)[number];

/** Throws 400 that says which operation is none, and why. Members that the RFC does not know are passed over, as it wants. */
export function readJsonPatch(node: JsonNode): readonly JsonPatchOperation[] {
  if (!Array.isArray(node)) throw new FhirError('malformed-request', 'A JSON Patch is an array of operations');
  requireFew(node.length);
  return node.map(readOperation);
}

function readOperation(node: JsonNode, index: number): JsonPatchOperation {
  if (!isJsonTree(node)) throw refuse(index, 'is no object: wanted is one such as {"op": "remove", "path": "/active"}');
  const op = OPERATIONS.find((known) => known === node['op']);
  if (op === undefined) {
    const found = typeof node['op'] === 'string' ? `has the op '${shorten(node['op'])}'` : "has no 'op'";
    throw refuse(index, `${found}: wanted is one of ${OPERATIONS.join(', ')}`);
  }
  const path = readPointer(node, 'path', op, index);
  const name = { index, pathText: shorten(node['path'] as string) };
  if (op === 'remove') return { ...name, op, path };
  if (op === 'move' || op === 'copy') return { ...name, op, path, from: readPointer(node, 'from', op, index) };
  if (!Object.hasOwn(node, 'value')) throw refuse(index, `is a ${op} without 'value'`);
  return { ...name, op, path, value: node['value'] as JsonNode };
}

function readPointer(operation: JsonTree, member: 'path' | 'from', op: Op, index: number): Tokens {
  const text = operation[member];
  if (typeof text !== 'string') throw refuse(index, `is a ${op} ${text === undefined ? 'without' : 'with no string as'} '${member}'`);
  try {
    return parsePointer(text);
  } catch (error) {
    if (error instanceof PointerFault) throw refuse(index, `is a ${op} whose '${member}' ${error.message}`);
    throw error;
  }
}

function refuse(index: number, what: string): FhirError {
  return new FhirError('malformed-request', `Operation ${index} of the JSON Patch (counted from 0) ${what}`);
}

/** Changes the tree; what it gives back is the result. Throws 400 for an operation that cannot be done, 422 for a test that fails. */
export async function applyJsonPatch(root: JsonNode, operations: readonly JsonPatchOperation[], limits: PatchLimits): Promise<JsonNode> {
  const patching = new Patching(root, limits);
  for (const operation of operations) {
    try {
      patching.apply(operation);
    } catch (error) {
      if (!(error instanceof PointerFault)) throw error;
      const { op, index, pathText } = operation;
      const message = `Operation ${index} of the JSON Patch (counted from 0), ${op} '${pathText}': ${error.message}`;
      throw new FhirError(op === 'test' ? 'patch-failed' : 'malformed-request', message, { cause: error });
    }
    await limits.breathe();
  }
  return patching.root;
}

class Patching {
  root: JsonNode;
  readonly #limits: PatchLimits;
  #copied = 0;

  constructor(root: JsonNode, limits: PatchLimits) {
    this.root = root;
    this.#limits = limits;
  }

  apply(operation: JsonPatchOperation): void {
    switch (operation.op) {
      case 'add':
        this.#add(operation.path, cloneJsonTree(operation.value));
        return;
      case 'remove':
        this.#remove(operation.path);
        return;
      case 'replace':
        this.#replace(operation.path, cloneJsonTree(operation.value));
        return;
      case 'copy':
        this.#add(operation.path, this.#copy(getAt(this.root, operation.from)));
        return;
      case 'move':
        this.#move(operation.from, operation.path);
        return;
      case 'test':
        this.#test(operation.path, operation.value);
        return;
    }
  }

  #add(path: Tokens, value: JsonNode): void {
    this.#requireShallow(path, value);
    const { parent, token, at } = this.#parentOf(path);
    if (token === undefined) this.root = value;
    else if (Array.isArray(parent)) parent.splice(token === '-' ? parent.length : indexOf(token, parent.length, at), 0, value);
    else setMember(requireContainer(parent, token, at), token, value);
  }

  #remove(path: Tokens): JsonNode {
    const { parent, token, at } = this.#parentOf(path);
    if (token === undefined) throw new PointerFault('the resource itself cannot be removed: that is a delete');
    const value = childOf(parent, token, at);
    if (Array.isArray(parent)) parent.splice(Number(token), 1);
    else delete requireContainer(parent, token, at)[token];
    return value;
  }

  #replace(path: Tokens, value: JsonNode): void {
    this.#requireShallow(path, value);
    const { parent, token, at } = this.#parentOf(path);
    if (token === undefined) {
      this.root = value;
      return;
    }
    childOf(parent, token, at);
    if (Array.isArray(parent)) parent[Number(token)] = value;
    else setMember(requireContainer(parent, token, at), token, value);
  }

  #move(from: Tokens, path: Tokens): void {
    if (from.length < path.length && from.every((token, index) => token === path[index])) {
      throw new PointerFault("'from' leads to what holds the target: nothing can be moved into itself");
    }
    const value = getAt(this.root, from);
    if (from.length === path.length && from.every((token, index) => token === path[index])) return;
    this.#remove(from);
    this.#add(path, value);
  }

  #test(path: Tokens, value: JsonNode): void {
    if (!equalJsonTrees(getAt(this.root, path), value)) {
      throw new PointerFault('the test failed: another value stands there. Read the resource again, and make the patch anew');
    }
  }

  /** Copies of copies grow without end. */
  #copy(value: JsonNode): JsonNode {
    this.#copied += weighJsonTree(value, this.#limits.bytes);
    if (this.#copied > this.#limits.bytes) throw tooLarge(this.#limits.bytes);
    return cloneJsonTree(value);
  }

  #parentOf(path: Tokens): { readonly parent: JsonNode; readonly token: string | undefined; readonly at: Tokens } {
    const at = path.slice(0, -1);
    return { parent: getAt(this.root, at), token: path.at(-1), at };
  }

  #requireShallow(path: Tokens, value: JsonNode): void {
    const { depth } = this.#limits;
    if (isDeeperThan(value, depth - path.length)) throw new PointerFault(`the result would be nested deeper than ${depth} levels`);
  }
}

function setMember(tree: JsonTree, name: string, value: JsonNode): void {
  if (name === '__proto__') throw new PointerFault(`the property name '${name}' is not allowed`);
  tree[name] = value;
}
