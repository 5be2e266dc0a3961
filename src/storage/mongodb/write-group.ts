/**
 * Groups of commits. Creates alone are one unordered bulk, each answered by its own result. Everything else goes into one
 * transaction: older versions into the history, the new ones into their place, conditions under a lock of their scope.
 */
import type { ClientSession } from 'mongodb';
import type { CommitResult } from '../store.js';
import type { GroupResult, PreparedCommit } from './commit-queue.js';
import { type FindMatches, readConditions } from './conditions.js';
import type { Connection } from './connection.js';
import { fromKey, type ResourceDocument, scopeOf, toHistoryDocument } from './documents.js';
import { failuresOf } from './driver-error.js';
import { PendingWrites } from './pending-writes.js';
import { withTransaction } from './transaction.js';

const COMMITTED: CommitResult = { committed: true };

export async function writeGroup(connection: Connection, commits: readonly PreparedCommit[]): Promise<readonly GroupResult[]> {
  if (commits.every(isSingleCreate)) return insertEach(connection, commits);
  return withTransaction(connection, (session, isFirstTry) => writeInTransaction(connection, commits, session, isFirstTry));
}

function isSingleCreate({ commit: { puts, removes, conditions } }: PreparedCommit): boolean {
  return puts.length === 1 && puts[0]?.expectedVersion === 0 && removes.length === 0 && conditions.length === 0;
}

/** The key is unique: whatever is there, a version or the trace of a delete, refuses the create. */
async function insertEach({ resources }: Connection, commits: readonly PreparedCommit[]): Promise<readonly GroupResult[]> {
  const documents = commits.flatMap((commit) => commit.documents);
  try {
    await resources.insertMany(documents, { ordered: false });
    return commits.map(() => COMMITTED);
  } catch (error) {
    const failures = failuresOf(error);
    if (failures === undefined) throw error;
    return documents.map(({ _id, c }, index): GroupResult => {
      const failure = failures.get(index);
      if (failure === 'duplicate') return { committed: false, conflict: 'version', ...fromKey(_id, c) };
      return failure ?? COMMITTED;
    });
  }
}

async function writeInTransaction(
  connection: Connection,
  commits: readonly PreparedCommit[],
  session: ClientSession,
  isFirstTry: boolean,
): Promise<readonly CommitResult[]> {
  await lock(connection, commits, session);
  const findMatches = await readConditions(connection, commits, session);
  let decision = decide(commits, await readCurrent(connection, commits, session, isFirstTry), findMatches);
  if (isFirstTry && decision.results.some((result) => !result.committed && result.conflict === 'version')) {
    // which write stood in the way first is known when all were looked for
    decision = decide(commits, await readCurrent(connection, commits, session, false), findMatches);
  }
  await write(connection, decision.pending, session);
  return decision.results;
}

interface Decision {
  readonly pending: PendingWrites;
  readonly results: readonly CommitResult[];
}

function decide(commits: readonly PreparedCommit[], current: ReadonlyMap<string, ResourceDocument>, findMatches: FindMatches): Decision {
  const pending = new PendingWrites(current, findMatches);
  const results: CommitResult[] = [];
  for (const prepared of commits) {
    const conflict = pending.findConflict(prepared);
    // two versions of one resource are two groups, so that each is the current one for a while
    if (conflict === undefined && !pending.hasRoomFor(prepared)) break;
    if (conflict === undefined) pending.add(prepared);
    results.push(conflict ?? COMMITTED);
  }
  return { pending, results };
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

/** The first try takes it that what is to be created is not there; if it is, the unique key says so, and the next try looks. */
async function readCurrent(
  { resources }: Connection,
  commits: readonly PreparedCommit[],
  session: ClientSession,
  isFirstTry: boolean,
): Promise<ReadonlyMap<string, ResourceDocument>> {
  const documents = commits.flatMap((prepared) => prepared.documents);
  const sought = isFirstTry ? documents.filter(({ v }) => v > 1) : documents;
  if (sought.length === 0) return new Map();
  const keys = new Set(sought.map(({ _id }) => _id));
  const found = await resources.find({ _id: { $in: [...keys] } }, { projection: { x: 0, d: 0 }, session }).toArray();
  return new Map(found.map((document): [string, ResourceDocument] => [document._id, document]));
}

async function write({ resources, history }: Connection, pending: PendingWrites, session: ClientSession): Promise<void> {
  const { written, replaced } = pending;
  if (replaced.length > 0) await history.insertMany(replaced.map(toHistoryDocument), { session });
  if (written.length === 0) return;
  if (replaced.length === 0) {
    await resources.insertMany([...written], { session });
    return;
  }
  // one kind of operation, so that the clock gives its instants in the order of the commits
  const writes = written.map(({ _id, ...replacement }) => ({ replaceOne: { filter: { _id }, replacement, upsert: true } }));
  await resources.bulkWrite(writes, { session });
}
