/** What the driver's and the server's failures become at the border of this adapter. */
import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';
import { StoreError, type StoreErrorCode } from '../store.js';

/** Codes of MongoDB's error_codes.yml. */
const DUPLICATE_KEY = 11_000;
const CODES: Readonly<Record<number, readonly [StoreErrorCode, string]>> = {
  8000: ['unavailable', 'MongoDB refused the credentials of the URL'],
  13: ['unavailable', 'The user of the URL may not do that in its database: give it the role readWrite there'],
  18: ['unavailable', 'MongoDB refused the credentials of the URL: check user, password and authSource'],
  50: ['unavailable', 'MongoDB did not answer in time'],
  64: ['unavailable', 'Not enough members of the replica set took the write in time'],
  112: ['locked', 'Others wrote the same resources at the same moment'],
  146: ['too-large', 'The commit is larger than MongoDB can take at once'],
  239: ['unavailable', 'MongoDB has let go of the moment that was read: read again'],
  246: ['unavailable', 'MongoDB cannot read that moment yet: read again'],
  257: ['too-large', 'The commit is larger than a transaction of MongoDB can be'],
  10334: ['too-large', 'A document is larger than the 16 MB that MongoDB keeps in one'],
  14031: ['full', 'The disk of MongoDB is full'],
  17280: ['too-large', 'An index entry is larger than MongoDB can take'],
  51091: ['too-large', 'The text to look for is longer than MongoDB can compare'],
};

export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const [code, message] = describe(error);
  // messages of the driver may have several lines
  return new StoreError(code, message.replace(/\s+/g, ' '), { cause: error });
}

function describe(error: unknown): readonly [StoreErrorCode, string] {
  if (error instanceof MongoServerSelectionError) return ['unavailable', describeSelection(error)];
  if (error instanceof MongoTopologyClosedError || error instanceof MongoNotConnectedError) return ['unavailable', 'The store is closed'];
  const known = error instanceof MongoServerError && typeof error.code === 'number' ? CODES[error.code] : undefined;
  if (known !== undefined) return known;
  if (error instanceof MongoNetworkError) return ['unavailable', `The connection to MongoDB broke: ${error.message}`];
  if (error instanceof RangeError) return ['too-large', 'The commit is larger than MongoDB can take at once'];
  const reason = error instanceof Error ? error.message : String(error);
  return ['unavailable', `MongoDB failed: ${reason}`];
}

function describeSelection({ message, reason, cause }: MongoServerSelectionError): string {
  const servers = [...(reason?.servers.values() ?? [])];
  if (servers.some(({ type }) => type === 'RSGhost')) {
    return 'The mongod there is meant for a replica set that was never begun: call rs.initiate() once, one member is enough';
  }
  const addresses = servers.map(({ address }) => address).join(', ');
  const failure = servers.find(({ error }) => error)?.error?.message ?? (cause instanceof Error ? cause.message : message);
  return `No primary of MongoDB can be reached at ${addresses}: ${failure}`;
}

/** The moment of a snapshot is gone, or not there yet: another one will do. */
export function isSnapshotGone(error: unknown): boolean {
  return error instanceof MongoServerError && (error.code === 239 || error.code === 246);
}

/** Failures that say nothing of the transaction but that it must be tried again. */
export function isTransient(error: unknown): boolean {
  return error instanceof MongoError && (error.hasErrorLabel('TransientTransactionError') || isDuplicateKey(error));
}

export function isCommitUnknown(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');
}

/** Another server made the document since this transaction looked. */
function isDuplicateKey(error: MongoError): boolean {
  return error.code === DUPLICATE_KEY;
}

/** Of an unordered bulk, by the place of each document that failed: it was there already, or why not; the others are written. */
export function failuresOf(error: unknown): ReadonlyMap<number, 'duplicate' | StoreError> | undefined {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) return undefined;
  const failures = error.result.getWriteErrors();
  if (failures.length === 0) return undefined;
  return new Map(failures.map(({ index, code, errmsg }) => [index, code === DUPLICATE_KEY ? 'duplicate' : ofCode(code, errmsg)]));
}

function ofCode(code: number, reason: string | undefined): StoreError {
  const [kind, message] = CODES[code] ?? ['unavailable', `MongoDB failed: ${reason ?? `code ${code}`}`];
  return new StoreError(kind, message);
}
