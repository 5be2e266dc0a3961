/** From a path to a file that this process alone may use as its store. */
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../store.js';
import { Connection, toStoreError } from './connection.js';
import { isStore } from './schema.js';

/** Milliseconds in which a process that is about to end may still end. */
const LOCK_TIMEOUT_MS = 500;
const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';

/**
 * Makes the folder when there is none, and looks at what is there without changing it. Returns the lock, which holds until it
 * is closed or the process ends, however it ends. Throws StoreError.
 */
export function openFile(path: string): Connection {
  try {
    makeFolder(dirname(path));
    accessSync(dirname(path), constants.W_OK);
    // what is none of ours gets no lock file beside it; what has one may be open in this process, and to read it would then
    // give up SQLite's own locks: https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
    if (!existsSync(lockPath(path))) inspectFile(path);
  } catch (error) {
    throw toOpenError(error, path);
  }
  const lock = lockFile(path);
  try {
    inspectFile(path);
    return lock;
  } catch (error) {
    lock.close();
    throw toOpenError(error, path);
  }
}

/** Node's own `recursive` never ends where a folder is there, but none can be made in it, as in /proc. */
function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  if (!existsSync(folder)) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // another process may have been quicker
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function lockPath(path: string): string {
  return `${path}-lock`;
}

function toOpenError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) {
    return new StoreError('read-only', `${path} cannot be written: give this user write permission on the file and on its folder`, {
      cause: error,
    });
  }
  return new StoreError('unavailable', `${path} cannot be opened (${code}): check that it is a file, and that its folder can be made`, {
    cause: error,
  });
}

/** Reads the head of the file by itself: SQLite would make files beside it, and might write back a log that it finds there. */
function inspectFile(path: string): void {
  if (!existsSync(path)) return;
  accessSync(path, constants.W_OK);
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  let size: number;
  try {
    size = readSync(file, header);
  } finally {
    closeSync(file);
  }
  if (size === 0) return;
  if (size < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new StoreError('not-a-store', `${path} is no SQLite database: give the path of a store, or of a file that does not exist yet`);
  }
  isStore(path, { schemaCookie: header.readUInt32BE(40), version: header.readUInt32BE(60), application: header.readUInt32BE(68) });
}

/** A file of its own: a write-ahead log lets several processes write in turns, and none may that does not know this one's delta. */
function lockFile(path: string): Connection {
  const lock = new Connection(lockPath(path), { timeout: LOCK_TIMEOUT_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw toStoreError(error, path);
  }
}
