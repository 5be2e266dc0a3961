/** The client of a MongoDB URL with what this store relies on, and whether what answers there can be a store. */
import { type Collection, type Db, type Document, MongoClient, ReadConcern, ReadPreference, WriteConcern } from 'mongodb';
import { StoreError } from '../store.js';
import type { HistoryDocument, ResourceDocument } from './documents.js';
import { toStoreError } from './driver-error.js';

/** How long MongoDB may take for one read. */
export const READ_TIMEOUT_MS = 15_000;
/** How long a majority may take to have a write. */
const WRITE_TIMEOUT_MS = 10_000;
/** What the driver waits for, unless the URL says otherwise: longer than MongoDB itself may take. */
const TIMEOUTS = {
  serverSelectionTimeoutMS: 5_000,
  connectTimeoutMS: 10_000,
  socketTimeoutMS: 20_000,
} as const;
const DEFAULT_DATABASE = 'kauri';
/** MongoDB 5.0, the first whose snapshots can be read outside a transaction. */
const MIN_WIRE_VERSION = 13;

export interface Lock {
  readonly _id: string;
  readonly n: number;
}

export interface Setting {
  readonly _id: 'store';
  readonly version: number;
}

export interface Connection {
  readonly client: MongoClient;
  readonly database: Db;
  readonly resources: Collection<ResourceDocument>;
  readonly history: Collection<HistoryDocument>;
  /** One for each scope that conditional commits are about. */
  readonly locks: Collection<Lock>;
  readonly settings: Collection<Setting>;
}

/** Acknowledged is what a majority has in its journal; read is what a majority has. */
export const WRITE_CONCERN = new WriteConcern('majority', WRITE_TIMEOUT_MS, true);
const READ_CONCERN = new ReadConcern('majority');

/** Nothing is asked of the network yet. Throws StoreError for a URL that is none of MongoDB. */
export function createConnection(url: string): Connection {
  try {
    const client = new MongoClient(url, {
      appName: 'kauri',
      retryWrites: true,
      retryReads: true,
      readPreference: ReadPreference.PRIMARY,
      ...Object.fromEntries(Object.entries(TIMEOUTS).filter(([name]) => !new RegExp(`[?&]${name}=`, 'i').test(url))),
    });
    const database = client.db(databaseOf(url), {
      readConcern: READ_CONCERN,
      writeConcern: WRITE_CONCERN,
      readPreference: ReadPreference.PRIMARY,
    });
    return {
      client,
      database,
      resources: database.collection('resource'),
      history: database.collection('history'),
      locks: database.collection('lock'),
      settings: database.collection('setting'),
    };
  } catch (error) {
    // the driver's message names options and hosts, never the password
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreError('unavailable', `The URL of the store is no MongoDB URL: ${reason}`, { cause: error });
  }
}

function databaseOf(url: string): string {
  const name = /^[^:]+:\/\/[^/?]*\/([^?]*)/.exec(url)?.[1] ?? '';
  if (name === '') return DEFAULT_DATABASE;
  const decoded = decodeURIComponent(name);
  if (/[/\\. "$*<>:|?\0]/.test(decoded)) throw new TypeError(`'${decoded}' is no name of a database`);
  return decoded;
}

/** Connects, and refuses what has no transactions, before anything is written. */
export async function connect({ client, database }: Connection): Promise<void> {
  let hello: Document;
  try {
    await client.connect();
    hello = await database.admin().command({ hello: 1 });
  } catch (error) {
    throw toStoreError(error);
  }
  const isSharded = hello['msg'] === 'isdbgrid';
  if (!isSharded && hello['setName'] === undefined) {
    throw new StoreError(
      'unavailable',
      'MongoDB runs there without a replica set, and has no transactions so: start mongod with --replSet rs0 and call rs.initiate() once, one member is enough',
    );
  }
  if (Number(hello['maxWireVersion']) < MIN_WIRE_VERSION) {
    throw new StoreError('unavailable', 'The MongoDB there is older than 5.0: upgrade it');
  }
}
