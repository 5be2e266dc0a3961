/**
 * Services whose store takes no writes: each is made whole, and not committed. What it would have written is found by its id from then on,
 * as by the entries of a batch that follow; searches and histories know nothing of it.
 */
import type { Services } from '../services.js';
import type { Commit, ResourceVersion, Store } from '../storage/store.js';

export function withoutCommits(services: Services): Services {
  const { store } = services;
  const tried = new Map<string, ResourceVersion>();
  const get: Store['get'] = async (namespace, type, id) => tried.get(`${type}/${id}`) ?? (await store.get(namespace, type, id));
  const readable: Store = {
    get,
    getMany: (namespace, keys) => Promise.all(keys.map(({ type, id }) => get(namespace, type, id))),
    getVersion: async (namespace, type, id, versionId) => {
      const own = tried.get(`${type}/${id}`);
      return own?.versionId === versionId ? own : store.getVersion(namespace, type, id, versionId);
    },
    history: (query) => store.history(query),
    search: (query) => store.search(query),
    count: (query) => store.count(query),
    commit: (commit) => {
      for (const version of versionsOf(commit)) tried.set(`${version.type}/${version.id}`, version);
      return Promise.resolve({ committed: true });
    },
    migrate: () => Promise.resolve(),
    health: () => store.health(),
    close: () => Promise.resolve(),
  };
  // a number that is only tried is not used up
  const numbers = { next: () => Promise.resolve(services.newId()) };
  // what is tried is no commit: its time is that of the operation
  return { ...services, stopwatch: undefined, store: readable, numbers };
}

function versionsOf({ puts, removes }: Commit): readonly ResourceVersion[] {
  return [
    ...puts.map(({ type, id, versionId, lastUpdated, method, json }) => ({ type, id, versionId, lastUpdated, method, json })),
    ...removes.map(({ type, id, versionId, lastUpdated }) => ({
      type,
      id,
      versionId,
      lastUpdated,
      method: 'DELETE' as const,
      json: undefined,
    })),
  ];
}
