/** Writes of one thing, one after another: at the same moment all but one would find that they came too late. */
import type { Store } from '../storage/store.js';

const queues = new WeakMap<Store, Map<string, Promise<unknown>>>();

/** Runs it when those before it have ended; what other processes write the commit finds out. */
export async function inTurn<T>(store: Store, key: string, work: () => Promise<T>): Promise<T> {
  let queue = queues.get(store);
  if (queue === undefined) {
    queue = new Map();
    queues.set(store, queue);
  }
  const before = queue.get(key) ?? Promise.resolve();
  const own = before.then(work, work);
  // whoever comes next waits for the end, good or bad
  const end = own.catch(() => undefined);
  queue.set(key, end);
  try {
    return await own;
  } finally {
    if (queue.get(key) === end) queue.delete(key);
  }
}
