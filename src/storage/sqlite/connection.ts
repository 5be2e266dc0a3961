/** A connection to the database file: prepared statements by their text, and the driver's errors as StoreErrors. */
import Database from 'better-sqlite3';
import { StoreError, type StoreErrorCode } from '../store.js';

export type SqlValue = string | number | Uint8Array | null;

type RowShape = 'object' | 'list' | 'column';

export interface ConnectionOptions {
  readonly readonly?: boolean;
  /** Milliseconds to wait for another process's lock; the thread waits with it. */
  readonly timeout?: number;
}

export class Connection {
  readonly path: string;
  readonly #database: Database.Database;
  readonly #statements: Readonly<Record<RowShape, Map<string, Database.Statement<SqlValue[]>>>> = {
    object: new Map(),
    list: new Map(),
    column: new Map(),
  };

  constructor(path: string, { readonly = false, timeout = 5000 }: ConnectionOptions = {}) {
    this.path = path;
    try {
      this.#database = new Database(path, { readonly, fileMustExist: readonly, timeout });
    } catch (error) {
      throw toStoreError(error, path);
    }
  }

  /** A statement whose rows are objects, or that has none. */
  prepare<Row>(sql: string): Database.Statement<SqlValue[], Row> {
    return this.#prepare('object', sql) as Database.Statement<SqlValue[], Row>;
  }

  /** A statement whose rows are lists of columns, which costs less. */
  prepareList<Row extends readonly unknown[]>(sql: string): Database.Statement<SqlValue[], Row> {
    return this.#prepare('list', sql) as Database.Statement<SqlValue[], Row>;
  }

  /** A statement whose rows are the value of their only column. */
  prepareColumn<Value>(sql: string): Database.Statement<SqlValue[], Value> {
    return this.#prepare('column', sql) as Database.Statement<SqlValue[], Value>;
  }

  #prepare(shape: RowShape, sql: string): Database.Statement<SqlValue[]> {
    const statements = this.#statements[shape];
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare<SqlValue[]>(sql);
      if (shape === 'list') statement.raw(true);
      if (shape === 'column') statement.pluck(true);
      statements.set(sql, statement);
    }
    return statement;
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  pragma(text: string): unknown {
    return this.#database.pragma(text, { simple: true });
  }

  /** For writing. */
  begin(): void {
    this.prepare('BEGIN IMMEDIATE').run();
  }

  /** For reading one state of the database, which is fixed by the first read. */
  beginRead(): void {
    this.prepare('BEGIN').run();
  }

  commit(): void {
    this.prepare('COMMIT').run();
  }

  /** Some failures end the transaction by themselves. */
  rollback(): void {
    if (this.#database.inTransaction) this.prepare('ROLLBACK').run();
  }

  close(): void {
    this.#database.close();
  }
}

interface Translation {
  readonly code: StoreErrorCode;
  readonly message: (path: string) => string;
}

/** By SQLite's primary result code: https://www.sqlite.org/rescode.html */
const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  SQLITE_NOTADB: {
    code: 'not-a-store',
    message: (path) => `${path} is no SQLite database: give the path of a store, or of a file that does not exist yet`,
  },
  SQLITE_READONLY: {
    code: 'read-only',
    message: (path) => `${path} cannot be written: give this user write permission on the file and on its folder`,
  },
  SQLITE_FULL: {
    code: 'full',
    message: (path) => `There is no room left to write ${path}: free or add disk space, nothing of the request was stored`,
  },
  SQLITE_BUSY: { code: 'locked', message: (path) => `${path} is in use by another process: stop it, or wait until it has finished` },
  SQLITE_LOCKED: { code: 'locked', message: (path) => `${path} is in use by another connection: wait until it has finished` },
  SQLITE_CORRUPT: { code: 'corrupt', message: (path) => `${path} is damaged: restore it from a backup, and check the disk` },
  SQLITE_TOOBIG: { code: 'too-large', message: () => 'A resource is larger than SQLite can hold: split it' },
  SQLITE_CANTOPEN: {
    code: 'unavailable',
    message: (path) => `${path} cannot be opened: check that it is a file and that this user may read and write it and its folder`,
  },
  SQLITE_PERM: { code: 'read-only', message: (path) => `${path} cannot be opened: give this user permission to read and write it` },
};

/** What any failure below the adapter becomes at its border. */
export function toStoreError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const primary = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? '';
  const translation = TRANSLATIONS[primary];
  if (translation !== undefined) return new StoreError(translation.code, translation.message(path), { cause: error });
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreError('unavailable', `${path} failed (${code === '' ? reason : `${code}: ${reason}`}): check the disk and the log`, {
    cause: error,
  });
}
