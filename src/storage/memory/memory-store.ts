/** The store that forgets: `memory:` for trying out, and the oracle that the others are tested against. No index, no cleverness. */
import {
  comparePositions,
  compareValues,
  decodeCursor,
  decodeHistoryCursor,
  encodeCursor,
  encodeHistoryCursor,
  type Position,
  type SortValue,
} from '../cursor.js';
import { matchCriterion } from '../match-criterion.js';
import {
  assertCommit,
  type Commit,
  type CommitResult,
  type HistoryQuery,
  type IndexEntry,
  type Namespace,
  type ResourceVersion,
  type SortKey,
  type Store,
  StoreError,
  type StoreHealth,
  type StorePage,
  type StoreQuery,
} from '../store.js';

interface StoredVersion {
  readonly version: ResourceVersion;
  readonly index: readonly IndexEntry[];
  readonly sequence: number;
}

class Partition {
  /** Every version, oldest first. */
  readonly versions: StoredVersion[] = [];
  /** Versions of one resource, oldest first, by `type/id`. */
  readonly resources = new Map<string, StoredVersion[]>();

  latest(type: string, id: string): StoredVersion | undefined {
    return this.resources.get(`${type}/${id}`)?.at(-1);
  }

  append(version: ResourceVersion, index: readonly IndexEntry[]): void {
    const stored = { version, index, sequence: this.versions.length + 1 };
    const key = `${version.type}/${version.id}`;
    this.versions.push(stored);
    const versions = this.resources.get(key);
    if (versions === undefined) this.resources.set(key, [stored]);
    else versions.push(stored);
  }

  *current(types: readonly string[]): Generator<StoredVersion> {
    for (const versions of this.resources.values()) {
      const latest = versions.at(-1);
      if (latest?.version.json !== undefined && types.includes(latest.version.type)) yield latest;
    }
  }
}

export class MemoryStore implements Store {
  readonly #partitions = new Map<Namespace, Partition>();
  #isClosed = false;

  async get(namespace: Namespace, type: string, id: string): Promise<ResourceVersion | undefined> {
    return this.#partition(namespace).latest(type, id)?.version;
  }

  async getMany(
    namespace: Namespace,
    keys: readonly { readonly type: string; readonly id: string }[],
  ): Promise<readonly (ResourceVersion | undefined)[]> {
    const partition = this.#partition(namespace);
    return keys.map(({ type, id }) => partition.latest(type, id)?.version);
  }

  async getVersion(namespace: Namespace, type: string, id: string, versionId: number): Promise<ResourceVersion | undefined> {
    const versions = this.#partition(namespace).resources.get(`${type}/${id}`) ?? [];
    return versions.find(({ version }) => version.versionId === versionId)?.version;
  }

  async history({ namespace, type, id, since, at, limit, after, total }: HistoryQuery): Promise<StorePage> {
    const all = this.#partition(namespace).versions.filter(
      ({ version }) =>
        (type === undefined || version.type === type) &&
        (id === undefined || version.id === id) &&
        (since === undefined || version.lastUpdated >= since) &&
        (at === undefined || version.lastUpdated <= at),
    );
    const before = after === undefined ? Number.POSITIVE_INFINITY : decodeHistoryCursor(after);
    const rest = all.filter(({ sequence }) => sequence < before).reverse();
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    return {
      matches: page.map(({ version }) => version),
      ...(last !== undefined && rest.length > page.length && { next: encodeHistoryCursor(last.sequence) }),
      ...(total && { total: all.length }),
    };
  }

  async search(query: StoreQuery): Promise<StorePage> {
    const { limit, offset = 0, sort = [], after, total } = query;
    const all = this.#find(query).map((stored) => ({ version: stored.version, position: positionOf(stored, sort) }));
    all.sort((left, right) => comparePositions(sort, left.position, right.position));
    const start = after === undefined ? undefined : decodeCursor(query, after);
    const rest = start === undefined ? all : all.filter(({ position }) => comparePositions(sort, position, start) > 0);
    const page = rest.slice(offset, offset + limit);
    const last = page.at(-1);
    return {
      matches: page.map(({ version }) => version),
      ...(last !== undefined && rest.length > offset + limit && { next: encodeCursor(query, last.position) }),
      ...(total && { total: all.length }),
    };
  }

  async count(query: Pick<StoreQuery, 'namespace' | 'types' | 'criterion'>): Promise<number> {
    return this.#find(query).length;
  }

  async commit(commit: Commit): Promise<CommitResult> {
    assertCommit(commit);
    const { namespace, puts, removes, conditions } = commit;
    const partition = this.#partition(namespace);
    for (const [condition, { type, criterion, matches }] of conditions.entries()) {
      const found = this.#find({ namespace, types: [type], criterion }).map(({ version }) => version.id);
      const expected = new Set(matches);
      if (found.length !== expected.size || !found.every((id) => expected.has(id))) {
        return { committed: false, conflict: 'condition', condition };
      }
    }
    for (const { type, id, expectedVersion } of [...puts, ...removes]) {
      const latest = partition.latest(type, id)?.version.versionId ?? 0;
      if (latest !== expectedVersion) return { committed: false, conflict: 'version', type, id };
    }
    for (const { type, id, versionId, lastUpdated, method, json, index } of puts) {
      partition.append({ type, id, versionId, lastUpdated, method, json }, index);
    }
    for (const { type, id, versionId, lastUpdated } of removes) {
      partition.append({ type, id, versionId, lastUpdated, method: 'DELETE', json: undefined }, []);
    }
    return { committed: true };
  }

  async migrate(): Promise<void> {
    this.#assertOpen();
  }

  async health(): Promise<StoreHealth> {
    return this.#isClosed ? { ready: false, message: 'The store is closed' } : { ready: true };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#partitions.clear();
  }

  #find({ namespace, types, criterion }: Pick<StoreQuery, 'namespace' | 'types' | 'criterion'>): StoredVersion[] {
    const found: StoredVersion[] = [];
    for (const stored of this.#partition(namespace).current(types)) {
      const { id, lastUpdated } = stored.version;
      if (criterion === undefined || matchCriterion(criterion, { id, lastUpdated, index: stored.index })) found.push(stored);
    }
    return found;
  }

  #partition(namespace: Namespace): Partition {
    this.#assertOpen();
    let partition = this.#partitions.get(namespace);
    if (partition === undefined) {
      partition = new Partition();
      this.#partitions.set(namespace, partition);
    }
    return partition;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StoreError('unavailable', 'The store is closed');
  }
}

function positionOf({ version, index }: StoredVersion, sort: readonly SortKey[]): Position {
  return { values: sort.map((key) => sortValue(version, index, key)), type: version.type, id: version.id };
}

function sortValue(version: ResourceVersion, index: readonly IndexEntry[], { param, kind, descending }: SortKey): SortValue {
  if (kind === 'id') return version.id;
  if (kind === 'lastUpdated') return version.lastUpdated;
  let best: SortValue = null;
  for (const entry of index) {
    if (entry.kind !== kind || entry.param !== param) continue;
    const value = entry.kind !== 'range' ? entry.value : descending ? entry.high : entry.low;
    if (best === null || (descending ? compareValues(value, best) > 0 : compareValues(value, best) < 0)) best = value;
  }
  return best;
}
