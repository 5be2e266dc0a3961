/** https://www.rfc-editor.org/rfc/rfc6901: the steps of a pointer, and what stands there. */
import { isJsonTree, type JsonNode, type JsonTree, NumberLiteral } from '../../fhir/json-tree.js';

/** What a pointer says wrong, as half a sentence. */
export class PointerFault extends Error {}

/** Throws `PointerFault` for a text that is no pointer. */
export function parsePointer(text: string): readonly string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw new PointerFault(`'${shorten(text)}' is no JSON Pointer: it starts with '/', or is empty`);
  return text
    .slice(1)
    .split('/')
    .map((token) => {
      if (/~(?![01])/.test(token)) throw new PointerFault(`'${shorten(text)}' is no JSON Pointer: '~' is written '~0', and '/' '~1'`);
      return token.replaceAll('~1', '/').replaceAll('~0', '~');
    });
}

function writePointer(tokens: readonly string[]): string {
  return shorten(tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
}

/** What stands there; throws `PointerFault` where nothing does. */
export function getAt(root: JsonNode, tokens: readonly string[]): JsonNode {
  let node = root;
  for (const [depth, token] of tokens.entries()) node = childOf(node, token, tokens.slice(0, depth));
  return node;
}

/** The child of a node at `at`. */
export function childOf(node: JsonNode, token: string, at: readonly string[]): JsonNode {
  if (Array.isArray(node)) return node[indexOf(token, node.length - 1, at)] as JsonNode;
  const tree = requireContainer(node, token, at);
  if (!Object.hasOwn(tree, token)) throw new PointerFault(`there is no '${shorten(token)}' at '${writePointer(at)}'`);
  return tree[token] as JsonNode;
}

export function requireContainer(node: JsonNode, token: string, at: readonly string[]): JsonTree {
  if (isJsonTree(node)) return node;
  throw new PointerFault(`'${writePointer(at)}' is ${describe(node)}, which has no '${shorten(token)}'`);
}

/** `most`: the last index that there may be. */
export function indexOf(token: string, most: number, at: readonly string[]): number {
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(token)) throw new PointerFault(`'${shorten(token)}' is no index of the list '${writePointer(at)}'`);
  const index = Number(token);
  if (index <= most) return index;
  const range = most < 0 ? 'is empty' : `ends at ${most}`;
  throw new PointerFault(`there is no index ${token} in the list '${writePointer(at)}', which ${range}`);
}

function describe(node: JsonNode): string {
  if (node === null) return 'null';
  return typeof node === 'number' || node instanceof NumberLiteral ? 'a number' : `a ${typeof node}`;
}

export function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
