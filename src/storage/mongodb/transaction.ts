/** A transaction that is tried again when it met another or the primary changed, and whose commit is asked for until it is known. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, ReadConcern, ReadPreference } from 'mongodb';
import { type Connection, WRITE_CONCERN } from './connection.js';
import { isCommitUnknown, isTransient } from './driver-error.js';

const OPTIONS = { readConcern: new ReadConcern('snapshot'), writeConcern: WRITE_CONCERN, readPreference: ReadPreference.PRIMARY };
/** How often as long as a primary is looked for: an election ends within it. */
const RETRY_FACTOR = 3;
const MAX_PAUSE_MS = 200;

export async function withTransaction<Result>(
  { client }: Connection,
  work: (session: ClientSession, isFirstTry: boolean) => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + RETRY_FACTOR * client.options.serverSelectionTimeoutMS;
  const session = client.startSession();
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        session.startTransaction(OPTIONS);
        const result = await work(session, tries === 1);
        await commit(session, deadline);
        return result;
      } catch (error) {
        if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
        if (!isTransient(error) || performance.now() > deadline) throw error;
        await pause(tries);
      }
    }
  } finally {
    await session.endSession();
  }
}

/** Asking again for a commit that was made is answered that it was: nothing is written twice. */
async function commit(session: ClientSession, deadline: number): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (!isCommitUnknown(error) || isTransient(error) || performance.now() > deadline) throw error;
      await pause(tries);
    }
  }
}

/** By chance, so that those who met do not meet again. */
function pause(tries: number): Promise<void> {
  return sleep(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** tries));
}
