/**
 * Index terms as integers: HalfSipHash-1-3 (64 bits) under the store's secret key, cut to the width that the store was made
 * with. Keyed, so that nobody can send terms that collide on purpose; a collision by chance costs time and nothing else.
 */
import type { EntryReader } from './entry-codec.js';

/** 47 bits are the widest that SQLite keeps in six bytes. */
export const HASH_BITS = 47;

/** What a hash is of: a term, or the param whose strings or ranges stand together in their tables. */
export type HashKind = 0 | 1 | 2;

let v0 = 0;
let v1 = 0;
let v2 = 0;
let v3 = 0;

function round(): void {
  v0 = (v0 + v1) | 0;
  v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
  v0 = (v0 << 16) | (v0 >>> 16);
  v2 = (v2 + v3) | 0;
  v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
  v0 = (v0 + v3) | 0;
  v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
  v2 = (v2 + v1) | 0;
  v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
  v2 = (v2 << 16) | (v2 >>> 16);
}

function absorb(word: number): void {
  v3 ^= word;
  round();
  v0 ^= word;
}

/** The last word of a text is filled with zeros; its length goes in by itself. */
function absorbBytes(bytes: Uint8Array, start: number, end: number): void {
  let index = start;
  for (; index + 4 <= end; index += 4) {
    absorb(
      (bytes[index] as number) |
        ((bytes[index + 1] as number) << 8) |
        ((bytes[index + 2] as number) << 16) |
        ((bytes[index + 3] as number) << 24),
    );
  }
  if (index === end) return;
  let word = 0;
  for (let shift = 0; index < end; index += 1, shift += 8) word |= (bytes[index] as number) << shift;
  absorb(word);
}

export class TermHash {
  readonly #key0: number;
  readonly #key1: number;
  readonly #high: number;
  readonly bits: number;

  constructor(key: Uint8Array, bits: number) {
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
    this.#key0 = view.getInt32(0, true);
    this.#key1 = view.getInt32(4, true);
    this.bits = bits;
    this.#high = 2 ** Math.max(0, bits - 32);
  }

  /** Of a term's param and value. */
  term(scope: number, param: Uint8Array, value: Uint8Array): number {
    return this.#hash(scope, 0, param, 0, param.length, value, 0, value.length);
  }

  /** Of a param whose strings or ranges stand together. */
  param(scope: number, kind: HashKind, param: Uint8Array): number {
    return this.#hash(scope, kind, param, 0, param.length, param, 0, 0);
  }

  /** Of the entry that the reader stands on. */
  entry(scope: number, reader: EntryReader): number {
    const { bytes, kind, paramStart, paramEnd } = reader;
    if (kind !== 0) return this.#hash(scope, kind, bytes, paramStart, paramEnd, bytes, 0, 0);
    return this.#hash(scope, 0, bytes, paramStart, paramEnd, bytes, reader.valueStart, reader.valueEnd);
  }

  #hash(
    scope: number,
    kind: number,
    param: Uint8Array,
    paramStart: number,
    paramEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): number {
    v0 = this.#key0;
    v1 = this.#key1 ^ 0xee;
    v2 = 0x6c796765 ^ this.#key0;
    v3 = 0x74656462 ^ this.#key1;
    absorb(scope);
    absorb(((paramEnd - paramStart) << 2) | kind);
    absorbBytes(param, paramStart, paramEnd);
    absorbBytes(value, valueStart, valueEnd);
    absorb(valueEnd - valueStart);
    v2 ^= 0xee;
    round();
    round();
    round();
    const low = (v1 ^ v3) >>> 0;
    if (this.bits < 32) return low % 2 ** this.bits;
    v1 ^= 0xdd;
    round();
    round();
    round();
    return (((v1 ^ v3) >>> 0) % this.#high) * 2 ** 32 + low;
  }
}
