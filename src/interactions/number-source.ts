/**
 * Ids that are numbers, for the APIs that want them: 1, 2, 3… in each namespace and type. The last one is kept in the store under a
 * version, so that no number is given twice, by whichever process; callers who wait at the same moment share one commit. A create that
 * fails leaves a gap.
 */
import { FhirError } from '../fhir/fhir-error.js';
import type { Namespace, ResourceVersion, Store } from '../storage/store.js';
import { nextInstant } from './write-resource.js';

export interface NumberSource {
  /** The next number, durable before it is given. */
  next(namespace: Namespace, type: string): Promise<string>;
}

interface Waiter {
  readonly resolve: (id: string) => void;
  readonly reject: (error: unknown) => void;
}

/** Of the counters, which lie in a namespace of their own; the id is the type that is counted. */
const TYPE = 'Parameters';
/** Other processes that count at the same moment; each round lets one of them through. */
const MAX_ATTEMPTS = 30;

export function createNumberSource(store: Pick<Store, 'get' | 'commit'>, clock: () => number): NumberSource {
  const queues = new Map<string, Waiter[]>();

  const serve = async (key: string, queue: Waiter[], namespace: Namespace, type: string): Promise<void> => {
    while (queue.length > 0) {
      const waiters = queue.splice(0);
      try {
        const last = await reserve(store, clock, namespace, type, waiters.length);
        for (const [index, { resolve }] of waiters.entries()) resolve(String(last - waiters.length + 1 + index));
      } catch (error) {
        for (const { reject } of waiters) reject(error);
      }
    }
    queues.delete(key);
  };

  return {
    next: (namespace, type) =>
      new Promise((resolve, reject) => {
        const key = `${namespace} ${type}`;
        const queue = queues.get(key);
        if (queue !== undefined) {
          queue.push({ resolve, reject });
          return;
        }
        const started: Waiter[] = [{ resolve, reject }];
        queues.set(key, started);
        void serve(key, started, namespace, type);
      }),
  };
}

/** The last of so many numbers that are the caller's from now on. */
async function reserve(
  store: Pick<Store, 'get' | 'commit'>,
  clock: () => number,
  of: Namespace,
  id: string,
  count: number,
): Promise<number> {
  const namespace = `${of}/$numbers`;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const current = await store.get(namespace, TYPE, id);
    const last = readLast(current) + count;
    const expectedVersion = current?.versionId ?? 0;
    const lastUpdated = nextInstant({ clock }, current);
    const json = JSON.stringify({ resourceType: TYPE, id, parameter: [{ name: 'last', valueDecimal: last }] });
    const put = { type: TYPE, id, versionId: expectedVersion + 1, expectedVersion, lastUpdated, method: 'PUT', json, index: [] } as const;
    if ((await store.commit({ namespace, puts: [put], removes: [], conditions: [] })).committed) return last;
  }
  throw new FhirError('version-conflict', `Others create a ${id} all the time: try again`, { headers: { 'Retry-After': '1' } });
}

function readLast(current: ResourceVersion | undefined): number {
  if (current?.json === undefined) return 0;
  const { parameter } = JSON.parse(current.json) as { readonly parameter: readonly [{ readonly valueDecimal: number }] };
  return parameter[0].valueDecimal;
}
