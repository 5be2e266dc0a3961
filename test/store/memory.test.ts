import { openStore } from '../../src/storage/open-store.js';
import { describeStore } from './describe-store.js';

describeStore('memory', () => openStore('memory:'));
