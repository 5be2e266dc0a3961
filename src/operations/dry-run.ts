/** Services whose store can be read and takes no writes: a write is made whole, and not committed. */
import type { Services } from '../services.js';
import type { Store } from '../storage/store.js';

export function withoutCommits(services: Services): Services {
  const { store } = services;
  const readable: Store = {
    get: (namespace, type, id) => store.get(namespace, type, id),
    getMany: (namespace, keys) => store.getMany(namespace, keys),
    getVersion: (namespace, type, id, versionId) => store.getVersion(namespace, type, id, versionId),
    history: (query) => store.history(query),
    search: (query) => store.search(query),
    count: (query) => store.count(query),
    commit: () => Promise.resolve({ committed: true }),
    migrate: () => Promise.resolve(),
    health: () => store.health(),
    close: () => Promise.resolve(),
  };
  return { ...services, store: readable };
}
