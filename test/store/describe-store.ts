/** The contract of src/storage/store.ts as a suite that every adapter passes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/storage/store.js';
import { describeCommits } from './contract/describe-commits.js';
import { describeHistory } from './contract/describe-history.js';
import { describeReads } from './contract/describe-reads.js';
import { describeReopening } from './contract/describe-reopening.js';
import { describeSearch } from './contract/describe-search.js';
import { describeSort } from './contract/describe-sort.js';
import { StoreFixture } from './contract/fixture.js';

export interface StoreTraits {
  /** What was committed is there when the store is opened in the same folder again. */
  readonly isPersistent?: boolean;
  /** Of a store that is files: those that make a copy of it. */
  readonly files?: readonly string[];
  /** Before anything is opened: skips the suite where the store's database is missing. */
  readonly prepare?: (suite: Mocha.Context) => Promise<void>;
  /** After everything is closed. */
  readonly dispose?: () => Promise<void>;
}

/** `open` gets a folder that exists; the store is migrated here. */
export function describeStore(
  name: string,
  open: (folder: string) => Promise<Store>,
  { isPersistent = false, files = [], prepare, dispose }: StoreTraits = {},
): void {
  describe(`store contract: ${name}`, () => {
    const fixture = new StoreFixture();
    const folders: string[] = [];
    const newFolder = (): string => {
      const folder = mkdtempSync(join(tmpdir(), 'kauri-store-'));
      folders.push(folder);
      return folder;
    };

    before(async function () {
      await prepare?.(this);
      fixture.open = async () => {
        const store = await open(newFolder());
        await store.migrate();
        return store;
      };
      fixture.store = await fixture.open();
    });

    after(async () => {
      await fixture.store?.close();
      await dispose?.();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });

    describeReads(fixture);
    describeCommits(fixture);
    describeHistory(fixture);
    describeSearch(fixture);
    describeSort(fixture);
    if (isPersistent) describeReopening(open, newFolder, files);
  });
}
