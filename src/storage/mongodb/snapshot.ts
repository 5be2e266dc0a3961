/** Several reads of one moment. */
import type { ClientSession } from 'mongodb';
import type { Connection } from './connection.js';

export async function withSnapshot<Result>({ client }: Connection, read: (session: ClientSession) => Promise<Result>): Promise<Result> {
  const session = client.startSession({ snapshot: true });
  try {
    return await read(session);
  } finally {
    await session.endSession();
  }
}
