/** Equality, equivalence and order: http://hl7.org/fhirpath/N1/#equality */
import { isJsonObject, type JsonValue } from '../fhir/json.js';
import type { TypedNode } from './fhirpath.js';
import { inSameUnit, quantityOf, withoutCalendar } from './quantity.js';
import { compareTemporals, type Temporal } from './temporal.js';
import { EvaluationFault, isDecimalType, isQuantityType, isTemporalType, type Nodes, temporalOf } from './typed-value.js';

/** Digits that FHIRPath keeps behind the point. */
const TOLERANCE = 1e-8;

function sameNumber(left: number, right: number): boolean {
  return left === right || (Math.abs(left - right) < TOLERANCE / 2 && !(Number.isInteger(left) && Number.isInteger(right)));
}

/** Undefined where precision or units leave it open. */
export function nodesEqual(left: TypedNode, right: TypedNode): boolean | undefined {
  const a = left.value;
  const b = right.value;
  if (typeof a === 'string' && typeof b === 'string') {
    if (!isTemporalType(left.type) || !isTemporalType(right.type)) return a === b;
    const from = temporalOf(left);
    const to = temporalOf(right);
    if (from === undefined || to === undefined) return a === b;
    if (from.isTime !== to.isTime) return false;
    return a === b && from.precision === to.precision ? true : isZero(compareTemporals(from, to));
  }
  if (typeof a === 'number' && typeof b === 'number') return sameNumber(a, b);
  if ((isQuantityType(left.type) || isQuantityType(right.type)) && a !== undefined && b !== undefined) return quantitiesEqual(left, right);
  return deepEqual(a, b);
}

function isZero(difference: number | undefined): boolean | undefined {
  return difference === undefined ? undefined : difference === 0;
}

function quantitiesEqual(left: TypedNode, right: TypedNode): boolean | undefined {
  const from = quantityOf(left);
  const to = quantityOf(right);
  if (from === undefined || to === undefined) return deepEqual(left.value, right.value);
  const values = inSameUnit(from, to);
  return values === undefined ? undefined : sameNumber(values[0], values[1]);
}

export function deepEqual(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === right) return true;
  if (typeof left === 'number' && typeof right === 'number') return sameNumber(left, right);
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((item, index) => deepEqual(item, right[index]));
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && deepEqual(left[key], right[key]));
}

/** `=` of collections: empty where one of them is. */
export function collectionsEqual(left: Nodes, right: Nodes): boolean | undefined {
  if (left.length === 0 || right.length === 0) return undefined;
  if (left.length !== right.length) return false;
  let result: boolean | undefined = true;
  for (let index = 0; index < left.length; index++) {
    const same = nodesEqual(left[index] as TypedNode, right[index] as TypedNode);
    if (same === false) return false;
    if (same === undefined) result = undefined;
  }
  return result;
}

/** `~` of collections: order does not count, and neither does letter case. */
export function collectionsEquivalent(left: Nodes, right: Nodes): boolean {
  if (left.length !== right.length) return false;
  const open = [...right];
  return left.every((node) => {
    const found = open.findIndex((candidate) => nodesEquivalent(node, candidate));
    if (found >= 0) open.splice(found, 1);
    return found >= 0;
  });
}

function nodesEquivalent(left: TypedNode, right: TypedNode): boolean {
  const a = left.value;
  const b = right.value;
  if (typeof a === 'string' && typeof b === 'string') {
    const from = temporalOf(left);
    const to = temporalOf(right);
    if (from === undefined || to === undefined) return normalised(a) === normalised(b);
    return from.precision === to.precision && compareTemporals(from, to) === 0;
  }
  if (typeof a === 'number' && typeof b === 'number') return equivalentNumbers(a, b);
  if ((isQuantityType(left.type) || isQuantityType(right.type)) && a !== undefined && b !== undefined) {
    const from = quantityOf(left);
    const to = quantityOf(right);
    const values = from !== undefined && to !== undefined ? inSameUnit(withoutCalendar(from), withoutCalendar(to)) : undefined;
    return values === undefined ? deepEquivalent(a, b) : equivalentNumbers(values[0], values[1]);
  }
  return deepEquivalent(a, b);
}

function normalised(text: string): string {
  return text.toLowerCase().replace(/\s+/g, ' ');
}

/** Rounded to the precision of the one that has less of it. */
function equivalentNumbers(left: number, right: number): boolean {
  const digits = Math.min(decimals(left), decimals(right));
  return sameNumber(round(left, digits), round(right, digits));
}

