/** Long work in slices, so that other callers are answered in between. */

/** So many searches of one caller wait for the store at a time: it answers them one by one, and others wait behind them. */
export const CONCURRENT_SEARCHES = 4;

/** A promise to await when the slice is used up, else undefined: awaiting nothing costs nothing. */
export type Breather = () => Promise<void> | undefined;

const SLICE_MS = 10;

/** Whoever shares a breather shares its slices and its pauses. It throws the signal's reason once that is aborted. */
export function createBreather(signal?: AbortSignal, sliceMs = SLICE_MS): Breather {
  let until = performance.now() + sliceMs;
  let pause: Promise<void> | undefined;
  return () => {
    signal?.throwIfAborted();
    if (performance.now() < until) return undefined;
    pause ??= new Promise((resolve) => {
      setImmediate(() => {
        until = performance.now() + sliceMs;
        pause = undefined;
        resolve();
      });
    });
    return pause;
  };
}

export interface Concurrency {
  /** So many are under way at a time. */
  readonly limit: number;
  /** None is begun any more when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Results in the order of the items. */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  { limit, signal }: Concurrency,
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const iterator = items.entries();
  const breathe = createBreather(signal);
  const work = async (): Promise<void> => {
    for (const [index, item] of iterator) {
      // those that waited for the same pause begin one by one
      for (let pause = breathe(); pause !== undefined; pause = breathe()) await pause;
      results[index] = await map(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
