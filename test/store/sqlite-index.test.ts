/** The contract once more where the index is under strain: hashes of few bits, and tables written after every few versions. */
import { join } from 'node:path';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.js';
import { describeStore } from './describe-store.js';

describeStore(
  'sqlite, index terms that collide, merged at once',
  async (folder) => new SqliteStore(join(folder, 'kauri.db'), { hashBits: 3, mergeSize: 2 }),
  {
    isPersistent: true,
  },
);
