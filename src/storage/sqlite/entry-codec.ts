/**
 * The index entries of one version as bytes: kept beside the version, they are what a search is checked against and what
 * the index tables are made of. An entry is a head byte (kind, and whether its param is that of the entry before), the
 * param's length and UTF-8 bytes where it changed, and the value: length and UTF-8 bytes, or two little-endian doubles.
 */
import type { IndexEntry } from '../store.js';

export const TERM = 0;
export const STRING = 1;
export const RANGE = 2;
const KIND = 3;
const SAME_PARAM = 4;

let scratch = Buffer.allocUnsafe(16_384);
let length = 0;

export function encodeEntries(entries: readonly IndexEntry[]): Uint8Array {
  length = 0;
  let param: string | undefined;
  for (const entry of entries) {
    const kind = entry.kind === 'term' ? TERM : entry.kind === 'string' ? STRING : RANGE;
    reserve(17);
    if (entry.param === param) scratch[length++] = kind | SAME_PARAM;
    else {
      scratch[length++] = kind;
      param = entry.param;
      writeText(param);
    }
    if (entry.kind === 'range') {
      reserve(16);
      scratch.writeDoubleLE(entry.low, length);
      scratch.writeDoubleLE(entry.high, length + 8);
      length += 16;
    } else {
      writeText(entry.value);
    }
  }
  return new Uint8Array(scratch.subarray(0, length));
}

function reserve(bytes: number): void {
  if (length + bytes <= scratch.length) return;
  const larger = Buffer.allocUnsafe(Math.max(scratch.length * 2, length + bytes));
  scratch.copy(larger, 0, 0, length);
  scratch = larger;
}

function writeText(text: string): void {
  reserve(text.length * 3 + 5);
  // most texts are short ASCII: one pass, with a length of one byte
  if (text.length < 128) {
    const start = length;
    let position = start + 1;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 127) {
        writeLongText(text);
        return;
      }
      scratch[position++] = unit;
    }
    scratch[start] = text.length;
    length = position;
    return;
  }
  writeLongText(text);
}

function writeLongText(text: string): void {
  let rest = Buffer.byteLength(text);
  while (rest > 127) {
    scratch[length++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  scratch[length++] = rest;
  length += scratch.write(text, length);
}

/** Walks over encoded entries without making an object of each. */
export class EntryReader {
  bytes: Buffer;
  kind = TERM;
  paramStart = 0;
  paramEnd = 0;
  /** Of a term or string. */
  valueStart = 0;
  valueEnd = 0;
  /** Of a range. */
  low = 0;
  high = 0;
  #position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  restart(bytes: Buffer): void {
    this.bytes = bytes;
    this.#position = 0;
  }

  next(): boolean {
    const { bytes } = this;
    if (this.#position >= bytes.length) return false;
    const head = bytes[this.#position++] as number;
    this.kind = head & KIND;
    if ((head & SAME_PARAM) === 0) {
      const size = this.#readLength();
      this.paramStart = this.#position;
      this.#position += size;
      this.paramEnd = this.#position;
    }
    if (this.kind === RANGE) {
      this.low = bytes.readDoubleLE(this.#position);
      this.high = bytes.readDoubleLE(this.#position + 8);
      this.#position += 16;
    } else {
      const size = this.#readLength();
      this.valueStart = this.#position;
      this.#position += size;
      this.valueEnd = this.#position;
    }
    return true;
  }

  hasParam(param: Uint8Array): boolean {
    return equalBytes(this.bytes, this.paramStart, this.paramEnd, param);
  }

  hasValue(value: Uint8Array): boolean {
    return equalBytes(this.bytes, this.valueStart, this.valueEnd, value);
  }

  /** A view, not a copy. */
  value(): Buffer {
    return this.bytes.subarray(this.valueStart, this.valueEnd);
  }

  text(): string {
    return this.bytes.toString('utf8', this.valueStart, this.valueEnd);
  }

  #readLength(): number {
    let result = 0;
    let shift = 0;
    for (;;) {
      const byte = this.bytes[this.#position++] as number;
      result += (byte & 127) * 2 ** shift;
      if (byte < 128) return result;
      shift += 7;
    }
  }
}

function equalBytes(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  if (end - start !== other.length) return false;
  for (let index = 0; index < other.length; index += 1) if (bytes[start + index] !== other[index]) return false;
  return true;
}
