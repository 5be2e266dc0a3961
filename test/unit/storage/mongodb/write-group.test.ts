import { expect } from 'chai';
import { MongoBulkWriteError } from 'mongodb';
import type { Connection } from '../../../../src/storage/mongodb/connection.js';
import { writeGroup } from '../../../../src/storage/mongodb/write-group.js';
import { StoreError } from '../../../../src/storage/store.js';

type Failure = { readonly index: number; readonly code: number; readonly errmsg: string };

/** A bulk of which these fail. */
function connectionWith(failures: readonly Failure[]): Connection {
  const result = { getWriteErrors: () => failures, getWriteConcernError: () => undefined };
  const insertMany = (): Promise<never> =>
    Promise.reject(new MongoBulkWriteError({ message: 'x', code: failures[0]?.code, writeErrors: [] } as never, result as never));
  return { resources: { insertMany } } as unknown as Connection;
}

const create = (id: string) =>
  ({
    commit: { namespace: 'n', puts: [{ type: 'Patient', id, expectedVersion: 0 }], removes: [], conditions: [] },
    documents: [{ _id: `n Patient ${id}`, c: 'n Patient' }],
  }) as never;

describe('a group of creates on MongoDB', () => {
  it('tells each what became of it, though others failed', async () => {
    const failures = [
      { index: 0, code: 11_000, errmsg: 'duplicate' },
      { index: 2, code: 10_334, errmsg: 'too large' },
      { index: 3, code: 121, errmsg: 'refused by a rule' },
    ];
    const results = await writeGroup(connectionWith(failures), ['a', 'b', 'c', 'd'].map(create));
    expect(results[0]).to.include({ committed: false, conflict: 'version' });
    expect(results[1]).to.deep.equal({ committed: true });
    expect(results[2]).to.be.instanceOf(StoreError).with.property('code', 'too-large');
    expect(results[3]).to.be.instanceOf(StoreError).with.property('code', 'unavailable');
  });
});
