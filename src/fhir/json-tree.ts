/**
 * JSON that can be changed and printed again with every number as it was written: what patches work on.
 * https://hl7.org/fhir/R4/json.html#decimal
 */
import { Decimal } from 'decimal.js';
import type { JsonDocument, JsonPath, JsonValue } from './json.js';

/** A number whose text `String(number)` would not give back: `1.0`, `1e400`, 20 digits. */
export class NumberLiteral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonNode = string | number | boolean | null | NumberLiteral | JsonNode[] | JsonTree;
export interface JsonTree {
  [key: string]: JsonNode;
}

export function isJsonTree(node: JsonNode | undefined): node is JsonTree {
  return typeof node === 'object' && node !== null && !Array.isArray(node) && !(node instanceof NumberLiteral);
}

/** A tree of its own; the document must have no problems. */
export function toJsonTree(document: JsonDocument): JsonNode {
  const path: (string | number)[] = [];
  const copy = (value: JsonValue): JsonNode => {
    if (typeof value === 'number') return document.hasInexactNumbers ? toNumber(value, document, path) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      return value.map((item, index) => {
        path.push(index);
        const node = copy(item);
        path.pop();
        return node;
      });
    }
    const tree: JsonTree = {};
    for (const [key, child] of Object.entries(value)) {
      path.push(key);
      tree[key] = copy(child);
      path.pop();
    }
    return tree;
  };
  return copy(document.value);
}

function toNumber(value: number, document: JsonDocument, path: JsonPath): number | NumberLiteral {
  const literal = document.numberLiteral(path) ?? String(value);
  return literal === String(value) ? value : new NumberLiteral(literal);
}

/** As JSON has it, without the digits that a double does not keep. */
export function toJsonValue(node: JsonNode): JsonValue {
  if (node instanceof NumberLiteral) return Number(node.text);
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map(toJsonValue);
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, toJsonValue(child)]));
}

export function writeJsonTree(node: JsonNode): string {
  if (node instanceof NumberLiteral) return node.text;
  if (typeof node !== 'object' || node === null) return JSON.stringify(node);
  if (Array.isArray(node)) return `[${node.map(writeJsonTree).join(',')}]`;
  return `{${Object.entries(node)
    .map(([key, child]) => `${JSON.stringify(key)}:${writeJsonTree(child)}`)
    .join(',')}}`;
}

export function cloneJsonTree(node: JsonNode): JsonNode {
  if (typeof node !== 'object' || node === null || node instanceof NumberLiteral) return node;
  if (Array.isArray(node)) return node.map(cloneJsonTree);
  const copy: JsonTree = {};
  for (const [key, child] of Object.entries(node)) copy[key] = cloneJsonTree(child);
  return copy;
}

/** https://www.rfc-editor.org/rfc/rfc6902#section-4.6: numbers by their value, objects in any order. */
export function equalJsonTrees(left: JsonNode, right: JsonNode): boolean {
  if (isNumber(left) && isNumber(right)) return equalNumbers(left, right);
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => equalJsonTrees(item, right[index] as JsonNode))
    );
  }
  if (!isJsonTree(left) || !isJsonTree(right)) return left === right;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equalJsonTrees(left[key] as JsonNode, right[key] as JsonNode))
  );
}

function isNumber(node: JsonNode): node is number | NumberLiteral {
  return typeof node === 'number' || node instanceof NumberLiteral;
}

function equalNumbers(left: number | NumberLiteral, right: number | NumberLiteral): boolean {
  if (typeof left === 'number' && typeof right === 'number') return left === right;
  const textOf = (node: number | NumberLiteral): string => (typeof node === 'number' ? String(node) : node.text);
  return new Decimal(textOf(left)).equals(new Decimal(textOf(right)));
}

/** How much there is of it, about its length as text; beyond `most` it is not counted to the end. */
export function weighJsonTree(node: JsonNode, most = Number.POSITIVE_INFINITY): number {
  if (typeof node === 'string') return node.length + 2;
  if (typeof node !== 'object' || node === null) return 4;
  if (node instanceof NumberLiteral) return node.text.length;
  let weight = 2;
  for (const [key, child] of Object.entries(node)) {
    if (weight > most) break;
    weight += key.length + 2 + weighJsonTree(child, most - weight);
  }
  return weight;
}

/** Whether objects and arrays are nested deeper than this. */
export function isDeeperThan(node: JsonNode, depth: number): boolean {
  if (typeof node !== 'object' || node === null || node instanceof NumberLiteral) return false;
  return depth <= 0 || Object.values(node).some((child) => isDeeperThan(child, depth - 1));
}
