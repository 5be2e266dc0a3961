/** Nodes of values: making them, and reading one as Boolean, String, Number, date or Quantity of FHIRPath's System types. */
import { withArticle } from '../fhir/article.js';
import type { JsonObject, JsonValue } from '../fhir/json.js';
import type { TypedNode } from './fhirpath.js';
import { parseDateTime, parseTime, type Temporal } from './temporal.js';

export type Nodes = readonly TypedNode[];

/** What stops an evaluation (`single()` of two); `compileExpression` adds which expression it was. */
export class EvaluationFault extends Error {}

export const EMPTY: Nodes = Object.freeze([]);
const TRUE: Nodes = Object.freeze([Object.freeze({ value: true, type: 'System.Boolean' })]);
const FALSE: Nodes = Object.freeze([Object.freeze({ value: false, type: 'System.Boolean' })]);

export function systemNode(value: string | boolean, type: string): TypedNode {
  return { value, type };
}

export function numberNode(value: number, type?: 'System.Integer' | 'System.Decimal'): TypedNode {
  return { value, type: type ?? (Number.isInteger(value) ? 'System.Integer' : 'System.Decimal') };
}

export function booleanNodes(value: boolean | undefined): Nodes {
  return value === undefined ? EMPTY : value ? TRUE : FALSE;
}

/** Declared types that stand for whatever resource is there. */
export function isOpenType(type: string): boolean {
  return type === 'Resource' || type === 'DomainResource';
}

/** The type that the value itself names, where the declaration leaves it open. */
export function actualType(declared: string, value: JsonValue | undefined): string {
  if (!isOpenType(declared) || typeof value !== 'object' || value === null || Array.isArray(value)) return declared;
  const named = value['resourceType'];
  return typeof named === 'string' ? named : declared;
}

export function nodeOf(value: JsonValue | undefined, type: string, companion: JsonObject | undefined): TypedNode {
  return companion === undefined ? { value, type } : { value, type, companion };
}

/** http://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections */
export function single(nodes: Nodes, what: string): TypedNode | undefined {
  if (nodes.length > 1) throw new EvaluationFault(`${what} takes one item, but there are ${nodes.length}`);
  return nodes[0];
}

/** A single item that is no Boolean stands for true. */
export function truthOf(nodes: Nodes): boolean | undefined {
  if (nodes.length === 0) return undefined;
  if (nodes.length > 1) throw new EvaluationFault(`A Boolean takes one item, but there are ${nodes.length}`);
  const node = nodes[0] as TypedNode;
  if (typeof node.value === 'boolean') return node.value;
  return node.value === undefined && node.type === 'boolean' ? undefined : true;
}

export function stringOf(nodes: Nodes, what: string): string | undefined {
  const node = single(nodes, what);
  if (node === undefined || node.value === undefined) return undefined;
  if (typeof node.value !== 'string') throw new EvaluationFault(`${what} takes a String, but there is ${kindOf(node)}`);
  return node.value;
}

export function numberOf(nodes: Nodes, what: string): number | undefined {
  const node = single(nodes, what);
  if (node === undefined || node.value === undefined) return undefined;
  if (typeof node.value !== 'number') throw new EvaluationFault(`${what} takes a number, but there is ${kindOf(node)}`);
  return node.value;
}

/** A primitive as its JSON has it, which need not be what its type wants. */
function kindOf({ type, value }: TypedNode): string {
  return withArticle(typeof value === 'object' ? type : typeof value);
}

export function integerOf(nodes: Nodes, what: string): number | undefined {
  const value = numberOf(nodes, what);
  if (value !== undefined && !Number.isInteger(value)) throw new EvaluationFault(`${what} takes an Integer, but there is ${value}`);
  return value;
}

export function isDateTimeType(type: string): boolean {
  return type === 'date' || type === 'dateTime' || type === 'instant' || type === 'System.Date' || type === 'System.DateTime';
}

export function isTimeType(type: string): boolean {
  return type === 'time' || type === 'System.Time';
}

export function isTemporalType(type: string): boolean {
  return isDateTimeType(type) || isTimeType(type);
}

export function isDecimalType(type: string): boolean {
  return type === 'decimal' || type === 'System.Decimal';
}

/** Undefined where the node is no date or time, or its text none that exists. */
export function temporalOf(node: TypedNode): Temporal | undefined {
  if (typeof node.value !== 'string') return undefined;
  if (isDateTimeType(node.type)) return parseDateTime(node.value);
  return isTimeType(node.type) ? parseTime(node.value) : undefined;
}

const QUANTITY_TYPES: ReadonlySet<string> = new Set([
  'System.Quantity',
  'Quantity',
  'Age',
  'Count',
  'Distance',
  'Duration',
  'MoneyQuantity',
  'SimpleQuantity',
]);

/** R4's Quantity and what specialises it. */
export function isQuantityType(type: string): boolean {
  return QUANTITY_TYPES.has(type);
}
