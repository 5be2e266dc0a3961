/**
 * The rows that may fulfil a criterion, by index. A superset always: hashes may collide, and parts of a criterion that no
 * index answers are left to the matcher.
 */

import { holds } from '../match-criterion.js';
import type { Criterion, RangeBound } from '../store.js';
import { startsWith } from './match-entries.js';
import type { Scope, View } from './view.js';

/** Rows read from a table at once, between which other work may go on. */
const CHUNK = 2048;
/** UTF-8 has no such byte: it ends what starts with a prefix. */
const AFTER_ALL_TEXT = Buffer.from([0xff]);
/** A second index is asked too when it has not many times as many rows as are left to check one by one. */
const INTERSECT_FACTOR = 16;

type Of<Op extends Criterion['op']> = Extract<Criterion, { readonly op: Op }>;

/** How many rows the index would give, at most `cap`; undefined: no index answers the criterion. */
export function estimate(view: View, scope: Scope, criterion: Criterion, cap: number): number | undefined {
  switch (criterion.op) {
    case 'and': {
      let least: number | undefined;
      for (const part of criterion.of) {
        const size = estimate(view, scope, part, least ?? cap);
        if (size !== undefined && (least === undefined || size < least)) least = size;
        if (least === 0) break;
      }
      return least;
    }
    case 'or': {
      let sum = 0;
      for (const part of criterion.of) {
        const size = estimate(view, scope, part, cap - sum);
        if (size === undefined) return undefined;
        sum += size;
        if (sum >= cap) return cap;
      }
      return sum;
    }
    case 'term': {
      const param = Buffer.from(criterion.param);
      let sum = 0;
      for (const value of criterion.values) {
        const hash = view.hash.term(scope.scope, param, Buffer.from(value));
        sum += countRows(view, 'SELECT count(*) FROM (SELECT 1 FROM term WHERE hash = ? LIMIT ?)', [hash], cap - sum);
        for (const delta of view.deltas) sum += delta.terms.count(hash);
        if (sum >= cap) return cap;
      }
      return sum;
    }
    case 'string':
      return estimateStrings(view, scope, criterion, cap);
    case 'range':
      return estimateRanges(view, scope, criterion, cap);
    case 'id':
      return Math.min(cap, criterion.ids.length);
    case 'lastUpdated': {
      const [from, to] = updatedInterval(criterion.bounds);
      const sql = `SELECT count(*) FROM (SELECT 1 FROM resource INDEXED BY resource_updated
        WHERE scope = ? AND updated BETWEEN ? AND ? AND deleted = 0 LIMIT ?)`;
      return countRows(view, sql, [scope.scope, from, to], cap);
    }
    case 'not':
    case 'exists':
      return undefined;
  }
}

function countRows(view: View, sql: string, values: readonly (number | Buffer)[], cap: number): number {
  return view.connection.prepareColumn<number>(sql).get(...values, cap) ?? 0;
}

function estimateStrings(view: View, scope: Scope, { param, match, value }: Of<'string'>, cap: number): number {
  const key = view.hash.param(scope.scope, 1, Buffer.from(param));
  const [from, to] = stringInterval(match, value);
  const sql = 'SELECT count(*) FROM (SELECT 1 FROM string WHERE param = ? AND value >= ? AND value <= ? LIMIT ?)';
  let sum = countRows(view, sql, [key, from, to], cap);
  for (const delta of view.deltas) sum += delta.strings.get(key)?.length ?? 0;
  return Math.min(sum, cap);
}

function estimateRanges(view: View, scope: Scope, { param, bounds }: Of<'range'>, cap: number): number {
  const key = view.hash.param(scope.scope, 2, Buffer.from(param));
  let sum = Math.min(...rangeIntervals(bounds).map(({ table, from, to }) => countRange(view, table, key, from, to, cap)));
  for (const delta of view.deltas) sum += delta.ranges.get(key)?.length ?? 0;
  return Math.min(sum, cap);
}

function countRange(view: View, table: RangeTable, key: number, from: number, to: number, cap: number): number {
  const side = SIDES[table];
  const sql = `SELECT count(*) FROM (SELECT 1 FROM ${table} WHERE param = ? AND ${side} >= ? AND ${side} <= ? LIMIT ?)`;
  return countRows(view, sql, [key, from, to], cap);
}

