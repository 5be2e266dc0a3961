/**
 * The only writer of the database: groups of commits, each group one transaction and one fsync; and the merges of what the
 * groups left in the delta. Commits are checked before anything of them is written, so a refused one leaves no trace.
 */
import type { CommitCondition, CommitResult, Namespace } from '../store.js';
import type { Connection } from './connection.js';
import { Delta } from './delta.js';
import type { EncodedCommit, EncodedWrite } from './encoded-commit.js';
import { mergeDelta } from './merge.js';
import { readSetting, readTermHash, writeSetting } from './schema.js';
import { search } from './search.js';
import type { TermHash } from './term-hash.js';
import { type Scope, Scopes, type View } from './view.js';

type CurrentRow = readonly [row: number, version: number, deleted: number];

const COMMITTED: CommitResult = { committed: true };

interface Merge {
  readonly delta: Delta;
  /** The last row whose entries are in the delta. */
  readonly lastRow: number;
  readonly steps: Generator<void>;
}

export class Writer {
  readonly #connection: Connection;
  readonly #hash: TermHash;
  #scopes = new Scopes([]);
  /** What was committed since the last merge began. */
  #delta = new Delta();
  #merge: Merge | undefined;
  #lastRow = 0;
  /** Rows up to this one may be in the index tables, even when they are in the delta: a merge may have been broken off. */
  #lastKnown = 0;
  #clock = 0;
  #drift = 0;
  #isLoaded = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#hash = readTermHash(connection);
    this.#load();
  }

  /** What a search with this connection reads, from here on unaware of later commits. */
  view(connection: Connection, lastRow: number): View {
    this.#load();
    const deltas = this.#merge === undefined ? [this.#delta] : [this.#merge.delta, this.#delta];
    return { connection, hash: this.#hash, scopes: this.#scopes, deltas, lastRow };
  }

  /** Number of versions that wait for a merge to begin. */
  get unmerged(): number {
    return this.#delta.size + this.#delta.replaced.size;
  }

  get isMerging(): boolean {
    return this.#merge !== undefined;
  }

  /**
   * The results in the order of the commits. Durable when it returns; when it throws nothing of the group is stored, and
   * what the commits were is to be tried again one by one.
   */
  commit(group: readonly EncodedCommit[]): readonly CommitResult[] {
    this.#load();
    return this.#transact(() => group.map((commit) => this.#apply(commit)));
  }

  /** Throws when nothing can be written now. */
  probe(): void {
    this.#load();
    this.#transact(() => writeSetting(this.#connection, 'drift', this.#drift));
  }

  /** Begins or goes on with a merge for so many milliseconds. */
  merge(budgetMs: number): void {
    this.#load();
    const merge = this.#merge ?? this.#beginMerge();
    const end = performance.now() + budgetMs;
    // not worth an fsync: the next group's makes it durable, and what is lost is merged again
    this.#connection.pragma('synchronous = NORMAL');
    try {
      const isDone = this.#transact(() => {
        do {
          if (merge.steps.next().done === true) {
            writeSetting(this.#connection, 'merged', merge.lastRow);
            return true;
          }
        } while (performance.now() < end);
        return false;
      });
      if (isDone) this.#merge = undefined;
    } finally {
      this.#connection.pragma('synchronous = FULL');
    }
  }

  /** Everything that is kept in memory, from the database, unless it is known to be alike. */
  #load(): void {
    if (this.#isLoaded) return;
    const connection = this.#connection;
    const scopes = connection.prepare<Scope>('SELECT scope, namespace, type, current, versions FROM scope').all();
    this.#scopes = new Scopes(scopes);
    this.#merge = undefined;
    this.#delta = new Delta();
    const last = connection.prepareList<readonly [number, number]>('SELECT row, clock FROM version ORDER BY row DESC LIMIT 1').get();
    [this.#lastRow, this.#clock] = last ?? [0, 0];
    this.#lastKnown = this.#lastRow;
    this.#drift = readSetting(connection, 'drift');
    const rows = connection.prepareList<readonly [number, number, number | null, Buffer | null]>(
      'SELECT row, scope, replaces, entries FROM version WHERE row > ? ORDER BY row',
    );
    for (const [row, scope, replaces, entries] of rows.iterate(readSetting(connection, 'merged'))) {
      if (replaces !== null) this.#delta.replaced.set(replaces, row);
      if (entries !== null) this.#delta.add(row, scope, entries, this.#hash);
    }
    this.#isLoaded = true;
  }

  #beginMerge(): Merge {
    const delta = this.#delta;
    const merge = { delta, lastRow: this.#lastRow, steps: mergeDelta(this.#connection, this.#hash, delta, this.#lastKnown + 1) };
    this.#merge = merge;
    this.#delta = new Delta();
    this.#lastKnown = this.#lastRow;
    return merge;
  }

  #transact<Result>(write: () => Result): Result {
    this.#connection.begin();
    try {
      const result = write();
      this.#connection.commit();
      return result;
    } catch (error) {
      // what is in memory may be ahead of the database now
      this.#isLoaded = false;
      this.#connection.rollback();
      throw error;
    }
  }

  #apply({ namespace, writes, conditions }: EncodedCommit): CommitResult {
    for (const [condition, value] of conditions.entries()) {
      if (!this.#isFulfilled(namespace, value)) return { committed: false, conflict: 'condition', condition };
    }
    const currents: (CurrentRow | undefined)[] = [];
    for (const { type, id, expectedVersion } of writes) {
      const current = this.#findCurrent(namespace, type, id);
      if ((current?.[1] ?? 0) !== expectedVersion) return { committed: false, conflict: 'version', type, id };
      currents.push(current);
    }
    const touched = new Set<Scope>();
    for (const [index, write] of writes.entries()) touched.add(this.#write(namespace, write, currents[index]));
    const count = this.#connection.prepare('UPDATE scope SET current = ?, versions = ? WHERE scope = ?');
    for (const { scope, current, versions } of touched) count.run(current, versions, scope);
    return COMMITTED;
  }

  #isFulfilled(namespace: Namespace, { type, criterion, matches }: CommitCondition): boolean {
    const expected = new Set(matches);
    const query = { namespace, types: [type], criterion, limit: expected.size + 1, total: false };
    const steps = search(this.view(this.#connection, this.#lastRow), query);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    const found = step.value.matches;
    return found.length === expected.size && found.every(({ id }) => expected.has(id));
  }

  #findCurrent(namespace: Namespace, type: string, id: string): CurrentRow | undefined {
    const scope = this.#scopes.find(namespace, type);
    if (scope === undefined) return undefined;
    return this.#connection
      .prepareList<CurrentRow>('SELECT row, version, deleted FROM resource WHERE scope = ? AND id = ?')
      .get(scope.scope, id);
  }

  #write(namespace: Namespace, write: EncodedWrite, current: CurrentRow | undefined): Scope {
    const { type, id, expectedVersion, lastUpdated, method, json, entries } = write;
    const connection = this.#connection;
    const scope = this.#scopes.find(namespace, type) ?? this.#addScope(namespace, type);
    const row = this.#lastRow + 1;
    const version = expectedVersion + 1;
    const isDeleted = entries === null;
    this.#advanceClock(lastUpdated);
    connection
      .prepare('INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(row, scope.scope, id, version, lastUpdated, this.#clock, method, current?.[0] ?? null, entries, json);
    if (current === undefined) {
      connection
        .prepare('INSERT INTO resource VALUES (?, ?, ?, ?, ?, ?)')
        .run(scope.scope, id, row, version, lastUpdated, Number(isDeleted));
    } else {
      connection.prepare('INSERT INTO history VALUES (?, ?, ?, ?)').run(scope.scope, id, expectedVersion, current[0]);
      connection
        .prepare('UPDATE resource SET row = ?, version = ?, updated = ?, deleted = ? WHERE scope = ? AND id = ?')
        .run(row, version, lastUpdated, Number(isDeleted), scope.scope, id);
      this.#delta.replaced.set(current[0], row);
    }
    if (entries !== null) this.#delta.add(row, scope.scope, entries, this.#hash);
    this.#lastRow = row;
    scope.versions += 1;
    scope.current += Number(!isDeleted) - Number(current !== undefined && current[2] === 0);
    return scope;
  }

  #addScope(namespace: Namespace, type: string): Scope {
    const { lastInsertRowid } = this.#connection
      .prepare('INSERT INTO scope (namespace, type, current, versions) VALUES (?, ?, 0, 0)')
      .run(namespace, type);
    const scope = { scope: Number(lastInsertRowid), namespace, type, current: 0, versions: 0 };
    this.#scopes.add(scope);
    return scope;
  }

  /** Of several server processes' clocks, or of one that was set back, the greatest. */
  #advanceClock(updated: number): void {
    if (updated > this.#clock) this.#clock = updated;
    if (this.#clock - updated <= this.#drift) return;
    this.#drift = this.#clock - updated;
    writeSetting(this.#connection, 'drift', this.#drift);
  }
}
