/** What the parts of the contract suite share: one open store, a namespace for each test, and writes in few words. */
import { expect } from 'chai';
import type {
  Commit,
  Criterion,
  IndexEntry,
  Namespace,
  ResourcePut,
  ResourceRemove,
  SortKey,
  Store,
  StorePage,
  StoreQuery,
} from '../../../src/storage/store.js';

export class StoreFixture {
  /** Open and migrated, unless the suite is skipped. */
  store!: Store;
  #namespaces = 0;

  /** Opens a further store, which the test closes. */
  open!: () => Promise<Store>;

  /** One that no other test uses. */
  namespace(): Namespace {
    this.#namespaces += 1;
    return `api-${this.#namespaces}`;
  }

  /** A commit that must succeed. */
  async write(namespace: Namespace, ...writes: readonly (ResourcePut | ResourceRemove)[]): Promise<void> {
    expect(await this.store.commit(toCommit(namespace, writes))).to.deep.equal({ committed: true });
  }

  /** Ids that a search finds, in its order, all on one page. */
  async ids(namespace: Namespace, criterion: Criterion | undefined, query: Partial<StoreQuery> = {}): Promise<readonly string[]> {
    return idsOf(await this.store.search(toQuery(namespace, criterion, query)));
  }

  /** Every page of a search, one after the other, with what happens between two pages. */
  async pages(query: StoreQuery, between: () => Promise<void> = async () => {}): Promise<readonly (readonly string[])[]> {
    const pages: (readonly string[])[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.store.search({ ...query, ...(after !== undefined && { after }) });
      pages.push(idsOf(page));
      after = page.next;
      if (after === undefined) return pages;
      expect(page.matches).to.have.lengthOf(query.limit);
      await between();
    }
  }
}

export function idsOf({ matches }: StorePage): readonly string[] {
  return matches.map(({ id }) => id);
}

export function toCommit(
  namespace: Namespace,
  writes: readonly (ResourcePut | ResourceRemove)[],
  conditions: Commit['conditions'] = [],
): Commit {
  return {
    namespace,
    puts: writes.filter((write) => 'json' in write),
    removes: writes.filter((write) => !('json' in write)),
    conditions,
  };
}

export function toQuery(namespace: Namespace, criterion: Criterion | undefined, query: Partial<StoreQuery> = {}): StoreQuery {
  return { namespace, types: ['Patient'], ...(criterion !== undefined && { criterion }), limit: 100, total: false, ...query };
}

/** The instant of version 1 in tests that do not say another. */
export const INSTANT = 1_700_000_000_000;

/** A Patient's first version unless the details say otherwise. */
export function put(id: string, index: readonly IndexEntry[] = [], details: Partial<ResourcePut> = {}): ResourcePut {
  const { type = 'Patient', expectedVersion = 0, lastUpdated = INSTANT + expectedVersion } = details;
  return {
    type,
    id,
    versionId: expectedVersion + 1,
    expectedVersion,
    lastUpdated,
    method: expectedVersion === 0 ? 'POST' : 'PUT',
    json: `{"resourceType":"${type}","id":${JSON.stringify(id)},"meta":{"versionId":"${expectedVersion + 1}"}}`,
    index,
    ...details,
  };
}

export function remove(id: string, expectedVersion: number, details: Partial<ResourceRemove> = {}): ResourceRemove {
  return { type: 'Patient', id, versionId: expectedVersion + 1, expectedVersion, lastUpdated: INSTANT + expectedVersion, ...details };
}

export function term(param: string, value: string): IndexEntry {
  return { kind: 'term', param, value };
}

export function string(param: string, value: string): IndexEntry {
  return { kind: 'string', param, value };
}

export function range(param: string, low: number, high: number = low): IndexEntry {
  return { kind: 'range', param, low, high };
}

export function has(param: string, ...values: readonly string[]): Criterion {
  return { op: 'term', param, values };
}

export function by(param: string, kind: SortKey['kind'], descending = false): SortKey {
  return { param, kind, descending };
}
