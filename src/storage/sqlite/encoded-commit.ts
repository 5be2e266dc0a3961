/** A commit as it goes to the writer: its index entries already as bytes, which cross to another thread at little cost. */
import type { Commit, CommitCondition, Namespace } from '../store.js';
import { encodeEntries } from './entry-codec.js';
import { METHODS } from './schema.js';

export interface EncodedWrite {
  readonly type: string;
  readonly id: string;
  /** The version that must be the latest one; this write makes the next. */
  readonly expectedVersion: number;
  readonly lastUpdated: number;
  /** Index into METHODS. */
  readonly method: number;
  /** Null: a delete. */
  readonly json: string | null;
  /** Null: a delete. */
  readonly entries: Uint8Array | null;
}

export interface EncodedCommit {
  readonly namespace: Namespace;
  readonly writes: readonly EncodedWrite[];
  readonly conditions: readonly CommitCondition[];
}

export function encodeCommit({ namespace, puts, removes, conditions }: Commit): EncodedCommit {
  const writes: EncodedWrite[] = [];
  for (const { type, id, expectedVersion, lastUpdated, method, json, index } of puts) {
    writes.push({ type, id, expectedVersion, lastUpdated, method: METHODS.indexOf(method), json, entries: encodeEntries(index) });
  }
  for (const { type, id, expectedVersion, lastUpdated } of removes) {
    writes.push({ type, id, expectedVersion, lastUpdated, method: METHODS.indexOf('DELETE'), json: null, entries: null });
  }
  return { namespace, writes, conditions };
}
