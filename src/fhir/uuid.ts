/** Logical ids: UUIDs of version 7, https://www.rfc-editor.org/rfc/rfc9562#section-5.7. In order of their making: kind to B-trees. */

/** Random bytes are fetched for so many ids at once. */
const POOLED_IDS = 256;
const BYTES_PER_ID = 10;
const LARGEST_COUNTER = 0xfff;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Makes UUIDs in lower case, each greater than the one before it, also within a millisecond and when the clock goes back.
 * `clock` gives milliseconds since 1970.
 */
export function createUuidSource(
  clock: () => number,
  fillRandom: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => globalThis.crypto.getRandomValues(bytes),
): () => string {
  const pool = new Uint8Array(POOLED_IDS * BYTES_PER_ID);
  let used = pool.length;
  let milliseconds = 0;
  /** The digits of `milliseconds`, as they stand in an id. */
  let time = '';
  let counter = 0;
  const tick = (instant: number): void => {
    milliseconds = instant;
    const digits = instant.toString(16).padStart(12, '0');
    time = `${digits.slice(0, 8)}-${digits.slice(8)}`;
  };

  return () => {
    if (used === pool.length) {
      fillRandom(pool);
      used = 0;
    }
    const from = used;
    used += BYTES_PER_ID;
    const now = Math.floor(clock());
    if (now > milliseconds) {
      tick(now);
      // the highest bit starts at 0, so that there is room to count up
      counter = (((pool[from + 8] as number) << 8) | (pool[from + 9] as number)) & 0x7ff;
    } else if (++counter > LARGEST_COUNTER) {
      tick(milliseconds + 1);
      counter = 0;
    }
    const hex = (index: number): string => HEX[pool[from + index] as number] as string;
    const variant = HEX[((pool[from] as number) & 0x3f) | 0x80] as string;
    return (
      `${time}-7${counter.toString(16).padStart(3, '0')}-${variant}${hex(1)}-` + `${hex(2)}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}`
    );
  };
}
