/**
 * Moves a delta's entries into the index tables, in the order of their keys: neighbours in a table are written together.
 * A merge that was broken off may be begun again, as every step of it can be repeated.
 */
import type { Connection, SqlValue } from './connection.js';
import { Delta, type RangeEntry, type StringEntry } from './delta.js';
import type { TermHash } from './term-hash.js';

/** Statements between two steps; one takes a microsecond or two. */
const STATEMENTS_PER_STEP = 128;

/**
 * Yields where the transaction that the caller has opened may be committed and another one opened. Rows from `firstNew` on
 * have never been in the tables.
 */
export function* mergeDelta(connection: Connection, hash: TermHash, delta: Delta, firstNew: number): Generator<void> {
  const removed = yield* readRemoved(connection, hash, delta, firstNew);
  yield* writeEntries(removed, hash.bits, statements(connection, remove), () => true);
  yield* writeEntries(delta, hash.bits, statements(connection, insert), (row) => !delta.replaced.has(row));
}

/** The entries of the replaced versions, to be taken out of the tables. */
function* readRemoved(connection: Connection, hash: TermHash, delta: Delta, firstNew: number): Generator<void, Delta> {
  const read = connection.prepareList<readonly [number, Buffer | null]>('SELECT scope, entries FROM version WHERE row = ?');
  const removed = new Delta();
  for (const row of delta.replaced.keys()) {
    if (row >= firstNew) continue;
    const found = read.get(row);
    if (found?.[1] != null) removed.add(row, found[0], found[1], hash);
    if (removed.size % STATEMENTS_PER_STEP === 0) yield;
  }
  return removed;
}

type Write = (...values: SqlValue[]) => void;
type Statements = Readonly<Record<Table, Write>>;
type Table = keyof typeof COLUMNS;

const COLUMNS = {
  term: ['hash', 'row'],
  string: ['param', 'value', 'row'],
  range_low: ['param', 'low', 'high', 'row'],
  range_high: ['param', 'high', 'low', 'row'],
} as const;

function insert(table: Table): string {
  return `INSERT OR IGNORE INTO ${table} VALUES (${COLUMNS[table].map(() => '?').join(', ')})`;
}

function remove(table: Table): string {
  return `DELETE FROM ${table} WHERE ${COLUMNS[table].map((column) => `${column} = ?`).join(' AND ')}`;
}

function statements(connection: Connection, sqlOf: (table: Table) => string): Statements {
  const prepared = (table: Table): Write => {
    const statement = connection.prepare(sqlOf(table));
    return (...values) => void statement.run(...values);
  };
  return { term: prepared('term'), string: prepared('string'), range_low: prepared('range_low'), range_high: prepared('range_high') };
}

function* writeEntries(delta: Delta, bits: number, write: Statements, isWanted: (row: number) => boolean): Generator<void> {
  for (const { hashes, rows } of delta.terms.sorted(bits)) {
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] as number;
      if (isWanted(row)) write.term(hashes[index] as number, row);
    }
    yield;
  }
  for (const [param, entries] of byParam(delta.strings)) {
    const order = (left: StringEntry, right: StringEntry): number => left.value.compare(right.value) || left.row - right.row;
    for (const part of inParts(entries, order)) {
      for (const { value, row } of part) if (isWanted(row)) write.string(param, value, row);
      yield;
    }
  }
  for (const [param, entries] of byParam(delta.ranges)) {
    const order = (left: RangeEntry, right: RangeEntry): number => left.low - right.low || left.high - right.high || left.row - right.row;
    for (const part of inParts(entries, order)) {
      for (const { low, high, row } of part) if (isWanted(row)) write.range_low(param, low, high, row);
      yield;
    }
  }
  for (const [param, entries] of byParam(delta.ranges)) {
    const order = (left: RangeEntry, right: RangeEntry): number => left.high - right.high || left.low - right.low || left.row - right.row;
    for (const part of inParts(entries, order)) {
      for (const { low, high, row } of part) if (isWanted(row)) write.range_high(param, high, low, row);
      yield;
    }
  }
}

function byParam<Entry>(lists: ReadonlyMap<number, Entry[]>): readonly (readonly [param: number, entries: readonly Entry[]])[] {
  return [...lists].sort(([left], [right]) => left - right);
}

function* inParts<Entry>(entries: readonly Entry[], order: (left: Entry, right: Entry) => number): Generator<readonly Entry[]> {
  const sorted = [...entries].sort(order);
  for (let start = 0; start < sorted.length; start += STATEMENTS_PER_STEP) yield sorted.slice(start, start + STATEMENTS_PER_STEP);
}
