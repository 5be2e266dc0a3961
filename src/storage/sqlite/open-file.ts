/** From a path to a file that this process alone may use as its store. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../store.js';
import { Connection, toStoreError } from './connection.js';
import { inspectStore } from './schema.js';

/** Milliseconds in which a process that is about to end may still end. */
const LOCK_TIMEOUT_MS = 500;

/**
 * Makes the folder when there is none, and looks at what is there without changing it. Returns the lock, which holds until it
 * is closed or the process ends, however it ends. Throws StoreError.
 */
export function openFile(path: string): Connection {
  try {
    mkdirSync(dirname(path), { recursive: true });
    accessSync(dirname(path), constants.W_OK);
    if (existsSync(path)) {
      accessSync(path, constants.W_OK);
      inspectFile(path);
    }
  } catch (error) {
    throw isRefusal(error)
      ? new StoreError('read-only', `${path} cannot be written: give this user write permission on the file and on its folder`, {
          cause: error,
        })
      : toStoreError(error, path);
  }
  return lockFile(path);
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS');
}

function inspectFile(path: string): void {
  const connection = new Connection(path, { readonly: true });
  try {
    inspectStore(connection);
  } finally {
    connection.close();
  }
}

/** A file of its own: a write-ahead log lets several processes write in turns, and none may who does not know this one's delta. */
function lockFile(path: string): Connection {
  const lock = new Connection(`${path}-lock`, { timeout: LOCK_TIMEOUT_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw toStoreError(error, path);
  }
}