function decimals(value: number): number {
  const text = String(value);
  const exponent = /e-(\d+)$/.exec(text);
  const point = text.indexOf('.');
  const fraction = point < 0 ? 0 : text.replace(/e.*$/, '').length - point - 1;
  return fraction + (exponent === null ? 0 : Number(exponent[1]));
}

function round(value: number, digits: number): number {
  return Number(`${Math.round(Number(`${value}e${digits}`))}e-${digits}`);
}

function deepEquivalent(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === right) return true;
  if (typeof left === 'string' && typeof right === 'string') return normalised(left) === normalised(right);
  if (typeof left === 'number' && typeof right === 'number') return equivalentNumbers(left, right);
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    const open = [...right];
    return left.every((item) => {
      const found = open.findIndex((candidate) => deepEquivalent(item, candidate));
      if (found >= 0) open.splice(found, 1);
      return found >= 0;
    });
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  // the id of an element says nothing of its meaning
  const keys = Object.keys(left).filter((key) => key !== 'id');
  const others = Object.keys(right).filter((key) => key !== 'id');
  return keys.length === others.length && keys.every((key) => key in right && deepEquivalent(left[key], right[key]));
}

/** Negative, zero or positive; undefined where precision or units leave it open, or where a value is missing. */
export function compareNodes(left: TypedNode, right: TypedNode): number | undefined {
  const a = left.value;
  const b = right.value;
  if (a === undefined || b === undefined) return undefined;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') {
    const isTemporal = isTemporalType(left.type);
    if (isTemporal !== isTemporalType(right.type)) throw mismatch(left, right);
    if (!isTemporal || isSameForm(a, b)) return a < b ? -1 : a > b ? 1 : 0;
    return compareMoments(temporalOf(left), temporalOf(right), left, right);
  }
  if (isQuantityType(left.type) || isQuantityType(right.type)) {
    const from = quantityOf(left);
    const to = quantityOf(right);
    if (from === undefined || to === undefined) return undefined;
    const values = inSameUnit(from, to);
    return values === undefined ? undefined : values[0] - values[1];
  }
  throw mismatch(left, right);
}

/** Moments of one precision and time zone, whose order is that of their texts: `2015`, `2015-02`, `2015-02-07`, `2015-02-07T13:28:17Z`. */
function isSameForm(a: string, b: string): boolean {
  const { length } = a;
  if (length !== b.length || !startsWithDigit(a) || !startsWithDigit(b)) return false;
  if (length === 4 || length === 7 || length === 10) return true;
  return (length === 20 || length === 25) && a.slice(19) === b.slice(19);
}

function startsWithDigit(text: string): boolean {
  const first = text.charCodeAt(0);
  return first >= 48 && first <= 57;
}

function compareMoments(from: Temporal | undefined, to: Temporal | undefined, left: TypedNode, right: TypedNode): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  if (from.isTime !== to.isTime) throw mismatch(left, right);
  return compareTemporals(from, to);
}

function mismatch(left: TypedNode, right: TypedNode): EvaluationFault {
  return new EvaluationFault(`A ${left.type} cannot be compared with a ${right.type}`);
}

/** A key that equal nodes share; undefined where equality is more than that (dates, quantities, decimals). */
function keyOf(node: TypedNode): string | undefined {
  const value = node.value;
  if (typeof value === 'string') return isTemporalType(node.type) ? undefined : `s${value}`;
  if (typeof value === 'number') return isDecimalType(node.type) || !Number.isInteger(value) ? undefined : `n${value}`;
  return typeof value === 'boolean' ? `b${value}` : undefined;
}

/** Nodes of which none equals another one, found by key where that is possible. */
export class DistinctNodes {
  readonly items: TypedNode[] = [];
  readonly #keys = new Set<string>();
  readonly #compared: TypedNode[] = [];

  has(node: TypedNode): boolean {
    const key = keyOf(node);
    if (key !== undefined && this.#keys.has(key)) return true;
    return key === undefined
      ? this.items.some((item) => nodesEqual(item, node) === true)
      : this.#compared.some((item) => nodesEqual(item, node) === true);
  }

  /** False when it is there already. */
  add(node: TypedNode): boolean {
    if (this.has(node)) return false;
    const key = keyOf(node);
    if (key === undefined) this.#compared.push(node);
    else this.#keys.add(key);
    this.items.push(node);
    return true;
  }

  addAll(nodes: Nodes): this {
    for (const node of nodes) this.add(node);
    return this;
  }
}
