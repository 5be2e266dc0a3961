/** Histories: current and older versions of one moment, merged by the clock of the cluster. */
import type { ClientSession, Document } from 'mongodb';
import { decodeHistoryCursor, encodeHistoryCursor } from '../cursor.js';
import type { HistoryQuery, ResourceVersion, StorePage } from '../store.js';
import { type Connection, READ_TIMEOUT_MS } from './connection.js';
import { fromHistoryDocument, fromResourceDocument, keyOf, scopeOf } from './documents.js';
import { fromSequence, toSequence } from './sequence.js';
import { withSnapshot } from './snapshot.js';

interface Placed {
  readonly version: ResourceVersion;
  readonly sequence: number;
}

export async function history(connection: Connection, query: HistoryQuery): Promise<StorePage> {
  const { limit, after, total } = query;
  const before = after === undefined ? undefined : fromSequence(decodeHistoryCursor(after));
  return withSnapshot(connection, async (session) => {
    const filters = await toFilters(connection, query, session);
    const [ofResources, ofHistory] = filters;
    const behind = before === undefined ? {} : { s: { $lt: before } };
    const paged: Filters = [
      { ...ofResources, ...behind },
      { ...ofHistory, ...behind },
    ];
    const found = limit === 0 ? [] : await readNewest(connection, paged, limit + 1, session);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      matches: page.map(({ version }) => version),
      ...(last !== undefined && found.length > page.length && { next: encodeHistoryCursor(last.sequence) }),
      ...(total && { total: await countAll(connection, filters, session) }),
    };
  });
}

type Filters = readonly [ofResources: Document, ofHistory: Document];

async function toFilters(connection: Connection, query: HistoryQuery, session: ClientSession): Promise<Filters> {
  const { namespace, type, id, since, at } = query;
  const updated = { ...(since !== undefined && { $gte: since }), ...(at !== undefined && { $lte: at }) };
  const common = {
    c: type === undefined ? { $in: await scopesOf(connection, namespace, session) } : scopeOf(namespace, type),
    ...(Object.keys(updated).length > 0 && { u: updated }),
  };
  if (type === undefined || id === undefined) return [common, common];
  const key = keyOf(namespace, type, id);
  // '0' follows '/': all versions of this key
  return [
    { ...common, _id: key },
    { ...common, _id: { $gt: `${key}/`, $lt: `${key}0` } },
  ];
}

/** Every type that has a version has a current document, a deleted one perhaps. */
async function scopesOf({ resources }: Connection, namespace: string, session: ClientSession): Promise<readonly string[]> {
  // sorted first, so that MongoDB jumps along the index from one scope to the next
  const stages = [{ $match: { c: { $gte: `${namespace}/`, $lt: `${namespace}0` } } }, { $sort: { c: 1 } }, { $group: { _id: '$c' } }];
  const found = await resources.aggregate<{ readonly _id: string }>(stages, { maxTimeMS: READ_TIMEOUT_MS, session }).toArray();
  return found.map(({ _id }) => _id).filter((scope) => !scope.slice(namespace.length + 1).includes('/'));
}

async function readNewest(
  { resources, history: replaced }: Connection,
  [ofResources, ofHistory]: Filters,
  limit: number,
  session: ClientSession,
): Promise<readonly Placed[]> {
  const options = { projection: { x: 0, d: 0 }, sort: { s: -1 }, limit, allowDiskUse: true, maxTimeMS: READ_TIMEOUT_MS, session } as const;
  const current = await resources.find(ofResources, options).toArray();
  const older = await replaced.find(ofHistory, options).toArray();
  const found = [
    ...current.map((document) => ({ version: fromResourceDocument(document), sequence: toSequence(document.s) })),
    ...older.map((document) => ({ version: fromHistoryDocument(document), sequence: toSequence(document.s) })),
  ];
  return found.sort((left, right) => right.sequence - left.sequence).slice(0, limit);
}

async function countAll(
  { resources, history: replaced }: Connection,
  [ofResources, ofHistory]: Filters,
  session: ClientSession,
): Promise<number> {
  const options = { maxTimeMS: READ_TIMEOUT_MS, session };
  const current = await resources.countDocuments(ofResources, options);
  return current + (await replaced.countDocuments(ofHistory, options));
}
