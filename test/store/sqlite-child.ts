/** A process of its own for what a test cannot do to itself: holding a file, being killed, being another user, running out of room. */
import { createInterface } from 'node:readline';
import { openStore } from '../../src/storage/open-store.js';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.js';
import { type Store, StoreError } from '../../src/storage/store.js';
import { has, put, term, toCommit, toQuery } from './contract/fixture.js';

const NAMESPACE = 'api';
const [task = '', url = ''] = process.argv.slice(2);

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function attempt(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return error instanceof StoreError ? { code: error.code, message: error.message } : { unexpected: String(error) };
  }
}

const TASKS: Readonly<Record<string, () => Promise<void>>> = {
  /** Holds the store until the input ends. */
  hold: async () => {
    const store = await openStore(url);
    await store.migrate();
    say('open');
    for await (const _line of createInterface({ input: process.stdin })) say(await store.health());
    await store.close();
  },

  /** Says why the store cannot be opened. */
  open: async () => {
    say(
      await attempt(async () => {
        const store = await openStore(url);
        await store.migrate();
        await store.close();
        return 'opened';
      }),
    );
  },

  /**
   * Eight callers that create and update, and say id and version of each write once it is durable, until somebody ends the
   * process. Merges of the index are under way most of the time.
   */
  write: async () => {
    const store = new SqliteStore(url.slice('sqlite:'.length), { mergeSize: 500 });
    await store.migrate();
    let last = 0;
    const caller = async (): Promise<never> => {
      for (;;) {
        last += 1;
        const id = `p${last}`;
        for (let expectedVersion = 0; expectedVersion < 3; expectedVersion += 1) {
          await store.commit(toCommit(NAMESPACE, [put(id, [term('label', `${id}/${expectedVersion + 1}`)], { expectedVersion })]));
          say([id, expectedVersion + 1]);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, caller));
  },

  /** Writes what fits and what does not, where files may not grow for ever. */
  fill: async () => {
    const store = await openStore(url);
    await store.migrate();
    const small = (id: string) => store.commit(toCommit(NAMESPACE, [put(id, [term('identifier', id)])]));
    const large = put('large', [term('identifier', 'large')], { json: JSON.stringify('x'.repeat(8_000_000)) });
    const atOnce = [small('with large 1'), store.commit(toCommit(NAMESPACE, [large])), small('with large 2')];
    say({
      before: await attempt(() => small('before')),
      atOnce: await Promise.all(atOnce.map((result) => attempt(() => result))),
      tooLarge: await attempt(() => store.commit(toCommit(NAMESPACE, [large]))),
      health: await store.health(),
      after: await attempt(() => small('after')),
      found: await findAll(store),
    });
    await store.close();
  },

  /** Says whether SQLite has been loaded. Leaves the store open: that keeps no process from ending. */
  load: async () => {
    const store = await openStore(url);
    await store.migrate();
    const report = process.report.getReport() as unknown as { readonly sharedObjects: readonly string[] };
    say(report.sharedObjects.some((path) => path.includes('better_sqlite3')));
  },
};

async function findAll(store: Store): Promise<readonly string[]> {
  const ids = ['before', 'with large 1', 'large', 'with large 2', 'after'];
  const { matches } = await store.search(toQuery(NAMESPACE, has('identifier', ...ids)));
  return matches.map(({ id }) => id);
}

await TASKS[task]?.();
