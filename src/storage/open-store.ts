/** The one place that knows the adapters: a store for a URL. Adapters load when they are asked for. */
import { resolve } from 'node:path';
import { type Store, StoreError } from './store.js';
import { maskStoreUrl } from './store-url.js';

const SQLITE = 'sqlite:';

/**
 * `memory:`, `sqlite:PATH` (relative to the working directory; its folder is made when missing) or a MongoDB URL. Call
 * `migrate()` before anything else. Rejects with StoreError for a URL of no store, and for a file that cannot be used.
 */
export async function openStore(url: string): Promise<Store> {
  if (url === 'memory:') {
    const { MemoryStore } = await import('./memory/memory-store.js');
    return new MemoryStore();
  }
  if (/^mongodb(\+srv)?:/.test(url)) {
    const { MongoStore } = await import('./mongodb/mongo-store.js');
    return new MongoStore(url);
  }
  const path = url.startsWith(SQLITE) ? url.slice(SQLITE.length) : '';
  if (path === '' || path === ':memory:') {
    throw new StoreError(
      'unavailable',
      `There is no store for '${maskStoreUrl(url)}': give sqlite: and the path of a file, mongodb://…, or memory:`,
    );
  }
  const { SqliteStore } = await import('./sqlite/sqlite-store.js');
  return new SqliteStore(resolve(path));
}