/** The rows, each once; undefined: no index answers. Yields where other work may go on. */
export function* collectRows(view: View, scope: Scope, criterion: Criterion): Generator<void, Set<number> | undefined> {
  switch (criterion.op) {
    case 'and':
      return yield* collectAll(view, scope, criterion.of);
    case 'or': {
      const rows = new Set<number>();
      for (const part of criterion.of) {
        const found = yield* collectRows(view, scope, part);
        if (found === undefined) return undefined;
        for (const row of found) rows.add(row);
      }
      return rows;
    }
    case 'term': {
      const rows = new Set<number>();
      const param = Buffer.from(criterion.param);
      for (const value of criterion.values) {
        const hash = view.hash.term(scope.scope, param, Buffer.from(value));
        yield* collectTerm(view, hash, rows);
      }
      return rows;
    }
    case 'string':
      return yield* collectStrings(view, scope, criterion);
    case 'range':
      return yield* collectRanges(view, scope, criterion);
    case 'id': {
      const find = view.connection.prepareColumn<number>('SELECT row FROM resource WHERE scope = ? AND id = ? AND deleted = 0');
      const rows = new Set<number>();
      for (const id of criterion.ids) {
        const row = find.get(scope.scope, id);
        if (row !== undefined) rows.add(row);
      }
      return rows;
    }
    case 'lastUpdated':
      return yield* collectUpdated(view, scope, criterion.bounds);
    case 'not':
    case 'exists':
      return undefined;
  }
}

function* collectAll(view: View, scope: Scope, parts: readonly Criterion[]): Generator<void, Set<number> | undefined> {
  let cap = Number.MAX_SAFE_INTEGER;
  const sized: { readonly part: Criterion; readonly size: number }[] = [];
  for (const part of parts) {
    const size = estimate(view, scope, part, cap);
    if (size === undefined) continue;
    sized.push({ part, size });
    cap = Math.min(cap, Math.max(1, size * INTERSECT_FACTOR));
  }
  sized.sort((left, right) => left.size - right.size);
  const [first, ...others] = sized;
  if (first === undefined) return undefined;
  const rows = yield* collectRows(view, scope, first.part);
  if (rows === undefined) return undefined;
  for (const { part, size } of others) {
    if (rows.size < 32 || size >= rows.size * INTERSECT_FACTOR) break;
    const found = yield* collectRows(view, scope, part);
    if (found !== undefined) for (const row of rows) if (!found.has(row)) rows.delete(row);
  }
  return rows;
}

function* collectTerm(view: View, hash: number, rows: Set<number>): Generator<void> {
  const read = view.connection.prepareColumn<number>('SELECT row FROM term WHERE hash = ? AND row > ? ORDER BY row LIMIT ?');
  for (const delta of view.deltas) delta.terms.collect(hash, rows);
  for (let last: number | undefined = 0; last !== undefined; ) {
    const found = read.all(hash, last, CHUNK);
    for (const row of found) rows.add(row);
    last = found.length === CHUNK ? found.at(-1) : undefined;
    if (last !== undefined) yield;
  }
}

function* collectStrings(view: View, scope: Scope, criterion: Of<'string'>): Generator<void, Set<number>> {
  const { match } = criterion;
  const key = view.hash.param(scope.scope, 1, Buffer.from(criterion.param));
  const value = Buffer.from(criterion.value);
  const [from, to] = stringInterval(match, criterion.value);
  const isWanted = (text: Buffer): boolean =>
    match === 'equals' ? text.equals(value) : match === 'starts' ? startsWith(text, value) : text.includes(value);
  const rows = new Set<number>();
  for (const delta of view.deltas) {
    for (const entry of delta.strings.get(key) ?? []) if (isWanted(entry.value)) rows.add(entry.row);
  }
  const read = view.connection.prepareList<readonly [Buffer, number]>(
    'SELECT value, row FROM string WHERE param = ? AND (value, row) > (?, ?) AND value <= ? ORDER BY value, row LIMIT ?',
  );
  for (let last: readonly [Buffer, number] | undefined = [from, 0]; last !== undefined; ) {
    const found: (readonly [Buffer, number])[] = read.all(key, last[0], last[1], to, CHUNK);
    for (const [text, row] of found) if (isWanted(text)) rows.add(row);
    last = found.length === CHUNK ? found.at(-1) : undefined;
    if (last !== undefined) yield;
  }
  return rows;
}

/** What to read of the sorted strings; a text within others can be anywhere. */
function stringInterval(match: Of<'string'>['match'], value: string): readonly [from: Buffer, to: Buffer] {
  const bytes = Buffer.from(value);
  if (match === 'contains') return [Buffer.alloc(0), AFTER_ALL_TEXT];
  return [bytes, match === 'equals' ? bytes : Buffer.concat([bytes, AFTER_ALL_TEXT])];
}

