/** Collections and indexes, made and checked at each start; servers that start at once do the same, and do not meet. */
import { type Document, type IndexDescription, MongoServerError } from 'mongodb';
import { StoreError } from '../store.js';
import type { Connection, Setting } from './connection.js';

const VERSION = 1;

const RESOURCE_INDEXES: readonly IndexDescription[] = [
  { name: 'term', key: { k: 1, x: 1 } },
  { name: 'range', key: { k: 1, 'd.p': 1, 'd.l': 1, 'd.h': 1 } },
  { name: 'lastUpdated', key: { k: 1, u: -1, _id: 1 } },
  { name: 'history', key: { c: 1, s: -1, u: 1 } },
];
const HISTORY_INDEXES: readonly IndexDescription[] = [{ name: 'history', key: { c: 1, s: -1, u: 1 } }];

/** Of MongoDB's error_codes.yml. */
const NAMESPACE_EXISTS = 48;
const INDEX_CONFLICTS = new Set([85, 86]);

/** Leaves a store of a newer version, and a database that is something else's, as they are. */
export async function prepare(connection: Connection): Promise<void> {
  const { database, resources, history, settings } = connection;
  const known = await settings.findOne({ _id: 'store' });
  if (known === null && (await holdsOtherThings(connection))) {
    throw new StoreError(
      'not-a-store',
      `The database ${database.databaseName} holds something that is no store: name another database in the URL`,
    );
  }
  const setting = known ?? (await begin(connection));
  if (setting.version > VERSION) {
    throw new StoreError(
      'newer-version',
      `The store in ${database.databaseName} has version ${setting.version}, and this program knows ${VERSION}: run the newer program`,
    );
  }
  for (const name of ['resource', 'history', 'lock']) {
    await database.createCollection(name).catch((error: unknown) => {
      if (!(error instanceof MongoServerError && error.code === NAMESPACE_EXISTS)) throw error;
    });
  }
  await createIndexes(database.databaseName, () => resources.createIndexes([...RESOURCE_INDEXES]));
  await createIndexes(database.databaseName, () => history.createIndexes([...HISTORY_INDEXES]));
}

async function holdsOtherThings({ resources, history, settings }: Connection): Promise<boolean> {
  const found: readonly (Document | null)[] = await Promise.all([resources.findOne(), history.findOne(), settings.findOne()]);
  if (found.every((document) => document === null)) return false;
  // another server may have begun the store since
  return (await settings.findOne({ _id: 'store' })) === null;
}

async function begin({ settings }: Connection): Promise<Setting> {
  const begun = await settings.findOneAndUpdate(
    { _id: 'store' },
    { $setOnInsert: { version: VERSION } },
    { upsert: true, returnDocument: 'after' },
  );
  return begun ?? { _id: 'store', version: VERSION };
}

async function createIndexes(database: string, create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!(error instanceof MongoServerError && INDEX_CONFLICTS.has(Number(error.code)))) throw error;
    throw new StoreError('not-a-store', `An index in ${database} is not as this store makes it: ${error.message}`, { cause: error });
  }
}
