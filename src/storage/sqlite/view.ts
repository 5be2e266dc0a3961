/** What a search reads: one state of the tables, the deltas that belong to it, and the numbers of namespaces and types. */
import type { Namespace, ResourceVersion } from '../store.js';
import type { Connection } from './connection.js';
import type { Delta } from './delta.js';
import { METHODS } from './schema.js';
import type { TermHash } from './term-hash.js';

/** One resource type of one namespace. */
export interface Scope {
  readonly scope: number;
  readonly namespace: Namespace;
  readonly type: string;
  /** Number of current resources. */
  current: number;
  /** Number of versions, deletes among them. */
  versions: number;
}

export class Scopes {
  readonly #scopes = new Map<Namespace, Map<string, Scope>>();

  constructor(scopes: readonly Scope[]) {
    for (const scope of scopes) this.add(scope);
  }

  find(namespace: Namespace, type: string): Scope | undefined {
    return this.#scopes.get(namespace)?.get(type);
  }

  list(namespace: Namespace): readonly Scope[] {
    return [...(this.#scopes.get(namespace)?.values() ?? [])];
  }

  add(scope: Scope): void {
    const types = this.#scopes.get(scope.namespace);
    if (types === undefined) this.#scopes.set(scope.namespace, new Map([[scope.type, scope]]));
    else types.set(scope.type, scope);
  }
}

export interface View {
  readonly connection: Connection;
  readonly hash: TermHash;
  readonly scopes: Scopes;
  readonly deltas: readonly Delta[];
  /** The last row of this state: what the deltas know of later ones does not count. */
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

/** Columns of `version` that make a ResourceVersion, in the order of VersionRow. */
export const VERSION_COLUMNS = 'id, version, updated, method, json';

export type VersionRow = readonly [id: string, version: number, updated: number, method: number, json: string | null];

export function toResourceVersion(type: string, [id, versionId, lastUpdated, method, json]: VersionRow): ResourceVersion {
  return { type, id, versionId, lastUpdated, method: METHODS[method] ?? 'PUT', json: json ?? undefined };
}

/** `row` must be one of this view and this type. */
export function readVersion(view: View, type: string, row: number): ResourceVersion {
  const found = view.connection.prepareList<VersionRow>(`SELECT ${VERSION_COLUMNS} FROM version WHERE row = ?`).get(row);
  if (found === undefined) throw new Error(`Row ${row} of ${type} is gone within one transaction`);
  return toResourceVersion(type, found);
}
