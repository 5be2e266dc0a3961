/** What the commits of one transaction do so far, laid over what is stored; nothing of it is written yet. */
import { matchCriterion } from '../match-criterion.js';
import type { CommitCondition, CommitResult, Namespace, ResourcePut } from '../store.js';
import type { PreparedCommit } from './commit-queue.js';
import type { FindMatches } from './conditions.js';
import { fromKey, type ResourceDocument, scopeOf } from './documents.js';

interface PendingWrite {
  readonly document: ResourceDocument;
  /** Absent: a delete. */
  readonly put: ResourcePut | undefined;
}

export class PendingWrites {
  readonly #current: ReadonlyMap<string, ResourceDocument>;
  readonly #findMatches: FindMatches;
  readonly #pending = new Map<string, PendingWrite>();

  constructor(current: ReadonlyMap<string, ResourceDocument>, findMatches: FindMatches) {
    this.#current = current;
    this.#findMatches = findMatches;
  }

  /** In the order of the commits. */
  get written(): readonly ResourceDocument[] {
    return [...this.#pending.values()].map(({ document }) => document);
  }

  get replaced(): readonly ResourceDocument[] {
    return this.written.flatMap(({ _id }) => this.#current.get(_id) ?? []);
  }

  findConflict({ commit, documents }: PreparedCommit): CommitResult | undefined {
    const condition = commit.conditions.findIndex((value) => !this.#holds(commit.namespace, value));
    if (condition >= 0) return { committed: false, conflict: 'condition', condition };
    for (const { _id, c, v } of documents) {
      const latest = this.#pending.get(_id)?.document ?? this.#current.get(_id);
      if ((latest?.v ?? 0) !== v - 1) return { committed: false, conflict: 'version', ...fromKey(_id, c) };
    }
    return undefined;
  }

  hasRoomFor({ documents }: PreparedCommit): boolean {
    return documents.every(({ _id }) => !this.#pending.has(_id));
  }

  add({ commit: { puts }, documents }: PreparedCommit): void {
    for (const [index, document] of documents.entries()) this.#pending.set(document._id, { document, put: puts[index] });
  }

  #holds(namespace: Namespace, condition: CommitCondition): boolean {
    const scope = scopeOf(namespace, condition.type);
    const ids = new Set(this.#findMatches(condition));
    for (const { document, put } of this.#pending.values()) {
      if (document.c !== scope) continue;
      const { id } = fromKey(document._id, scope);
      if (put !== undefined && matchCriterion(condition.criterion, put)) ids.add(id);
      else ids.delete(id);
    }
    const expected = new Set(condition.matches);
    return ids.size === expected.size && [...ids].every((id) => expected.has(id));
  }
}
