/** One page of a history, newest first: versions in the falling order of their rows. */
import { decodeHistoryCursor, encodeHistoryCursor } from '../cursor.js';
import type { HistoryQuery, StorePage } from '../store.js';
import { readSetting } from './schema.js';
import { readVersion, type Scope, type View } from './view.js';

/** Rows read between two steps. */
const CHUNK = 1024;

interface Interval {
  /** The first row of interest. */
  readonly from: number;
  /** The row behind the last one of interest. */
  readonly to: number;
}

interface Source {
  readonly scope: Scope;
  /** Undefined: every resource of the scope. */
  readonly id: string | undefined;
}

type Row = readonly [row: number, updated: number];

export function* history(view: View, query: HistoryQuery): Generator<void, StorePage> {
  const { namespace, type, id, since, at, limit, after, total: isCounted } = query;
  const before = after === undefined ? view.lastRow + 1 : decodeHistoryCursor(after);
  const scopes = type === undefined ? view.scopes.list(namespace) : [view.scopes.find(namespace, type)];
  const sources = scopes.flatMap((scope): Source[] => (scope === undefined ? [] : [{ scope, id }]));
  const isWanted = ([, updated]: Row): boolean => (since === undefined || updated >= since) && (at === undefined || updated <= at);
  const drift = readSetting(view.connection, 'drift');
  const interval = {
    from: since === undefined ? 1 : firstRow(view, (clock) => clock >= since),
    to: at === undefined ? view.lastRow + 1 : firstRow(view, (clock) => clock > at + drift),
  };
  const found: { readonly row: number; readonly type: string }[] = [];
  for (const source of sources) {
    let count = 0;
    const rows = readRows(view, source, { from: interval.from, to: Math.min(interval.to, before) }, limit + 1);
    for (const chunk of rows) {
      for (const row of chunk) if (isWanted(row) && count++ <= limit) found.push({ row: row[0], type: source.scope.type });
      if (count > limit) break;
      yield;
    }
  }
  found.sort((left, right) => right.row - left.row);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const total = isCounted ? yield* countRows(view, sources, interval, since === undefined && at === undefined ? undefined : isWanted) : 0;
  return {
    matches: page.map(({ row, type: typeOfRow }) => readVersion(view, typeOfRow, row)),
    ...(last !== undefined && found.length > page.length && { next: encodeHistoryCursor(last.row) }),
    ...(isCounted && { total }),
  };
}

/** The first row whose clock is as wanted, and so are all behind it; the row behind the last one when there is none. */
function firstRow(view: View, isReached: (clock: number) => boolean): number {
  const clockOf = view.connection.prepareColumn<number>('SELECT clock FROM version WHERE row = ?');
  let low = 1;
  let high = view.lastRow + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isReached(clockOf.get(middle) ?? Number.POSITIVE_INFINITY)) high = middle;
    else low = middle + 1;
  }
  return low;
}

const OF_SCOPE = 'SELECT row, updated FROM version INDEXED BY version_scope WHERE scope = ?';
const OF_RESOURCE = `SELECT row, updated FROM version WHERE row IN
  (SELECT row FROM history WHERE scope = ? AND id = ? UNION ALL SELECT row FROM resource WHERE scope = ? AND id = ?)`;

/** Falling, in chunks, the first one small: it is most often enough. */
function* readRows(view: View, { scope: { scope }, id }: Source, { from, to }: Interval, first: number): Generator<readonly Row[]> {
  const keys = id === undefined ? [scope] : [scope, id, scope, id];
  const source = id === undefined ? OF_SCOPE : OF_RESOURCE;
  const read = view.connection.prepareList<Row>(`${source} AND row >= ? AND row < ? ORDER BY row DESC LIMIT ?`);
  for (let before = to, chunk = Math.min(first, CHUNK); ; chunk = CHUNK) {
    const rows = read.all(...keys, from, before, chunk);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < chunk) return;
    before = last[0];
  }
}

/** `isWanted` undefined: all of them. */
function* countRows(
  view: View,
  sources: readonly Source[],
  interval: Interval,
  isWanted: ((row: Row) => boolean) | undefined,
): Generator<void, number> {
  let total = 0;
  for (const source of sources) {
    if (isWanted === undefined && source.id === undefined) {
      total += source.scope.versions;
      continue;
    }
    for (const rows of readRows(view, source, interval, CHUNK)) {
      total += isWanted === undefined ? rows.length : rows.filter(isWanted).length;
      yield;
    }
  }
  return total;
}
