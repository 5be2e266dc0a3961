/**
 * The storage port. A write is a value (`Commit`): one atomic unit, whether it holds one resource or a transaction
 * Bundle's thousand. The store knows nothing of search syntax or profiles; `search/` makes `Criterion` and `IndexEntry`.
 * Every method rejects with `StoreError` when the driver fails, and with nothing else.
 */

/** Store partition: the name of the API, and of the tenant where an API has tenants (`hcw-at-home/hopital-a`). */
export type Namespace = string;

export interface ResourceVersion {
  readonly type: string;
  readonly id: string;
  /** 1, 2, 3…; a delete takes a number of its own. */
  readonly versionId: number;
  /** Milliseconds since 1970 UTC, the same instant as `meta.lastUpdated` of `json`. */
  readonly lastUpdated: number;
  /** What made this version. */
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The resource's JSON text to the letter; undefined for a deleted version. */
  readonly json: string | undefined;
}

/**
 * One search term or range of one resource. `param` is the search parameter's code, with whatever qualifier the search
 * layer appends (a unit, a modifier): the store compares it as an opaque text.
 */
export type IndexEntry =
  /** Compared as a whole (token, reference, uri, and whatever else is exact). */
  | { readonly kind: 'term'; readonly param: string; readonly value: string }
  /** Already normalised by the search layer; matched whole, by prefix, or by containing. */
  | { readonly kind: 'string'; readonly param: string; readonly value: string }
  /** Closed interval of numbers: dates in milliseconds, numbers, quantities. */
  | { readonly kind: 'range'; readonly param: string; readonly low: number; readonly high: number };

/** Both sides of an index entry of kind range can be compared; all bounds of one criterion hold for the same entry. */
export interface RangeBound {
  readonly side: 'low' | 'high';
  readonly compare: '<' | '<=' | '>' | '>=';
  readonly value: number;
}

export type Criterion =
  | { readonly op: 'and'; readonly of: readonly Criterion[] }
  | { readonly op: 'or'; readonly of: readonly Criterion[] }
  | { readonly op: 'not'; readonly of: Criterion }
  /** Some entry of kind term has this param and one of these values. */
  | { readonly op: 'term'; readonly param: string; readonly values: readonly string[] }
  /** Some entry of kind string of this param is, starts with or contains the value. */
  | { readonly op: 'string'; readonly param: string; readonly match: 'equals' | 'starts' | 'contains'; readonly value: string }
  /** Some entry of kind range of this param satisfies every bound. */
  | { readonly op: 'range'; readonly param: string; readonly bounds: readonly RangeBound[] }
  /** Some entry of any kind has this param. */
  | { readonly op: 'exists'; readonly param: string }
  | { readonly op: 'id'; readonly ids: readonly string[] }
  | { readonly op: 'lastUpdated'; readonly bounds: readonly Omit<RangeBound, 'side'>[] };

/**
 * Order of matches: by the least value of the param when ascending (of a range its low end), by the greatest when
 * descending (its high end); resources without the param come last; ties are broken by type, then id. `_id` and
 * `_lastUpdated` sort by the columns of that name. Texts compare by code point.
 */
export interface SortKey {
  readonly param: string;
  readonly kind: IndexEntry['kind'] | 'id' | 'lastUpdated';
  readonly descending: boolean;
}

export interface StoreQuery {
  readonly namespace: Namespace;
  /** At least one. */
  readonly types: readonly string[];
  /** Absent: every current resource of these types. */
  readonly criterion?: Criterion;
  /** Absent or empty: in order of type and id. */
  readonly sort?: readonly SortKey[];
  /** Largest number of matches to return; 0 returns none (count with `total`). */
  readonly limit: number;
  /** Matches to pass over, counted after `after`. */
  readonly offset?: number;
  /** `next` of an earlier page of the same query. */
  readonly after?: string;
  /** Whether to count all matches. */
  readonly total: boolean;
}

export interface StorePage {
  readonly matches: readonly ResourceVersion[];
  /** Present when more matches follow. */
  readonly next?: string;
  /** Present when asked for. */
  readonly total?: number;
}

export interface HistoryQuery {
  readonly namespace: Namespace;
  readonly type?: string;
  /** Only with `type`. */
  readonly id?: string;
  /** Only versions at or after this instant (milliseconds). */
  readonly since?: number;
  /** Only versions that were current at some time at or before this instant (milliseconds). */
  readonly at?: number;
  readonly limit: number;
  readonly after?: string;
  readonly total: boolean;
}

