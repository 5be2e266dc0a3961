/** The tables, their version, and the refusal of files that are none of ours. */
import { randomBytes } from 'node:crypto';
import { StoreError } from '../store.js';
import type { Connection } from './connection.js';
import { HASH_BITS, TermHash } from './term-hash.js';

/** `application_id` of the file: what `file(1)` and we know a store by. */
const APPLICATION_ID = 0x4b617572;
const SCHEMA_VERSION = 1;

/**
 * `version` has one row for every version, in the order in which they were written, with its index entries and its text;
 * it is only ever appended to. `resource` says which row is current; `history` where the older versions of a resource are.
 * `clock` is the greatest `updated` so far: unlike `updated` it never falls with the row, so that it can be searched.
 * The other tables are the index of current versions, merged from the deltas; `param` there is a hash.
 */
const SCHEMA = `
CREATE TABLE setting (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE scope (scope INTEGER PRIMARY KEY, namespace TEXT NOT NULL, type TEXT NOT NULL, current INTEGER NOT NULL,
  UNIQUE (namespace, type));
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

/** Whether the file holds a store (false: it is empty). Throws StoreError for a file of anybody else or of a newer version. */
export function inspectStore(connection: Connection): boolean {
  const { path } = connection;
  const version = connection.pragma('user_version') as number;
  const application = connection.pragma('application_id') as number;
  const tables = connection.prepareColumn<number>('SELECT count(*) FROM sqlite_schema').get() ?? 0;
  if (application === 0 && version === 0 && tables === 0) return false;
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

/** Makes the tables of an empty file. `hashBits` and `pageSize` stay what they are for the life of the store. */
export function createSchema(connection: Connection, hashBits = HASH_BITS): void {
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
}

export function readSetting(connection: Connection, name: string): unknown {
  return connection.prepareColumn('SELECT value FROM setting WHERE name = ?').get(name);
}

export function readNumber(connection: Connection, name: string): number {
  const value = readSetting(connection, name);
  if (typeof value !== 'number')
    throw new StoreError('corrupt', `${connection.path} lacks its setting '${name}': restore it from a backup`);
  return value;
}

export function readTermHash(connection: Connection): TermHash {
  const key = readSetting(connection, 'hash-key');
  if (!(key instanceof Uint8Array) || key.length !== 8) {
    throw new StoreError('corrupt', `${connection.path} lacks its key of index terms: restore it from a backup`);
  }
  return new TermHash(key, readNumber(connection, 'hash-bits'));
}

/** How a version came to be, as a small number. */
export const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
