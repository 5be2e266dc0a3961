/**
 * Current versions in the order of a result, read from an index as far as a page needs. A block's rows may need sorting
 * among themselves; no row of a later block comes before them.
 */
import { compareValues, type SortValue } from '../cursor.js';
import type { SortKey } from '../store.js';
import type { Scope, View } from './view.js';

export interface Block {
  readonly rows: readonly number[];
  /** A row whose sort value is another one stands in another block too, and is to be passed over here. Undefined: take all. */
  readonly value?: SortValue;
}

const CHUNK = 256;

/** The last character there is: no id begins with it. */
export const AFTER_ALL_IDS = '\u{10ffff}';

/** Whether an index has the order of these keys. */
export function isWalkable(sort: readonly SortKey[]): boolean {
  return sort.length === 0 || (sort.length === 1 && sort[0]?.kind !== 'term');
}

/** Where a walk may begin: what comes before it in the order of the result is of no interest. */
export interface WalkStart {
  readonly value: SortValue | undefined;
  /** Of the resources with this value those with greater ids, or with this one where `isInclusive`. */
  readonly id: string;
  readonly isInclusive: boolean;
}

/** It may leave out what is before `start`, and versions last updated outside the interval `updated`. */
export function* walk(
  view: View,
  scope: Scope,
  key: SortKey | undefined,
  start: WalkStart | undefined,
  updated: readonly [from: number, to: number],
): Generator<Block> {
  if (key === undefined || key.kind === 'id') {
    yield* walkIds(view, scope, key?.descending === true, start);
  } else if (key.kind === 'lastUpdated') {
    yield* walkUpdated(view, scope, key.descending, start, updated);
  } else {
    if (start?.value !== null) yield* walkValues(view, scope, key, start?.value);
    // those without a value come last, in order of id
    for (const { rows } of walkIds(view, scope, false, start?.value === null ? start : undefined)) yield { rows, value: null };
  }
}

type IdRow = readonly [id: string, row: number];

function* walkIds(view: View, scope: Scope, descending: boolean, start: WalkStart | undefined): Generator<Block> {
  const [compare, order] = descending ? ['<', 'DESC'] : ['>', 'ASC'];
  let [last, operator] = [start?.id ?? (descending ? AFTER_ALL_IDS : ''), start?.isInclusive === true ? `${compare}=` : compare];
  for (let chunk = 32; ; chunk = CHUNK) {
    const sql = `SELECT id, row FROM resource WHERE scope = ? AND id ${operator} ? AND deleted = 0 ORDER BY id ${order} LIMIT ?`;
    const found = view.connection.prepareList<IdRow>(sql).all(scope.scope, last, chunk);
    yield { rows: found.map(([, row]) => row) };
    const end = found.at(-1);
    if (end === undefined || found.length < chunk) return;
    [last, operator] = [end[0], compare];
  }
}

function* walkUpdated(
  view: View,
  scope: Scope,
  descending: boolean,
  start: WalkStart | undefined,
  [from, to]: readonly [number, number],
): Generator<Block> {
  const next = view.connection.prepareColumn<number | null>(
    descending
      ? 'SELECT max(updated) FROM resource INDEXED BY resource_updated WHERE scope = ? AND updated <= ? AND deleted = 0'
      : 'SELECT min(updated) FROM resource INDEXED BY resource_updated WHERE scope = ? AND updated >= ? AND deleted = 0',
  );
  const read = view.connection.prepareList<IdRow>(
    'SELECT id, row FROM resource INDEXED BY resource_updated WHERE scope = ? AND updated = ? AND id > ? AND deleted = 0 ORDER BY id LIMIT ?',
  );
  const first = typeof start?.value === 'number' ? start.value : undefined;
  let instant: number | null | undefined = descending ? Math.min(first ?? to, to) : Math.max(first ?? from, from);
  let after = instant === first ? (start?.id ?? '') : '';
  // many versions of one instant come from one transaction; across instants the rows are gathered to blocks
  let rows: number[] = [];
  for (;;) {
    const sought: number = instant;
    instant = next.get(scope.scope, sought);
    if (instant === null || instant === undefined || instant < from || instant > to) break;
    if (instant !== sought) after = '';
    for (;;) {
      const found = read.all(scope.scope, instant, after, CHUNK);
      for (const [, row] of found) rows.push(row);
      if (rows.length >= 32) {
        yield { rows };
        rows = [];
      }
      if (found.length < CHUNK) break;
      after = found.at(-1)?.[0] ?? '';
    }
    instant += descending ? -1 : 1;
    after = '';
  }
  yield { rows };
}

