import { join } from 'node:path';
import { openStore } from '../../src/storage/open-store.js';
import { describeStore } from './describe-store.js';

describeStore('sqlite', (folder) => openStore(`sqlite:${join(folder, 'kauri.db')}`), {
  isPersistent: true,
  files: ['kauri.db', 'kauri.db-wal'],
});
