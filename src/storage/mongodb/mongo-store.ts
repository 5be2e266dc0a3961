/** The store to grow on: a replica set of MongoDB, for any number of servers at once. */
import { setTimeout as sleep } from 'node:timers/promises';
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
import { type CommitQueue, createCommitQueue } from './commit-queue.js';
import { type Connection, connect, createConnection } from './connection.js';
import {
  fromHistoryDocument,
  fromResourceDocument,
  type HistoryDocument,
  keyOf,
  type ResourceDocument,
  toResourceDocuments,
} from './documents.js';
import { toStoreError } from './driver-error.js';
import { history } from './history.js';
import { prepare } from './schema.js';
import { count, search } from './search.js';
import { writeGroup } from './write-group.js';

const WITHOUT_INDEX = { projection: { x: 0, d: 0 } } as const;
const HEALTH_TIMEOUT_MS = 2_000;
/** A stop does not wait longer for a MongoDB that does not answer. */
const CLOSE_TIMEOUT_MS = 5_000;

export class MongoStore implements Store {
  readonly #connection: Connection;
  readonly #queues = new Map<Namespace, CommitQueue>();
  #opening: Promise<void> | undefined;
  #isOpen = false;
  #isClosed = false;

  /** Throws StoreError for a URL that is none of MongoDB; nothing is asked of the network before `migrate`. */
  constructor(url: string) {
    this.#connection = createConnection(url);
  }

  async get(namespace: Namespace, type: string, id: string): Promise<ResourceVersion | undefined> {
    return this.#call(async ({ resources }) => {
      const found = await resources.findOne({ _id: keyOf(namespace, type, id) }, WITHOUT_INDEX);
      return found === null ? undefined : fromResourceDocument(found);
    });
  }

  async getMany(
    namespace: Namespace,
    keys: readonly { readonly type: string; readonly id: string }[],
  ): Promise<readonly (ResourceVersion | undefined)[]> {
    return this.#call(async ({ resources }) => {
      if (keys.length === 0) return [];
      const names = keys.map(({ type, id }) => keyOf(namespace, type, id));
      const found: readonly ResourceDocument[] = await resources.find({ _id: { $in: [...new Set(names)] } }, WITHOUT_INDEX).toArray();
      const versions = new Map(found.map((document): [string, ResourceVersion] => [document._id, fromResourceDocument(document)]));
      return names.map((name) => versions.get(name));
    });
  }

  async getVersion(namespace: Namespace, type: string, id: string, versionId: number): Promise<ResourceVersion | undefined> {
    return this.#call(async ({ resources, history: replaced }) => {
      const key = keyOf(namespace, type, id);
      // the current one first: what it is not (any more) the history has
      const current: ResourceDocument | null = await resources.findOne({ _id: key }, WITHOUT_INDEX);
      if (current === null) return undefined;
      if (current.v === versionId) return fromResourceDocument(current);
      const found: HistoryDocument | null = versionId < current.v ? await replaced.findOne({ _id: `${key}/${versionId}` }) : null;
      return found === null ? undefined : fromHistoryDocument(found);
    });
  }

  async history(query: HistoryQuery): Promise<StorePage> {
    return this.#call((connection) => history(connection, query));
  }

  async search(query: StoreQuery): Promise<StorePage> {
    return this.#call((connection) => search(connection, query));
  }

  async count(query: Pick<StoreQuery, 'namespace' | 'types' | 'criterion'>): Promise<number> {
    return this.#call((connection) => count(connection, query));
  }

  async commit(commit: Commit): Promise<CommitResult> {
    assertCommit(commit);
    return this.#call(() => this.#queue(commit.namespace).add({ commit, documents: toResourceDocuments(commit) }));
  }

  async migrate(): Promise<void> {
    this.#assertNotClosed();
    this.#opening ??= this.#start();
    await this.#opening;
    this.#assertNotClosed();
    this.#isOpen = true;
  }

  async health(): Promise<StoreHealth> {
    try {
      const hello = await this.#call(({ database }) => withinTime(database.admin().command({ hello: 1 })));
      if (hello['isWritablePrimary'] === true) return { ready: true };
      return { ready: false, message: 'MongoDB has no primary that takes writes: wait for an election, or bring members back' };
    } catch {
      // probes are open to all: the addresses that a StoreError names are not for them
      const message = this.#isClosed ? 'The store is closed' : 'MongoDB does not answer: look at its members, and at the network to them';
      return { ready: false, message };
    }
  }

  /** Commits that were asked for before are still made, while MongoDB answers. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#opening?.catch(() => undefined);
    const drained = Promise.all([...this.#queues.values()].map((queue) => queue.drained()));
    const timer = new AbortController();
    await Promise.race([drained, sleep(CLOSE_TIMEOUT_MS, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    await this.#connection.client.close();
  }

  async #start(): Promise<void> {
    try {
      await connect(this.#connection);
      await prepare(this.#connection);
    } catch (error) {
      this.#opening = undefined;
      throw toStoreError(error);
    }
  }

  /** Nothing but StoreError leaves. */
  async #call<Result>(read: (connection: Connection) => Promise<Result>): Promise<Result> {
    this.#assertNotClosed();
    if (!this.#isOpen) throw new StoreError('unavailable', 'The store has not been prepared: call migrate first');
    try {
      return await read(this.#connection);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  #queue(namespace: Namespace): CommitQueue {
    const known = this.#queues.get(namespace);
    if (known !== undefined) return known;
    const queue = createCommitQueue(
      (commits) => writeGroup(this.#connection, commits),
      (error) => toStoreError(error).code === 'unavailable',
      () => this.#queues.delete(namespace),
    );
    this.#queues.set(namespace, queue);
    return queue;
  }

  #assertNotClosed(): void {
    if (this.#isClosed) throw new StoreError('unavailable', 'The store is closed');
  }
}

/** A probe is answered soon, whatever the network does. */
async function withinTime<Result>(work: Promise<Result>): Promise<Result> {
  const timer = new AbortController();
  const late = sleep(HEALTH_TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => {
    throw new StoreError('unavailable', `MongoDB did not answer within ${HEALTH_TIMEOUT_MS / 1000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
    await late.catch(() => undefined);
  }
}