type ValueRow = readonly [value: string | number, row: number];

/** Tables and deltas side by side, one block for each value. */
function* walkValues(view: View, scope: Scope, key: SortKey, start: SortValue | undefined): Generator<Block> {
  const { descending } = key;
  const compare = (left: string | number, right: string | number): number =>
    descending ? compareValues(right, left) : compareValues(left, right);
  const hash = view.hash.param(scope.scope, key.kind === 'string' ? 1 : 2, Buffer.from(key.param));
  const table = key.kind === 'string' ? stringRows(view, hash, descending, start) : rangeRows(view, hash, descending, start);
  const fresh = freshRows(view, hash, key)
    .filter(([value]) => start === undefined || start === null || compare(value, start) >= 0)
    .sort((left, right) => compare(left[0], right[0]));
  let index = 0;
  let stored = nextOf(table);
  for (;;) {
    const other = fresh[index];
    const first = stored === undefined || (other !== undefined && compare(other[0], stored[0]) < 0) ? other : stored;
    if (first === undefined) return;
    const [value] = first;
    const rows = new Set<number>();
    for (; stored?.[0] === value; stored = nextOf(table)) rows.add(stored[1]);
    for (let next = fresh[index]; next?.[0] === value; next = fresh[index]) {
      rows.add(next[1]);
      index += 1;
    }
    yield { rows: [...rows], value };
  }
}

function nextOf(rows: Generator<ValueRow>): ValueRow | undefined {
  const { done, value } = rows.next();
  return done === true ? undefined : value;
}

function freshRows({ deltas }: View, hash: number, { kind, descending }: SortKey): ValueRow[] {
  const rows: ValueRow[] = [];
  for (const { strings, ranges } of deltas) {
    if (kind === 'string') for (const { value, row } of strings.get(hash) ?? []) rows.push([value.toString(), row]);
    else for (const { low, high, row } of ranges.get(hash) ?? []) rows.push([descending ? high : low, row]);
  }
  return rows;
}

function* stringRows(view: View, hash: number, descending: boolean, start: SortValue | undefined): Generator<ValueRow> {
  const read = view.connection.prepareList<readonly [Buffer, number]>(
    descending
      ? 'SELECT value, row FROM string WHERE param = ? AND (value, row) < (?, ?) ORDER BY value DESC, row DESC LIMIT ?'
      : 'SELECT value, row FROM string WHERE param = ? AND (value, row) > (?, ?) ORDER BY value, row LIMIT ?',
  );
  let last: readonly [Buffer, number] =
    typeof start === 'string'
      ? [Buffer.from(start), descending ? Number.MAX_SAFE_INTEGER : 0]
      : [descending ? Buffer.from([0xff]) : Buffer.alloc(0), 0];
  for (let chunk = 32; ; chunk = CHUNK) {
    const found = read.all(hash, last[0], last[1], chunk);
    for (const [value, row] of found) yield [value.toString(), row];
    const end = found.at(-1);
    if (end === undefined || found.length < chunk) return;
    last = end;
  }
}

function* rangeRows(view: View, hash: number, descending: boolean, start: SortValue | undefined): Generator<ValueRow> {
  const read = view.connection.prepareList<readonly [number, number, number]>(
    descending
      ? `SELECT high, low, row FROM range_high WHERE param = ? AND (high, low, row) < (?, ?, ?) ORDER BY high DESC, low DESC, row DESC LIMIT ?`
      : `SELECT low, high, row FROM range_low WHERE param = ? AND (low, high, row) > (?, ?, ?) ORDER BY low, high, row LIMIT ?`,
  );
  const end = descending ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  let last: readonly [number, number, number] = [typeof start === 'number' ? start : end, end, descending ? Number.MAX_SAFE_INTEGER : 0];
  for (let chunk = 32; ; chunk = CHUNK) {
    const found = read.all(hash, ...last, chunk);
    for (const [value, , row] of found) yield [value, row];
    const final = found.at(-1);
    if (final === undefined || found.length < chunk) return;
    last = final;
  }
}
