/** Commits of one namespace in the order in which they were asked for, as many at once as one write can take. */
import { type Commit, type CommitResult, StoreError } from '../store.js';
import type { ResourceDocument } from './documents.js';

export interface PreparedCommit {
  readonly commit: Commit;
  /** What its puts and removes write, in that order. */
  readonly documents: readonly ResourceDocument[];
}

/** Of one commit of a group: what became of it, or why it failed by itself. */
export type GroupResult = CommitResult | StoreError;

/** Answers the first of these commits, one at least; the others are asked again. */
export type WriteGroup = (commits: readonly PreparedCommit[]) => Promise<readonly GroupResult[]>;

interface Waiting extends PreparedCommit {
  readonly units: number;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_COMMITS = 256;
/** UTF-16 units of JSON text. */
const MAX_UNITS = 8 * 1024 * 1024;

export interface CommitQueue {
  add(prepared: PreparedCommit): Promise<CommitResult>;
  /** Resolves when nothing waits. */
  drained(): Promise<void>;
}

/** `isShared`: whether the failure befell all commits of a group, and not one of them. */
export function createCommitQueue(write: WriteGroup, isShared: (error: unknown) => boolean, onIdle: () => void): CommitQueue {
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    // those that are asked for in the same turn go together
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const group = waiting.slice(0, groupSize(waiting));
      const answered = await writeGroup(group, write, isShared);
      waiting = waiting.slice(answered);
    }
    running = undefined;
    onIdle();
  };

  return {
    add: (prepared) =>
      new Promise((resolve, reject) => {
        waiting.push({ ...prepared, units: unitsOf(prepared.commit), resolve, reject });
        running ??= run();
      }),
    drained: async () => running,
  };
}

function unitsOf({ puts }: Commit): number {
  return puts.reduce((sum, { json }) => sum + json.length, 0);
}

function groupSize(waiting: readonly Waiting[]): number {
  let units = 0;
  for (const [index, commit] of waiting.entries()) {
    units += commit.units;
    if (index > 0 && (index === MAX_COMMITS || units > MAX_UNITS)) return index;
  }
  return waiting.length;
}

/** How many were answered. One that fails by itself must not take the others with it: they are then written one by one. */
async function writeGroup(group: readonly Waiting[], write: WriteGroup, isShared: (error: unknown) => boolean): Promise<number> {
  try {
    const results = await write(group);
    for (const [index, result] of results.entries()) {
      if (result instanceof StoreError) group[index]?.reject(result);
      else group[index]?.resolve(result);
    }
    return results.length;
  } catch (error) {
    if (group.length > 1 && !isShared(error)) {
      for (const commit of group) await writeGroup([commit], write, isShared);
    } else {
      for (const { reject } of group) reject(error);
    }
    return group.length;
  }
}
