/**
 * Groups of commits. Creates alone are one unordered bulk, each answered by its own result. Everything else goes into one
 * transaction: older versions into the history, the new ones into their place, conditions under a lock of their scope.
 */
import type { ClientSession } from 'mongodb';
import { matchCriterion } from '../match-criterion.js';
import type { CommitCondition, CommitResult, Namespace, ResourcePut } from '../store.js';
import type { PreparedCommit } from './commit-queue.js';
import type { Connection } from './connection.js';
import { queryFilter } from './criterion-filter.js';
import { fromKey, type ResourceDocument, scopeOf, toHistoryDocument } from './documents.js';
import { duplicatesOf } from './driver-error.js';
import { withTransaction } from './transaction.js';

const COMMITTED: CommitResult = { committed: true };

export async function writeGroup(connection: Connection, commits: readonly PreparedCommit[]): Promise<readonly CommitResult[]> {
  if (commits.every(isSingleCreate)) return insertEach(connection, commits);
  return withTransaction(connection, (session) => writeInTransaction(connection, commits, session));
}

function isSingleCreate({ commit: { puts, removes, conditions } }: PreparedCommit): boolean {
  return puts.length === 1 && puts[0]?.expectedVersion === 0 && removes.length === 0 && conditions.length === 0;
}

/** The key is unique: whatever is there, a version or the trace of a delete, refuses the create. */
async function insertEach({ resources }: Connection, commits: readonly PreparedCommit[]): Promise<readonly CommitResult[]> {
  const documents = commits.flatMap((commit) => commit.documents);
  try {
    await resources.insertMany(documents, { ordered: false });
    return commits.map(() => COMMITTED);
  } catch (error) {
    const duplicates = duplicatesOf(error);
    if (duplicates === undefined) throw error;
    return documents.map((document, index) => (duplicates.has(index) ? versionConflict(document) : COMMITTED));
  }
}

function versionConflict({ _id, c }: ResourceDocument): CommitResult {
  return { committed: false, conflict: 'version', ...fromKey(_id, c) };
}

async function writeInTransaction(
  connection: Connection,
  commits: readonly PreparedCommit[],
  session: ClientSession,
): Promise<readonly CommitResult[]> {
  await lock(connection, commits, session);
  const group = new Group(connection, session, await readCurrent(connection, commits, session));
  const results: CommitResult[] = [];
  for (const prepared of commits) {
    const result = (await group.findConflict(prepared)) ?? COMMITTED;
    if (result.committed) {
      // two versions of one resource are two groups, so that each is stored as it was for a while: the current one
      if (!group.hasRoomFor(prepared)) break;
      group.accept(prepared);
    }
    results.push(result);
  }
  await group.write();
  return results;
}

/**
 * Whoever has a condition writes to the locks of the types that it looks at and of those that it writes: of two such
 * commits that could change each other's answer only one goes through, and the other looks again.
 */
async function lock({ locks }: Connection, commits: readonly PreparedCommit[], session: ClientSession): Promise<void> {
  const scopes = new Set<string>();
  for (const { commit, documents } of commits) {
    if (commit.conditions.length === 0) continue;
    for (const { type } of commit.conditions) scopes.add(scopeOf(commit.namespace, type));
    for (const { c } of documents) scopes.add(c);
  }
  if (scopes.size === 0) return;
  const updates = [...scopes].sort().map((_id) => ({ updateOne: { filter: { _id }, update: { $inc: { n: 1 } }, upsert: true } }));
  await locks.bulkWrite(updates, { session });
}

async function readCurrent(
  { resources }: Connection,
  commits: readonly PreparedCommit[],
  session: ClientSession,
): Promise<ReadonlyMap<string, ResourceDocument>> {
  const keys = [...new Set(commits.flatMap(({ documents }) => documents.map(({ _id }) => _id)))];
  if (keys.length === 0) return new Map();
  const found = await resources.find({ _id: { $in: keys } }, { projection: { x: 0, d: 0 }, session }).toArray();
  return new Map(found.map((document): [string, ResourceDocument] => [document._id, document]));
}

interface AcceptedWrite {
  readonly document: ResourceDocument;
  /** Absent: a delete. */
  readonly put: ResourcePut | undefined;
}

/** What the commits of one transaction do so far, not written yet. */
class Group {
  readonly #connection: Connection;
  readonly #session: ClientSession;
  readonly #current: ReadonlyMap<string, ResourceDocument>;
  readonly #accepted = new Map<string, AcceptedWrite>();

  constructor(connection: Connection, session: ClientSession, current: ReadonlyMap<string, ResourceDocument>) {
    this.#connection = connection;
    this.#session = session;
    this.#current = current;
  }

  async findConflict({ commit, documents }: PreparedCommit): Promise<CommitResult | undefined> {
    for (const [condition, value] of commit.conditions.entries()) {
      if (!(await this.#holds(commit.namespace, value))) return { committed: false, conflict: 'condition', condition };
    }
    for (const document of documents) {
      const latest = this.#accepted.get(document._id)?.document ?? this.#current.get(document._id);
      if ((latest?.v ?? 0) !== document.v - 1) return versionConflict(document);
    }
    return undefined;
  }

  hasRoomFor({ documents }: PreparedCommit): boolean {
    return documents.every(({ _id }) => !this.#accepted.has(_id));
  }

  accept({ commit: { puts }, documents }: PreparedCommit): void {
    for (const [index, document] of documents.entries()) this.#accepted.set(document._id, { document, put: puts[index] });
  }

  async write(): Promise<void> {
    const { resources, history } = this.#connection;
    const session = this.#session;
    const accepted = [...this.#accepted.values()].map(({ document }) => document);
    const replaced = accepted.flatMap(({ _id }) => this.#current.get(_id) ?? []);
    if (replaced.length > 0) await history.insertMany(replaced.map(toHistoryDocument), { session });
    if (accepted.length === 0) return;
    if (replaced.length === 0) {
      await resources.insertMany(accepted, { session });
      return;
    }
    // one kind of operation, so that the clock gives its instants in the order of the commits
    const writes = accepted.map(({ _id, ...replacement }) => ({ replaceOne: { filter: { _id }, replacement, upsert: true } }));
    await resources.bulkWrite(writes, { session });
  }

  /** What is stored, with what this group has accepted laid over it. */
  async #holds(namespace: Namespace, { type, criterion, matches }: CommitCondition): Promise<boolean> {
    const scope = scopeOf(namespace, type);
    const written = [...this.#accepted.values()].filter(({ document }) => document.c === scope);
    const expected = new Set(matches);
    const found = await this.#connection.resources
      .find(queryFilter({ namespace, types: [type], criterion }), {
        projection: { c: 1 },
        limit: expected.size + written.length + 1,
        session: this.#session,
      })
      .toArray();
    const ids = new Set(found.map(({ _id, c }) => fromKey(_id, c).id));
    for (const { document, put } of written) {
      const { id } = fromKey(document._id, scope);
      if (put !== undefined && matchCriterion(criterion, put)) ids.add(id);
      else ids.delete(id);
    }
    return ids.size === expected.size && [...ids].every((id) => expected.has(id));
  }
}
