/** Reads of single versions by their key: cheap enough for the main thread, on a connection of its own. */
import type { Namespace, ResourceVersion } from '../store.js';
import { Connection } from './connection.js';
import { toResourceVersion, VERSION_COLUMNS, type VersionRow } from './view.js';

const VERSION = `SELECT ${VERSION_COLUMNS} FROM version WHERE row =`;
const LATEST = `${VERSION} (SELECT row FROM resource WHERE scope = ? AND id = ?)`;
const NUMBERED = `${VERSION} coalesce((SELECT row FROM resource WHERE scope = ? AND id = ? AND version = ?),
  (SELECT row FROM history WHERE scope = ? AND id = ? AND version = ?))`;

export class PointReads {
  readonly #connection: Connection;
  /** Numbers of scopes by namespace, then type. They never change, and never go. */
  readonly #scopes = new Map<Namespace, Map<string, number>>();

  constructor(path: string) {
    this.#connection = new Connection(path, { readonly: true });
  }

  get(namespace: Namespace, type: string, id: string): ResourceVersion | undefined {
    const scope = this.#findScope(namespace, type);
    if (scope === undefined) return undefined;
    const row = this.#connection.prepareList<VersionRow>(LATEST).get(scope, id);
    return row === undefined ? undefined : toResourceVersion(type, row);
  }

  /** All of one state of the store. */
  getMany(namespace: Namespace, keys: readonly { readonly type: string; readonly id: string }[]): readonly (ResourceVersion | undefined)[] {
    this.#connection.beginRead();
    try {
      return keys.map(({ type, id }) => this.get(namespace, type, id));
    } finally {
      this.#connection.rollback();
    }
  }

  getVersion(namespace: Namespace, type: string, id: string, versionId: number): ResourceVersion | undefined {
    const scope = this.#findScope(namespace, type);
    if (scope === undefined) return undefined;
    const row = this.#connection.prepareList<VersionRow>(NUMBERED).get(scope, id, versionId, scope, id, versionId);
    return row === undefined ? undefined : toResourceVersion(type, row);
  }

  close(): void {
    this.#connection.close();
  }

  #findScope(namespace: Namespace, type: string): number | undefined {
    let types = this.#scopes.get(namespace);
    const known = types?.get(type);
    if (known !== undefined) return known;
    const find = this.#connection.prepareColumn<number>('SELECT scope FROM scope WHERE namespace = ? AND type = ?');
    const scope = find.get(namespace, type);
    if (scope === undefined) return undefined;
    if (types === undefined) {
      types = new Map();
      this.#scopes.set(namespace, types);
    }
    types.set(type, scope);
    return scope;
  }
}
