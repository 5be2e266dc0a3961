/** The tables, their version, and the refusal of files that are none of ours. */
import { randomBytes } from 'node:crypto';
import { StoreError } from '../store.js';
import type { Connection } from './connection.js';
import { HASH_BITS, TermHash } from './term-hash.js';

/** `application_id` of the file: what `file(1)` and we know a store by. */
const APPLICATION_ID = 0x4b617572;
const SCHEMA_VERSION = 1;
const PAGE_BYTES = 8192;
const CACHE_KILOBYTES = 16_000;
/** Pages of the write-ahead log that are written back into the file together. */
const CHECKPOINT_PAGES = 2000;

/** How a version came to be, as a small number. */
export const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;

/**
 * `scope` is a resource type of a namespace, with its numbers of current resources and of versions. `version` has one row for
 * every version, in the order in which they were written, with its index entries and its text; it is only ever appended to,
 * and its rows are numbered without gaps. `resource` says which row is current, `history` where the older versions are.
 * `clock` is the greatest `updated` so far: unlike `updated` it never falls with the row, so that it can be searched.
 * The other tables are the index of current versions, merged from the deltas up to the setting `merged`; `param` and `hash`
 * there are hashes that hold the scope too.
 */
const SCHEMA = `
CREATE TABLE setting (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE scope (scope INTEGER PRIMARY KEY, namespace TEXT NOT NULL, type TEXT NOT NULL, current INTEGER NOT NULL,
  versions INTEGER NOT NULL, UNIQUE (namespace, type));
CREATE TABLE version (row INTEGER PRIMARY KEY, scope INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  updated INTEGER NOT NULL, clock INTEGER NOT NULL, method INTEGER NOT NULL, replaces INTEGER, entries BLOB, json TEXT);
CREATE INDEX version_scope ON version (scope);
CREATE TABLE resource (scope INTEGER NOT NULL, id TEXT NOT NULL, row INTEGER NOT NULL, version INTEGER NOT NULL,
  updated INTEGER NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (scope, id)) WITHOUT ROWID;
CREATE INDEX resource_updated ON resource (scope, updated, id, row) WHERE deleted = 0;
CREATE TABLE history (scope INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, row INTEGER NOT NULL,
  PRIMARY KEY (scope, id, version)) WITHOUT ROWID;
CREATE TABLE term (hash INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (hash, row)) WITHOUT ROWID;
CREATE TABLE string (param INTEGER NOT NULL, value BLOB NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (param, value, row))
  WITHOUT ROWID;
CREATE TABLE range_low (param INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL, row INTEGER NOT NULL,
  PRIMARY KEY (param, low, high, row)) WITHOUT ROWID;
CREATE TABLE range_high (param INTEGER NOT NULL, high REAL NOT NULL, low REAL NOT NULL, row INTEGER NOT NULL,
  PRIMARY KEY (param, high, low, row)) WITHOUT ROWID;
`;

/** What the head of an SQLite file says about whose it is. https://www.sqlite.org/fileformat.html#the_database_header */
export interface FileIdentity {
  readonly application: number;
  readonly version: number;
  /** Counts changes of the schema: 0 in a file without tables. */
  readonly schemaCookie: number;
}

/** Whether it is a store's (false: an empty file's). Throws StoreError for a file of anybody else or of a newer version. */
export function isStore(path: string, { application, version, schemaCookie }: FileIdentity): boolean {
  if (application === 0 && version === 0 && schemaCookie === 0) return false;
  if (application !== APPLICATION_ID) {
    throw new StoreError('not-a-store', `${path} is a database of another program: give the path of a store, or of a new file`);
  }
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      'newer-version',
      `${path} was made by a newer release (its schema is ${version}, this release knows ${SCHEMA_VERSION}): use that release; the file was left as it is`,
    );
  }
  return true;
}

function readIdentity(connection: Connection): FileIdentity {
  const read = (pragma: string): number => Number(connection.pragma(pragma));
  return { application: read('application_id'), version: read('user_version'), schemaCookie: read('schema_version') };
}

/** Makes the tables where there are none. `hashBits` stays what it is for the life of the store. */
export function prepareStore(connection: Connection, hashBits = HASH_BITS): void {
  const isMade = isStore(connection.path, readIdentity(connection));
  if (!isMade) connection.pragma(`page_size = ${PAGE_BYTES}`);
  if (connection.pragma('journal_mode = WAL') !== 'wal') {
    throw new StoreError('unavailable', `${connection.path} cannot have a write-ahead log: put it on a local disk`);
  }
  connection.pragma('synchronous = FULL');
  connection.pragma(`cache_size = -${CACHE_KILOBYTES}`);
  connection.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  if (isMade) return;
  connection.begin();
  try {
    connection.exec(SCHEMA);
    const set = connection.prepare('INSERT INTO setting (name, value) VALUES (?, ?)');
    set.run('hash-key', randomBytes(8));
    set.run('hash-bits', hashBits);
    set.run('merged', 0);
    set.run('drift', 0);
    connection.pragma(`application_id = ${APPLICATION_ID}`);
    connection.pragma(`user_version = ${SCHEMA_VERSION}`);
    connection.commit();
  } catch (error) {
    connection.rollback();
    throw error;
  }
  // the file itself says from now on whose it is, not only its log
  connection.pragma('wal_checkpoint(TRUNCATE)');
}

/**
 * `merged`: the last row whose entries are in the index tables. `drift`: by how much `updated` of a row was ever behind `clock`
 * (milliseconds). `hash-bits`: width of the hashes.
 */
export type NumberSetting = 'merged' | 'drift' | 'hash-bits';

export function readSetting(connection: Connection, name: NumberSetting): number {
  const value = readValue(connection, name);
  if (typeof value === 'number') return value;
  throw new StoreError('corrupt', `${connection.path} lacks its setting '${name}': restore it from a backup`);
}

export function writeSetting(connection: Connection, name: NumberSetting, value: number): void {
  connection.prepare('UPDATE setting SET value = ? WHERE name = ?').run(value, name);
}

export function readTermHash(connection: Connection): TermHash {
  const key = readValue(connection, 'hash-key');
  if (!(key instanceof Uint8Array) || key.length !== 8) {
    throw new StoreError('corrupt', `${connection.path} lacks its key of index terms: restore it from a backup`);
  }
  return new TermHash(key, readSetting(connection, 'hash-bits'));
}

function readValue(connection: Connection, name: string): unknown {
  return connection.prepareColumn('SELECT value FROM setting WHERE name = ?').get(name);
}
