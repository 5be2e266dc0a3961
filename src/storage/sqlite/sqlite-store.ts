/**
 * The embedded store: one file, one process. Writes, searches and histories go to a thread of their own; single versions are
 * read here. README.md of src/storage has the tables and what was measured.
 */
import {
  assertCommit,
  type Commit,
  type CommitResult,
  type HistoryQuery,
  type Namespace,
  type ResourceVersion,
  type Store,
  StoreError,
  type StoreHealth,
  type StorePage,
  type StoreQuery,
} from '../store.js';
import { type Connection, toStoreError } from './connection.js';
import { encodeCommit } from './encoded-commit.js';
import type { EngineOptions } from './engine.js';
import { openFile } from './open-file.js';
import { PointReads } from './point-reads.js';
import { StoreThreadClient } from './store-thread-client.js';

interface Opened {
  readonly thread: StoreThreadClient;
  readonly reads: PointReads;
}

export class SqliteStore implements Store {
  readonly #path: string;
  readonly #options: EngineOptions;
  readonly #lock: Connection;
  #opened: Opened | undefined;
  #opening: Promise<Opened> | undefined;
  #isClosed = false;

  /** Throws StoreError when the file cannot be used as a store. */
  constructor(path: string, options: EngineOptions = {}) {
    this.#path = path;
    this.#options = options;
    this.#lock = openFile(path);
  }

  async get(namespace: Namespace, type: string, id: string): Promise<ResourceVersion | undefined> {
    return this.#read((reads) => reads.get(namespace, type, id));
  }

  async getMany(
    namespace: Namespace,
    keys: readonly { readonly type: string; readonly id: string }[],
  ): Promise<readonly (ResourceVersion | undefined)[]> {
    return this.#read((reads) => reads.getMany(namespace, keys));
  }

  async getVersion(namespace: Namespace, type: string, id: string, versionId: number): Promise<ResourceVersion | undefined> {
    return this.#read((reads) => reads.getVersion(namespace, type, id, versionId));
  }

  async history(query: HistoryQuery): Promise<StorePage> {
    return this.#open().thread.call({ name: 'history', query });
  }

  async search(query: StoreQuery): Promise<StorePage> {
    return this.#open().thread.call({ name: 'search', query });
  }

  async count(query: Pick<StoreQuery, 'namespace' | 'types' | 'criterion'>): Promise<number> {
    return this.#open().thread.call({ name: 'count', query });
  }

  async commit(commit: Commit): Promise<CommitResult> {
    assertCommit(commit);
    return this.#open().thread.call({ name: 'commit', commit: encodeCommit(commit) });
  }

  async migrate(): Promise<void> {
    if (this.#isClosed) throw closedError();
    this.#opening ??= this.#start();
    const opened = await this.#opening;
    if (this.#isClosed) throw closedError();
    this.#opened = opened;
  }

  async health(): Promise<StoreHealth> {
    try {
      return await this.#open().thread.call({ name: 'health' });
    } catch (error) {
      return { ready: false, message: toStoreError(error, this.#path).message };
    }
  }

  /** Commits that were asked for before are still made; searches under way are rejected. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#opened = undefined;
    // a start that failed has been answered, and left nothing open
    const opened = await this.#opening?.catch(() => undefined);
    try {
      opened?.reads.close();
      await opened?.thread.call({ name: 'close' });
    } finally {
      await opened?.thread.stop(closedError());
      this.#lock.close();
    }
  }

  async #start(): Promise<Opened> {
    const thread = new StoreThreadClient(this.#path);
    try {
      await thread.call({ name: 'open', path: this.#path, options: this.#options });
      return { thread, reads: new PointReads(this.#path) };
    } catch (error) {
      this.#opening = undefined;
      const failure = toStoreError(error, this.#path);
      await thread.stop(failure);
      throw failure;
    }
  }

  #open(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    throw this.#isClosed ? closedError() : new StoreError('unavailable', `${this.#path} has not been prepared: call migrate first`);
  }

  #read<Result>(read: (reads: PointReads) => Result): Result {
    const { reads } = this.#open();
    try {
      return read(reads);
    } catch (error) {
      throw toStoreError(error, this.#path);
    }
  }
}

function closedError(): StoreError {
  return new StoreError('unavailable', 'The store is closed');
}
