/** Several reads of one moment. */
import type { ClientSession } from 'mongodb';
import type { Connection } from './connection.js';
import { isSnapshotGone } from './driver-error.js';

const MAX_TRIES = 3;

export async function withSnapshot<Result>({ client }: Connection, read: (session: ClientSession) => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    const session = client.startSession({ snapshot: true });
    try {
      return await read(session);
    } catch (error) {
      if (!isSnapshotGone(error) || tries === MAX_TRIES) throw error;
    } finally {
      await session.endSession();
    }
  }
}
