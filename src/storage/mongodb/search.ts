/** Searches: by key or by lastUpdated along an index, by anything else sorted by MongoDB (`sorted-search`). */
import type { ClientSession, Document, FindOptions } from 'mongodb';
import { compareText, decodeCursor, encodeCursor, type Position } from '../cursor.js';
import type { ResourceVersion, SortKey, StorePage, StoreQuery } from '../store.js';
import { type Connection, READ_TIMEOUT_MS } from './connection.js';
import { queryFilter } from './criterion-filter.js';
import { fromResourceDocument, keyOf, type ResourceDocument, scopeOf } from './documents.js';
import { withSnapshot } from './snapshot.js';
import { positionOf, type SortedKey, sortStages } from './sorted-search.js';

/** What a search does not read. */
const WITHOUT_INDEX = { x: 0, d: 0 } as const;

type CountQuery = Pick<StoreQuery, 'namespace' | 'types' | 'criterion'>;

export async function search(connection: Connection, query: StoreQuery): Promise<StorePage> {
  const { limit, total, sort = [] } = query;
  const after = query.after === undefined ? undefined : decodeCursor(query, query.after);
  const isAlongIndex = sort.length === 0 || (sort.length === 1 && isIndexed(query, sort[0]));
  if (limit === 0) return { matches: [], ...(total && { total: await count(connection, query) }) };
  const isOneRead = isAlongIndex && sort[0]?.kind !== 'lastUpdated';
  if (isOneRead && !total) return pageAlongIndex(connection, query, after, undefined);
  // several reads of one moment
  return withSnapshot(connection, async (session) => {
    const page = await (isAlongIndex ? pageAlongIndex : pageSorted)(connection, query, after, session);
    return { ...page, ...(total && { total: await countAround(connection, query, page, session) }) };
  });
}

/** A page that is all there is has been counted. */
async function countAround(connection: Connection, query: StoreQuery, page: StorePage, session: ClientSession): Promise<number> {
  const isAll = query.after === undefined && (query.offset ?? 0) === 0 && page.next === undefined;
  return isAll ? page.matches.length : count(connection, query, session);
}

export async function count({ resources }: Connection, query: CountQuery, session?: ClientSession): Promise<number> {
  return resources.countDocuments(queryFilter(query), {
    maxTimeMS: READ_TIMEOUT_MS,
    // one key for each resource, which the planner does not know
    ...(query.criterion === undefined && { hint: 'lastUpdated' }),
    ...(session !== undefined && { session }),
  });
}

function isIndexed({ types }: StoreQuery, key: SortKey | undefined): boolean {
  return key?.kind === 'lastUpdated' || (key?.kind === 'id' && new Set(types).size === 1);
}

async function pageAlongIndex(
  connection: Connection,
  query: StoreQuery,
  after: Position | undefined,
  session: ClientSession | undefined,
): Promise<StorePage> {
  const { offset = 0, limit, sort = [] } = query;
  const [key] = sort;
  const isByTime = key?.kind === 'lastUpdated';
  const direction = key?.descending === true ? -1 : 1;
  const filters = [queryFilter(query), ...(isByTime ? behindTime(query, direction, after) : behindKey(query, direction, after))];
  const read = { skip: offset, limit: limit + 1, maxTimeMS: READ_TIMEOUT_MS, ...(session !== undefined && { session }) };
  if (isByTime && direction === 1) filters.push(...(await endOfPage(connection, { $and: filters }, read)));
  const options: FindOptions = { ...read, projection: WITHOUT_INDEX, sort: isByTime ? { u: direction, _id: 1 } : { _id: direction } };
  const found = await connection.resources.find({ $and: filters }, { ...options, allowDiskUse: true }).toArray();
  return toPage(query, found.map(fromResourceDocument), ({ type, id, lastUpdated }) => ({
    values: key === undefined ? [] : [isByTime ? lastUpdated : id],
    type,
    id,
  }));
}

/** Along the keys of these types, and no others that lie before them. */
function behindKey({ namespace, types }: StoreQuery, direction: 1 | -1, after: Position | undefined): readonly Document[] {
  const scopes = types.map((type) => scopeOf(namespace, type)).sort(compareText);
  // '0' follows '/'
  const bounds = { _id: { $gte: `${scopes[0]}/`, $lt: `${scopes.at(-1)}0` } };
  if (after === undefined) return [bounds];
  return [bounds, { _id: { [direction === 1 ? '$gt' : '$lt']: keyOf(namespace, after.type, after.id) } }];
}

function behindTime({ namespace }: StoreQuery, direction: 1 | -1, after: Position | undefined): readonly Document[] {
  if (after === undefined) return [];
  const { values, type, id } = after;
  const [value] = values;
  const [beyond, from] = direction === 1 ? ['$gt', '$gte'] : ['$lt', '$lte'];
  return [{ u: { [from]: value } }, { $or: [{ u: { [beyond]: value } }, { _id: { $gt: keyOf(namespace, type, id) } }] }];
}

/** The index, walked backwards, has equal times in the wrong order: what is read has to be sorted, so it is kept small. */
async function endOfPage({ resources }: Connection, filter: Document, read: FindOptions): Promise<readonly Document[]> {
  const found = await resources.find(filter, { ...read, projection: { u: 1 }, sort: { u: 1, _id: -1 } }).toArray();
  const end = found.at(-1)?.u;
  return end === undefined || found.length < Number(read.limit) ? [] : [{ u: { $lte: end } }];
}

async function pageSorted(
  { resources }: Connection,
  query: StoreQuery,
  after: Position | undefined,
  session: ClientSession | undefined,
): Promise<StorePage> {
  const { namespace, limit, offset = 0, sort = [] } = query;
  const options = { allowDiskUse: true, maxTimeMS: READ_TIMEOUT_MS, ...(session !== undefined && { session }) };
  const stages = [
    { $match: queryFilter(query) },
    ...sortStages(namespace, sort, after),
    ...(offset > 0 ? [{ $skip: offset }] : []),
    { $limit: limit + 1 },
  ];
  const places = await resources.aggregate<SortedKey>(stages, options).toArray();
  const page = places.slice(0, limit);
  const documents = await resources
    .find({ _id: { $in: page.map(({ _id }) => _id) } }, { projection: WITHOUT_INDEX, ...(session !== undefined && { session }) })
    .toArray();
  const byKey = new Map(documents.map((document): [string, ResourceDocument] => [document._id, document]));
  const matches = page.flatMap(({ _id }) => byKey.get(_id) ?? []).map(fromResourceDocument);
  const last = page.at(-1);
  return {
    matches,
    ...(last !== undefined && places.length > limit && { next: encodeCursor(query, positionOf(sort, last)) }),
  };
}

function toPage(query: StoreQuery, found: readonly ResourceVersion[], toPosition: (version: ResourceVersion) => Position): StorePage {
  const matches = found.slice(0, query.limit);
  const last = matches.at(-1);
  return { matches, ...(last !== undefined && found.length > matches.length && { next: encodeCursor(query, toPosition(last)) }) };
}