type RangeTable = 'range_low' | 'range_high';
const SIDES = { range_low: 'low', range_high: 'high' } as const;

interface RangeInterval {
  readonly table: RangeTable;
  readonly from: number;
  readonly to: number;
}

/** What each table would have to be read from and to; the matcher sees to `<` and `>`. */
function rangeIntervals(bounds: readonly RangeBound[]): readonly RangeInterval[] {
  return (['range_low', 'range_high'] as const).map((table) => {
    let from = Number.NEGATIVE_INFINITY;
    let to = Number.POSITIVE_INFINITY;
    for (const { side, compare, value } of bounds) {
      // low <= high: a bound from below on the low end bounds the high end too, and the other way round
      const isLower = compare === '>' || compare === '>=';
      if (side !== SIDES[table] && isLower !== (side === 'low')) continue;
      if (isLower) from = Math.max(from, value);
      else to = Math.min(to, value);
    }
    return { table, from, to };
  });
}

function* collectRanges(view: View, scope: Scope, { param, bounds }: Of<'range'>): Generator<void, Set<number>> {
  const key = view.hash.param(scope.scope, 2, Buffer.from(param));
  const isWanted = (low: number, high: number): boolean => bounds.every((bound) => holds(bound.side === 'low' ? low : high, bound));
  const rows = new Set<number>();
  for (const delta of view.deltas) {
    for (const { low, high, row } of delta.ranges.get(key) ?? []) if (isWanted(low, high)) rows.add(row);
  }
  const { table, from, to } = yield* narrowest(view, key, bounds);
  const sides = table === 'range_low' ? 'low, high' : 'high, low';
  const read = view.connection.prepareList<readonly [number, number, number]>(
    `SELECT ${sides}, row FROM ${table} WHERE param = ? AND (${sides}, row) > (?, ?, ?) AND ${SIDES[table]} <= ? ORDER BY ${sides}, row LIMIT ?`,
  );
  let last: readonly [number, number, number] | undefined = [from, Number.NEGATIVE_INFINITY, 0];
  while (last !== undefined) {
    const found: (readonly [number, number, number])[] = read.all(key, ...last, to, CHUNK);
    for (const [first, second, row] of found) if (table === 'range_low' ? isWanted(first, second) : isWanted(second, first)) rows.add(row);
    last = found.length === CHUNK ? found.at(-1) : undefined;
    if (last !== undefined) yield;
  }
  return rows;
}

/** The table of which less has to be read, found by counting both in steps. */
function* narrowest(view: View, key: number, bounds: readonly RangeBound[]): Generator<void, RangeInterval> {
  const [low, high] = rangeIntervals(bounds) as readonly [RangeInterval, RangeInterval];
  for (let cap = 64; ; cap *= 8) {
    if (countRange(view, 'range_low', key, low.from, low.to, cap) < cap) return low;
    if (countRange(view, 'range_high', key, high.from, high.to, cap) < cap) return high;
    yield;
  }
}

function* collectUpdated(view: View, scope: Scope, bounds: Of<'lastUpdated'>['bounds']): Generator<void, Set<number>> {
  const [from, to] = updatedInterval(bounds);
  const read = view.connection.prepareList<readonly [number, string, number]>(
    `SELECT updated, id, row FROM resource INDEXED BY resource_updated
     WHERE scope = ? AND (updated, id) > (?, ?) AND updated <= ? AND deleted = 0 ORDER BY updated, id LIMIT ?`,
  );
  const rows = new Set<number>();
  for (let last: readonly [number, string] | undefined = [from, '']; last !== undefined; ) {
    const found: (readonly [number, string, number])[] = read.all(scope.scope, last[0], last[1], to, CHUNK);
    for (const [, , row] of found) rows.add(row);
    const end = found.length === CHUNK ? found.at(-1) : undefined;
    last = end === undefined ? undefined : [end[0], end[1]];
    if (last !== undefined) yield;
  }
  return rows;
}

/** Milliseconds, both ends included; what no Date can hold is cut off. */
export function updatedInterval(bounds: Of<'lastUpdated'>['bounds']): readonly [from: number, to: number] {
  let from = -8.64e15;
  let to = 8.64e15;
  for (const { compare, value } of bounds) {
    if (compare === '>') from = Math.max(from, Math.floor(value) + 1);
    else if (compare === '>=') from = Math.max(from, Math.ceil(value));
    else if (compare === '<') to = Math.min(to, Math.ceil(value) - 1);
    else to = Math.min(to, Math.floor(value));
  }
  return [from, to];
}
