/**
 * The store's work, one turn at a time: a group of commits, slices of searches, a slice of a merge. It runs in whatever thread
 * made it, and gives way to that thread's messages between two turns.
 */
import {
  type CommitResult,
  type HistoryQuery,
  StoreError,
  type StoreErrorCode,
  type StoreHealth,
  type StorePage,
  type StoreQuery,
} from '../store.js';
import { Connection, toStoreError } from './connection.js';
import type { EncodedCommit } from './encoded-commit.js';
import { history } from './history.js';
import { QueryRunner } from './query-runner.js';
import { prepareStore } from './schema.js';
import { count, search } from './search.js';
import type { View } from './view.js';
import { Writer } from './writer.js';

export interface EngineOptions {
  /** Width of the index terms' hashes in a store that is made now; tests make it small to see collisions. */
  readonly hashBits?: number;
  /** Number of versions whose index entries are merged together. */
  readonly mergeSize?: number;
}

/** Writes that share a transaction at most, so that no caller waits long for others; a single commit may hold more. */
const GROUP_WRITES = 1000;
/** Of encoded index entries in a group at most, which a thousand usual versions do not have; a single commit may have more. */
const GROUP_BYTES = 2_097_152;
const MERGE_SIZE = 4096;
const MERGE_SLICE_MS = 2;
/** While more waits than a merge should hold. */
const LATE_MERGE_SLICE_MS = 20;
const QUERY_SLICE_MS = 2;

/** What befalls every commit alike: to try each by itself would only take longer. */
const SHARED_FAULTS: readonly StoreErrorCode[] = ['locked', 'corrupt', 'read-only'];

type Work = 'commit' | 'query' | 'merge';
/** What comes after what. */
const ROTATION: Readonly<Record<Work, readonly Work[]>> = {
  commit: ['query', 'merge', 'commit'],
  query: ['merge', 'commit', 'query'],
  merge: ['commit', 'query', 'merge'],
};

interface Waiting {
  readonly commit: EncodedCommit;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: StoreError) => void;
}

export class Engine {
  readonly #path: string;
  readonly #mergeSize: number;
  readonly #connection: Connection;
  readonly #writer: Writer;
  readonly #queries: QueryRunner;
  readonly #commits: Waiting[] = [];
  #last: Work = 'merge';
  #isScheduled = false;
  #isClosed = false;
  /** Why the last write failed; undefined when it did not. */
  #fault: StoreError | undefined;

  /** Makes or upgrades the tables. Throws StoreError where the file cannot be used; it is then as it was. */
  constructor(path: string, { hashBits, mergeSize = MERGE_SIZE }: EngineOptions = {}) {
    this.#path = path;
    this.#mergeSize = mergeSize;
    const connection = new Connection(path);
    try {
      prepareStore(connection, hashBits);
      this.#writer = new Writer(connection);
    } catch (error) {
      connection.close();
      throw toStoreError(error, path);
    }
    this.#connection = connection;
    this.#queries = new QueryRunner(path, (reader, lastRow) => this.#writer.view(reader, lastRow));
  }

  async commit(commit: EncodedCommit): Promise<CommitResult> {
    this.#assertOpen();
    return new Promise((resolve, reject) => {
      this.#commits.push({ commit, resolve, reject });
      this.#schedule();
    });
  }

  async search(query: StoreQuery): Promise<StorePage> {
    return this.#run((view) => search(view, query));
  }

  async count(query: Pick<StoreQuery, 'namespace' | 'types' | 'criterion'>): Promise<number> {
    return this.#run((view) => count(view, query));
  }

  async history(query: HistoryQuery): Promise<StorePage> {
    return this.#run((view) => history(view, query));
  }

  /** After a write that failed, whether one can be made now. */
  async health(): Promise<StoreHealth> {
    this.#assertOpen();
    if (this.#fault !== undefined) this.#attempt(() => this.#writer.probe());
    return this.#fault === undefined ? { ready: true } : { ready: false, message: this.#fault.message };
  }

  /** Commits that wait are still made; searches that are not done are rejected. */
  close(): void {
    if (this.#isClosed) return;
    while (this.#commits.length > 0) this.#commitGroup();
    this.#isClosed = true;
    this.#queries.close();
    this.#connection.close();
  }

  #run<Result>(steps: (view: View) => Generator<void, Result>): Promise<Result> {
    this.#assertOpen();
    const result = this.#queries.add(steps);
    this.#schedule();
    return result;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StoreError('unavailable', 'The store is closed');
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  /** One kind of work at a time: what it resolved goes out, and what arrived comes in, before the next. */
  #turn(): void {
    this.#isScheduled = false;
    if (this.#isClosed) return;
    const next = this.#findWork();
    if (next === undefined) return;
    this.#last = next;
    if (next === 'commit') this.#commitGroup();
    else if (next === 'query') this.#queries.advance(QUERY_SLICE_MS);
    else this.#mergeSlice();
    if (this.#findWork() !== undefined) this.#schedule();
  }

  /** In rotation, so that none waits for more than one turn of each other. */
  #findWork(): Work | undefined {
    const isDue = { commit: this.#commits.length > 0, query: !this.#queries.isIdle, merge: this.#isMergeDue() };
    return ROTATION[this.#last].find((work) => isDue[work]);
  }

  #commitGroup(): void {
    const group = this.#takeGroup();
    const results = this.#attempt(() => this.#writer.commit(group.map(({ commit }) => commit)));
    if (results !== undefined) {
      for (const [index, { resolve }] of group.entries()) resolve(results[index] as CommitResult);
      return;
    }
    const fault = this.#fault as StoreError;
    const isShared = group.length === 1 || SHARED_FAULTS.includes(fault.code);
    for (const { commit, resolve, reject } of group) {
      // what one commit is at fault for is not to be the others' failure
      const result = isShared ? undefined : this.#attempt(() => this.#writer.commit([commit]));
      if (result !== undefined) resolve(result[0] as CommitResult);
      else reject(this.#fault ?? fault);
    }
  }

  #takeGroup(): readonly Waiting[] {
    let writes = 0;
    let bytes = 0;
    let size = 0;
    for (const { commit } of this.#commits) {
      writes += commit.writes.length;
      for (const { entries } of commit.writes) bytes += entries?.byteLength ?? 0;
      if (size > 0 && (writes > GROUP_WRITES || bytes > GROUP_BYTES)) break;
      size += 1;
    }
    return this.#commits.splice(0, size);
  }

  /** After a failure the next commit tries first whether writing is possible again. */
  #isMergeDue(): boolean {
    return this.#fault === undefined && (this.#writer.isMerging || this.#writer.unmerged >= this.#mergeSize);
  }

  #mergeSlice(): void {
    const budgetMs = this.#writer.isMerging && this.#writer.unmerged > this.#mergeSize ? LATE_MERGE_SLICE_MS : MERGE_SLICE_MS;
    this.#attempt(() => this.#writer.merge(budgetMs));
  }

  /** Undefined when it failed, which is then the fault. */
  #attempt<Result>(write: () => Result): Result | undefined {
    try {
      const result = write();
      this.#fault = undefined;
      return result;
    } catch (error) {
      this.#fault = toStoreError(error, this.#path);
      return undefined;
    }
  }
}
