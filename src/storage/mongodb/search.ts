/** Searches: by key or by lastUpdated along an index, by anything else sorted by MongoDB (`sorted-search`). */
import type { ClientSession, Document, FindOptions } from 'mongodb';
import { decodeCursor, encodeCursor, type Position } from '../cursor.js';
import type { ResourceVersion, SortKey, StorePage, StoreQuery } from '../store.js';
import { type Connection, READ_TIMEOUT_MS } from './connection.js';
import { queryFilter } from './criterion-filter.js';
import { fromResourceDocument, keyOf, type ResourceDocument } from './documents.js';
import { withSnapshot } from './snapshot.js';
import { positionOf, type SortedKey, sortStages } from './sorted-search.js';

/** What a search does not read. */
const WITHOUT_INDEX = { x: 0, d: 0 } as const;

type CountQuery = Pick<StoreQuery, 'namespace' | 'types' | 'criterion'>;

export async function search(connection: Connection, query: StoreQuery): Promise<StorePage> {
  const { limit, total, sort = [] } = query;
  const after = query.after === undefined ? undefined : decodeCursor(query, query.after);
  const isAlongIndex = sort.length === 0 || (sort.length === 1 && isIndexed(query, sort[0]));
  const readPage = isAlongIndex ? pageAlongIndex : pageSorted;
  if (limit === 0) return { matches: [], ...(total && { total: await count(connection, query) }) };
  if (isAlongIndex && !total) return readPage(connection, query, after, undefined);
  // the page and its total, or the places and their texts, of one moment
  return withSnapshot(connection, async (session) => {
    const page = await readPage(connection, query, after, session);
    return { ...page, ...(total && { total: await count(connection, query, session) }) };
  });
}

export async function count({ resources }: Connection, query: CountQuery, session?: ClientSession): Promise<number> {
  return resources.countDocuments(queryFilter(query), { maxTimeMS: READ_TIMEOUT_MS, ...(session !== undefined && { session }) });
}

function isIndexed({ types }: StoreQuery, key: SortKey | undefined): boolean {
  return key?.kind === 'lastUpdated' || (key?.kind === 'id' && new Set(types).size === 1);
}

async function pageAlongIndex(
  { resources }: Connection,
  query: StoreQuery,
  after: Position | undefined,
  session: ClientSession | undefined,
): Promise<StorePage> {
  const { limit, offset = 0, sort = [] } = query;
  const [key] = sort;
  const filter = after === undefined ? queryFilter(query) : { $and: [queryFilter(query), behind(query, key, after)] };
  const direction = key?.descending === true ? -1 : 1;
  const options: FindOptions = {
    projection: WITHOUT_INDEX,
    sort: key?.kind === 'lastUpdated' ? { u: direction, _id: 1 } : { _id: direction },
    skip: offset,
    limit: limit + 1,
    allowDiskUse: true,
    maxTimeMS: READ_TIMEOUT_MS,
    ...(session !== undefined && { session }),
  };
  const found = await resources.find(filter, options).toArray();
  return toPage(query, found.map(fromResourceDocument), ({ type, id, lastUpdated }) => ({
    values: key === undefined ? [] : [key.kind === 'id' ? id : lastUpdated],
    type,
    id,
  }));
}

function behind({ namespace }: StoreQuery, key: SortKey | undefined, { values, type, id }: Position): Document {
  const compare = key?.descending === true ? '$lt' : '$gt';
  const place = keyOf(namespace, type, id);
  if (key?.kind !== 'lastUpdated') return { _id: { [compare]: place } };
  const [value] = values;
  return { $or: [{ u: { [compare]: value } }, { u: value, _id: { $gt: place } }] };
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
