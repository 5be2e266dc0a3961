/** What a search reads: one state of the tables, the deltas that belong to it, and the numbers of namespaces and types. */
import type { Namespace } from '../store.js';
import type { Connection } from './connection.js';
import type { Delta } from './delta.js';
import type { TermHash } from './term-hash.js';

/** One resource type of one namespace. */
export interface Scope {
  readonly scope: number;
  readonly type: string;
  /** Number of current resources. */
  current: number;
}

export class Scopes {
  readonly #scopes = new Map<Namespace, Map<string, Scope>>();
  readonly #byNumber = new Map<number, Scope>();

  find(namespace: Namespace, type: string): Scope | undefined {
    return this.#scopes.get(namespace)?.get(type);
  }

  get(scope: number): Scope | undefined {
    return this.#byNumber.get(scope);
  }

  add(namespace: Namespace, scope: Scope): void {
    const types = this.#scopes.get(namespace);
    if (types === undefined) this.#scopes.set(namespace, new Map([[scope.type, scope]]));
    else types.set(scope.type, scope);
    this.#byNumber.set(scope.scope, scope);
  }

  remove(namespace: Namespace, scope: Scope): void {
    this.#scopes.get(namespace)?.delete(scope.type);
    this.#byNumber.delete(scope.scope);
  }
}

export interface View {
  readonly connection: Connection;
  readonly hash: TermHash;
  readonly scopes: Scopes;
  readonly deltas: readonly Delta[];
  /** Versions written after this row do not count. */
  readonly lastRow: number;
}

/** Whether a row that the index gave is no longer a current version. */
export function isReplaced(view: View, row: number): boolean {
  for (const delta of view.deltas) {
    const by = delta.replaced.get(row);
    if (by !== undefined && by <= view.lastRow) return true;
  }
  return false;
}

export interface Candidate {
  readonly row: number;
  readonly id: string;
  readonly updated: number;
  readonly entries: Buffer;
}

type CandidateRow = readonly [scope: number, id: string, updated: number, entries: Buffer | null];

/** Undefined when there is no such row in this scope: a collision of hashes, or a version that this view does not see. */
export function readCandidate(view: View, { scope }: Scope, row: number): Candidate | undefined {
  const found = view.connection.prepareList<CandidateRow>('SELECT scope, id, updated, entries FROM version WHERE row = ?').get(row);
  if (found === undefined || found[0] !== scope || found[3] === null) return undefined;
  return { row, id: found[1], updated: found[2], entries: found[3] };
}
