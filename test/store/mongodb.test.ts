import { basename } from 'node:path';
import { openStore } from '../../src/storage/open-store.js';
import { type Mongod, requireMongod } from '../support/mongod.js';
import { describeStore } from './describe-store.js';

let mongod: Mongod | undefined;

describeStore(
  'mongodb',
  (folder) => {
    if (mongod === undefined) throw new Error('The suite has not been prepared');
    return openStore(mongod.url(basename(folder)));
  },
  {
    isPersistent: true,
    prepare: async (suite) => {
      mongod = await requireMongod(suite);
    },
    dispose: async () => mongod?.dropDatabases(),
  },
);