export interface ResourcePut {
  readonly type: string;
  readonly id: string;
  /** `expectedVersion + 1`. */
  readonly versionId: number;
  /** The version that must be the latest one now (deleted ones count); 0: there was never such a resource. */
  readonly expectedVersion: number;
  readonly lastUpdated: number;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly json: string;
  readonly index: readonly IndexEntry[];
}

export interface ResourceRemove {
  readonly type: string;
  readonly id: string;
  readonly versionId: number;
  readonly expectedVersion: number;
  readonly lastUpdated: number;
}

/** Checked again inside the commit: the criterion still matches exactly these current resources (ids, in any order). */
export interface CommitCondition {
  readonly type: string;
  readonly criterion: Criterion;
  readonly matches: readonly string[];
}

export interface Commit {
  readonly namespace: Namespace;
  readonly puts: readonly ResourcePut[];
  readonly removes: readonly ResourceRemove[];
  readonly conditions: readonly CommitCondition[];
}

/**
 * Throws where a commit is no commit: two writes for one resource, a version that does not follow the expected one, a
 * range that is no range, JSON text that UTF-8 cannot hold. These are faults of the program and not of its callers, so
 * no StoreError. Every adapter calls it first.
 */
export function assertCommit({ puts, removes }: Commit): void {
  const keys = new Set<string>();
  for (const write of puts) assertWrite(write, keys);
  for (const write of removes) assertWrite(write, keys);
  for (const { type, id, json, index } of puts) {
    if (!json.isWellFormed()) throw new TypeError(`The JSON text of ${type}/${id} holds half a surrogate pair`);
    for (const entry of index) {
      if (entry.kind === 'range' && !(entry.low <= entry.high)) {
        throw new TypeError(`${type}/${id} has the range ${entry.low} to ${entry.high} for ${entry.param}`);
      }
    }
  }
}

function assertWrite({ type, id, versionId, expectedVersion }: ResourceRemove | ResourcePut, keys: Set<string>): void {
  const key = `${type}/${id}`;
  if (keys.has(key)) throw new TypeError(`One commit holds two writes for ${key}`);
  keys.add(key);
  if (versionId !== expectedVersion + 1) throw new TypeError(`Version ${versionId} of ${key} cannot follow ${expectedVersion}`);
}

/** Whether the commit is durable, or what stood in its way (nothing of it is then stored). */
export type CommitResult =
  | { readonly committed: true }
  | { readonly committed: false; readonly conflict: 'version'; readonly type: string; readonly id: string }
  | { readonly committed: false; readonly conflict: 'condition'; readonly condition: number };

export interface StoreHealth {
  readonly ready: boolean;
  /** What to do about it when not ready. */
  readonly message?: string;
}

export interface Store {
  /** The latest version, a deleted one too; undefined when there was never such a resource. */
  get(namespace: Namespace, type: string, id: string): Promise<ResourceVersion | undefined>;
  /** Latest versions in the order of the keys. */
  getMany(
    namespace: Namespace,
    keys: readonly { readonly type: string; readonly id: string }[],
  ): Promise<readonly (ResourceVersion | undefined)[]>;
  getVersion(namespace: Namespace, type: string, id: string, versionId: number): Promise<ResourceVersion | undefined>;
  /** Newest first. */
  history(query: HistoryQuery): Promise<StorePage>;
  search(query: StoreQuery): Promise<StorePage>;
  count(query: Pick<StoreQuery, 'namespace' | 'types' | 'criterion'>): Promise<number>;
  /**
   * Resolves when the commit is durable or refused; concurrent commits may share one fsync. Conditions are checked before
   * versions, both in the order given. Rejects with TypeError what `assertCommit` refuses.
   */
  commit(commit: Commit): Promise<CommitResult>;
  /** Creates or upgrades tables and indexes; refuses a store made by a newer version. */
  migrate(): Promise<void>;
  health(): Promise<StoreHealth>;
  close(): Promise<void>;
}

export type StoreErrorCode =
  | 'unavailable'
  | 'locked'
  | 'too-large'
  | 'full'
  | 'corrupt'
  | 'newer-version'
  | 'not-a-store'
  | 'read-only'
  | 'bad-cursor';

/** What a driver's failure becomes at the border of an adapter. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  /** What a caller may be told: nothing of the driver's own words, nor of where the store is. */
  readonly advice: string | undefined;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions & { readonly advice?: string }) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
    this.advice = options?.advice;
  }
}
