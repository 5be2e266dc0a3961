/**
 * The index entries that are not in the tables yet, in memory. They are in the database as bytes beside their versions, so
 * that a start reads them back. One delta fills while another, frozen, is merged into the tables; a search reads both.
 */
import { EntryReader, RANGE, STRING, TERM } from './entry-codec.js';
import { Postings } from './postings.js';
import type { TermHash } from './term-hash.js';

export interface StringEntry {
  readonly value: Buffer;
  readonly row: number;
}

export interface RangeEntry {
  readonly low: number;
  readonly high: number;
  readonly row: number;
}

export class Delta {
  readonly terms = new Postings();
  /** By the hash of their param. */
  readonly strings = new Map<number, StringEntry[]>();
  readonly ranges = new Map<number, RangeEntry[]>();
  /** Rows of versions that are no longer current -> row of the version that took their place. */
  readonly replaced = new Map<number, number>();
  /** Number of versions added. */
  size = 0;
  readonly #reader = new EntryReader(Buffer.alloc(0));

  /** `entries` must not change afterwards: strings are views of it. */
  add(row: number, scope: number, entries: Uint8Array, hash: TermHash): void {
    this.size += 1;
    const reader = this.#reader;
    reader.restart(Buffer.from(entries.buffer, entries.byteOffset, entries.byteLength));
    while (reader.next()) {
      const key = hash.entry(scope, reader);
      if (reader.kind === TERM) this.terms.add(key, row);
      else if (reader.kind === STRING) append(this.strings, key, { value: reader.value(), row });
      else if (reader.kind === RANGE) append(this.ranges, key, { low: reader.low, high: reader.high, row });
    }
  }
}

function append<Entry>(lists: Map<number, Entry[]>, key: number, entry: Entry): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [entry]);
  else list.push(entry);
}
