/** What lies in MongoDB: one document for each resource as it is now, one for each older version; and their keys. */
import { BSON, Timestamp } from 'mongodb';
import { type Commit, type Namespace, type ResourcePut, type ResourceRemove, type ResourceVersion, StoreError } from '../store.js';
import { indexTerms, type RangeKey } from './index-keys.js';

/** Names are short because each document repeats them. */
interface VersionDocument {
  /** The scope: `namespace/type`. */
  readonly c: string;
  readonly v: number;
  readonly u: number;
  readonly m: ResourceVersion['method'];
  /** The resource's text; absent from a deleted version. */
  readonly j?: string;
  /** When it was written by the cluster's clock, which never goes back and never gives one instant twice: the order of histories. */
  readonly s: Timestamp;
}

/** The latest version of a resource; `_id` is `namespace/type/id`. */
export interface ResourceDocument extends VersionDocument {
  readonly _id: string;
  /** The scope again, unless the resource is deleted: what searches look at. */
  readonly k?: string;
  readonly x?: readonly string[];
  readonly d?: readonly RangeKey[];
}

/** A version that was replaced; `_id` is the resource's, `/` and the version. */
export interface HistoryDocument extends VersionDocument {
  readonly _id: string;
}

/** MongoDB's bound for one document is 16 MiB; some bytes stay for the command around it. */
const MAX_BYTES = 16 * 1024 * 1024 - 16 * 1024;
/** MongoDB's own bound (indexMaxNumGeneratedKeysPerDocument). */
const MAX_KEYS = 100_000;

export function scopeOf(namespace: Namespace, type: string): string {
  return `${namespace}/${type}`;
}

export function keyOf(namespace: Namespace, type: string, id: string): string {
  return `${namespace}/${type}/${id}`;
}

/** A timestamp of zeros is what MongoDB replaces by its own at the moment of writing. */
function unwritten(): Timestamp {
  return new Timestamp(0n);
}

export function toResourceDocuments({ namespace, puts, removes }: Commit): readonly ResourceDocument[] {
  return [...puts.map((put) => putDocument(namespace, put)), ...removes.map((remove) => removeDocument(namespace, remove))];
}

function putDocument(namespace: Namespace, { type, id, versionId, lastUpdated, method, json, index }: ResourcePut): ResourceDocument {
  const scope = scopeOf(namespace, type);
  const { terms, ranges } = indexTerms(index);
  const name = `${type}/${id}`;
  if (terms.length > MAX_KEYS || ranges.length > MAX_KEYS) {
    throw tooLarge(`${name} has ${index.length} index entries, and the store takes at most ${MAX_KEYS} of one resource: split it`);
  }
  const document = {
    _id: keyOf(namespace, type, id),
    c: scope,
    k: scope,
    v: versionId,
    u: lastUpdated,
    m: method,
    j: json,
    ...(terms.length > 0 && { x: terms }),
    ...(ranges.length > 0 && { d: ranges }),
    s: unwritten(),
  };
  if (mayBeTooLarge(document)) {
    const bytes = BSON.calculateObjectSize(document);
    if (bytes > MAX_BYTES) {
      throw tooLarge(`${name} takes ${bytes} bytes with its index, and the store at most ${MAX_BYTES} (16 MB): split it`);
    }
  }
  return document;
}

function tooLarge(message: string): StoreError {
  return new StoreError('too-large', message, { advice: message });
}

/** Without encoding it: a UTF-16 unit takes three bytes at most. */
function mayBeTooLarge({ j = '', x = [], d = [] }: ResourceDocument): boolean {
  let units = j.length;
  for (const term of x) units += term.length + 8;
  for (const { p } of d) units += p.length + 32;
  return units * 3 > MAX_BYTES - 1_024;
}

function removeDocument(namespace: Namespace, { type, id, versionId, lastUpdated }: ResourceRemove): ResourceDocument {
  return {
    _id: keyOf(namespace, type, id),
    c: scopeOf(namespace, type),
    v: versionId,
    u: lastUpdated,
    m: 'DELETE',
    s: unwritten(),
  };
}

/** What the resource was before it was replaced. */
export function toHistoryDocument({ _id, c, v, u, m, j, s }: ResourceDocument): HistoryDocument {
  return { _id: `${_id}/${v}`, c, v, u, m, ...(j !== undefined && { j }), s };
}

export function fromResourceDocument(document: ResourceDocument): ResourceVersion {
  return toVersion(document, document._id);
}

export function fromHistoryDocument(document: HistoryDocument): ResourceVersion {
  return toVersion(document, document._id.slice(0, document._id.lastIndexOf('/')));
}

function toVersion({ c, v, u, m, j }: VersionDocument, key: string): ResourceVersion {
  const { type, id } = fromKey(key, c);
  return { type, id, versionId: v, lastUpdated: u, method: m, json: j };
}

export function fromKey(key: string, scope: string): { readonly type: string; readonly id: string } {
  return { type: scope.slice(scope.lastIndexOf('/') + 1), id: key.slice(scope.length + 1) };
}
