/** Long work in slices, so that other callers are answered in between. */

/** A promise to await when the slice is used up, else undefined: awaiting nothing costs nothing. */
export type Breather = () => Promise<void> | undefined;

const SLICE_MS = 10;

/** Whoever shares a breather shares its slices and its pauses. */
export function createBreather(sliceMs = SLICE_MS): Breather {
  let until = performance.now() + sliceMs;
  let pause: Promise<void> | undefined;
  return () => {
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

/** Results in the order of the items; so many are under way at a time. */
export async function mapConcurrently<T, R>(items: readonly T[], limit: number, map: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const iterator = items.entries();
  const breathe = createBreather();
  const work = async (): Promise<void> => {
    for (const [index, item] of iterator) {
      results[index] = await map(item);
      await breathe();
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
