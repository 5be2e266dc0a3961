/** Places in a sorted result: how they compare, and how they travel as the opaque cursor of a page. */
import { type SortKey, StoreError, type StoreQuery } from './store.js';

/** Null: the resource has no value for the sort key. */
export type SortValue = string | number | null;

export interface Position {
  /** One for each sort key. */
  readonly values: readonly SortValue[];
  readonly type: string;
  readonly id: string;
}

/** By code point, as UTF-8 bytes compare, which is how the databases order texts too. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    // surrogates stand for code points above all others, but their own numbers lie below U+E000
    if (a >= 0xd800 && b >= 0xd800) return rank(a) - rank(b);
    return a - b;
  }
  return left.length - right.length;
}

function rank(unit: number): number {
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Ascending. */
export function compareValues(left: string | number, right: string | number): number {
  // first of all: the difference of two infinities is no number
  if (left === right) return 0;
  return typeof left === 'string' && typeof right === 'string' ? compareText(left, right) : Number(left) - Number(right);
}

/** Those without a value come last, whatever the direction. */
function compareSortValues(left: SortValue, right: SortValue, descending: boolean): number {
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  return descending ? compareValues(right, left) : compareValues(left, right);
}

export function comparePositions(sort: readonly SortKey[], left: Position, right: Position): number {
  for (let index = 0; index < sort.length; index += 1) {
    const descending = sort[index]?.descending === true;
    const order = compareSortValues(left.values[index] ?? null, right.values[index] ?? null, descending);
    if (order !== 0) return order;
  }
  return compareText(left.type, right.type) || compareText(left.id, right.id);
}

type SortedQuery = Pick<StoreQuery, 'types' | 'sort'>;

/** The cursor that continues after this position. */
export function encodeCursor(query: SortedQuery, { values, type, id }: Position): string {
  // numbers as text: JSON has no infinity
  const texts = values.map((value) => (value === null ? null : String(value)));
  return toCursor([fingerprint(query), type, id, ...texts]);
}

/** Throws StoreError 'bad-cursor' unless `encodeCursor` made it for the same types and sort keys. */
export function decodeCursor(query: SortedQuery, cursor: string): Position {
  const [mark, type, id, ...texts] = fromCursor(cursor);
  const sort = query.sort ?? [];
  if (mark !== fingerprint(query) || typeof type !== 'string' || typeof id !== 'string' || texts.length !== sort.length) throw badCursor();
  const values = sort.map(({ kind }, index): SortValue => {
    const text = texts[index];
    if (text === null) return null;
    if (typeof text !== 'string') throw badCursor();
    if (kind !== 'range' && kind !== 'lastUpdated') return text;
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isNaN(value)) throw badCursor();
    return value;
  });
  return { values, type, id };
}

/** Histories continue below the number that the store gave to a version when it was written. */
export function encodeHistoryCursor(sequence: number): string {
  return toCursor(['history', sequence]);
}

export function decodeHistoryCursor(cursor: string): number {
  const [mark, sequence, ...rest] = fromCursor(cursor);
  if (mark !== 'history' || typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || rest.length > 0) throw badCursor();
  return sequence;
}

function toCursor(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function fromCursor(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(parts)) return parts;
  } catch {
    // said below
  }
  throw badCursor();
}

function badCursor(): StoreError {
  return new StoreError('bad-cursor', 'The cursor is none that this store gave for this query: start again from the first page');
}

/** FNV-1a over what decides the order: a cursor of another query must not be taken for one of this. */
function fingerprint({ types, sort = [] }: SortedQuery): number {
  let hash = 0x811c9dc5;
  const text = JSON.stringify([types, sort.map(({ param, kind, descending }) => [param, kind, descending])]);
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
