/** The one place that knows the adapters: a store for a URL. */
import { MemoryStore } from './memory/memory-store.js';
import { type Store, StoreError } from './store.js';

/** `memory:`. Call `migrate()` before anything else. */
export async function openStore(url: string): Promise<Store> {
  if (url === 'memory:') return new MemoryStore();
  throw new StoreError('unavailable', `There is no store for '${url}': give memory:`);
}
