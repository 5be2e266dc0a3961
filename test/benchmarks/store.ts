/**
 * The stores by themselves. SQLite: durable commits and searches, on an empty store and on one with 100,000 resources; with the
 * writer on a thread of its own (as the server runs it) and in the main thread (for comparison). MongoDB, where there is one: the
 * same documents through the driver alone beside it, in turns.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createConnection } from '../../src/storage/mongodb/connection.js';
import { toResourceDocuments } from '../../src/storage/mongodb/documents.js';
import { openStore } from '../../src/storage/open-store.js';
import { encodeCommit } from '../../src/storage/sqlite/encoded-commit.js';
import { Engine } from '../../src/storage/sqlite/engine.js';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.js';
import type { Commit, IndexEntry, ResourcePut, Store } from '../../src/storage/store.js';
import { findMongod } from '../support/mongod.js';

const CALLERS = 16;
const BULK = 50;
const STORED = 100_000;
const SECONDS = 2;
/** Of MongoDB and the driver alone. */
const ROUNDS = 5;
/** What HTTP, JSON and validation take of the main thread for one create, about. */
const WORK_MICROSECONDS = 150;

type Tested = Pick<Store, 'commit' | 'search'> & { close(): void | Promise<void> };

let made = 0;

/** Ordered like a UUID of version 7, and different in its last digits. */
function idOf(number: number): string {
  const time = (1_700_000_000_000 + number).toString(16).padStart(12, '0');
  const tail = Math.imul(number, 0x9e3779b1) >>> 0;
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-0000${tail.toString(16).padStart(8, '0')}`;
}

/** 14 terms, 2 strings, 4 ranges: about what R4's parameters make of a Condition. */
function indexOf(number: number): readonly IndexEntry[] {
  const term = (param: string, value: string): IndexEntry => ({ kind: 'term', param, value });
  const day = 1_600_000_000_000 + (number % 3_650) * 86_400_000;
  const entries: IndexEntry[] = [
    term('identifier', `https://standards.digital.health.nz/ns/local-id|${number}`),
    term('patient', `https://api.hip.digital.health.nz/fhir/nhi/v1/Patient/ZZZ${number % 50_000}`),
    term('code', `http://snomed.info/sct|${number % 1_000}`),
    term('clinical-status', 'http://terminology.hl7.org/CodeSystem/condition-clinical|active'),
    { kind: 'string', param: 'note', value: `a note on ${number}` },
    { kind: 'string', param: 'asserter', value: `name ${number % 5_000}` },
    { kind: 'range', param: 'onset-date', low: day, high: day + 86_399_999 },
    { kind: 'range', param: 'recorded-date', low: day, high: day },
    { kind: 'range', param: 'abatement-date', low: day, high: day + 86_399_999 },
    { kind: 'range', param: 'severity', low: number % 10, high: (number % 10) + 0.5 },
  ];
  for (let index = entries.length; index < 20; index += 1) {
    entries.push(term(`parameter-${index}`, `http://example.org/system|${(number * (index + 7919)) % 20_000}`));
  }
  return entries;
}

function nextPut(): ResourcePut {
  made += 1;
  const id = idOf(made);
  const head = `{"resourceType":"Condition","id":"${id}","meta":{"versionId":"1"},"note":[{"text":"`;
  const json = `${head}${'x'.repeat(2048 - head.length - 5)}"}]}`;
  return {
    type: 'Condition',
    id,
    versionId: 1,
    expectedVersion: 0,
    lastUpdated: 1_700_000_000_000 + made,
    method: 'POST',
    json,
    index: indexOf(made),
  };
}

function nextCommit(size: number): Commit {
  return { namespace: 'benchmark', puts: Array.from({ length: size }, nextPut), removes: [], conditions: [] };
}

/** Several callers, each asking anew as soon as it has its answer; calls per second, and how long a call took. */
async function load(
  callers: number,
  call: () => Promise<unknown>,
): Promise<{ perSecond: number; p50: number; p99: number; block: number }> {
  const times: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  const end = started + SECONDS * 1000;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let begun = performance.now(); begun < end; begun = performance.now()) {
        await call();
        times.push(performance.now() - begun);
      }
    }),
  );
  delay.disable();
  times.sort((left, right) => left - right);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  return {
    perSecond: (times.length * 1000) / (performance.now() - started),
    p50: at(0.5),
    p99: at(0.99),
    block: delay.percentile(99) / 1e6,
  };
}

function work(): void {
  const end = performance.now() + WORK_MICROSECONDS / 1000;
  while (performance.now() < end);
}

function say(label: string, figure: string): void {
  process.stdout.write(`  ${label.padEnd(62)} ${figure}\n`);
}

async function commit(store: Tested, size: number): Promise<void> {
  const result = await store.commit(nextCommit(size));
  if (!result.committed) throw new Error(`The store refused a commit: ${JSON.stringify(result)}`);
}

async function measureCommits(store: Tested): Promise<void> {
  const single = await load(CALLERS, () => commit(store, 1));
  say(`commits of one resource, ${CALLERS} callers`, describe(single));
  const worked = await load(CALLERS, async () => {
    work();
    await commit(store, 1);
  });
  say(`the same, with ${WORK_MICROSECONDS} µs of other work for each`, `${describe(worked)}, event loop p99 ${worked.block.toFixed(1)} ms`);
  const bulk = await load(4, () => commit(store, BULK));
  say(`resources in commits of ${BULK}, 4 callers`, describe({ ...bulk, perSecond: bulk.perSecond * BULK }));
}

function describe({ perSecond, p50, p99 }: { perSecond: number; p50: number; p99: number }): string {
  return `${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(1)} ms`;
}

async function fill(store: Tested, size: number): Promise<void> {
  const started = performance.now();
  const before = made;
  const filler = async (): Promise<void> => {
    while (made < size) await commit(store, Math.min(BULK, size - made));
  };
  await Promise.all(Array.from({ length: 4 }, filler));
  say(`resources to ${size} stored, in commits of ${BULK}`, `${(((made - before) * 1000) / (performance.now() - started)).toFixed(0)}/s`);
}

async function search(store: Tested, stored = STORED): Promise<void> {
  const found = await store.search({
    namespace: 'benchmark',
    types: ['Condition'],
    criterion: {
      op: 'term',
      param: 'identifier',
      values: [`https://standards.digital.health.nz/ns/local-id|${1 + Math.floor(Math.random() * stored)}`],
    },
    limit: 20,
    total: false,
  });
  if (found.matches.length !== 1) throw new Error(`A search for one identifier found ${found.matches.length}`);
}

async function openThreaded(path: string): Promise<Tested> {
  const store = new SqliteStore(path);
  await store.migrate();
  return store;
}

function openInMainThread(path: string): Tested {
  const engine = new Engine(path);
  return {
    commit: (value) => engine.commit(encodeCommit(value)),
    search: (query) => engine.search(query),
    close: () => engine.close(),
  };
}

/** Ours and the driver's own, so often one after the other; the middle of each, and what ours is of the driver's. */
async function compare(label: string, ours: () => Promise<number>, bare: () => Promise<number>): Promise<void> {
  const figures: [number, number][] = [];
  for (let round = 0; round < ROUNDS; round += 1) figures.push([await ours(), await bare()]);
  const middle = (values: readonly number[]): number => [...values].sort((left, right) => left - right)[ROUNDS >> 1] ?? Number.NaN;
  const [own, alone] = [middle(figures.map(([value]) => value)), middle(figures.map(([, value]) => value))];
  const ratio = middle(figures.map(([value, other]) => value / other));
  say(label, `${own.toFixed(0)}/s, driver alone ${alone.toFixed(0)}/s: ${(ratio * 100).toFixed(0)} %`);
}

async function measureMongodb(url: string): Promise<void> {
  const store = await openStore(url);
  await store.migrate();
  const { client, database, resources } = createConnection(url);
  try {
    const insert = async (size: number): Promise<unknown> =>
      resources.insertMany([...toResourceDocuments(nextCommit(size))], { ordered: false });
    const insertOne = async (): Promise<unknown> => {
      const [document] = toResourceDocuments(nextCommit(1));
      return document && resources.insertOne(document);
    };
    const rate = async (callers: number, size: number, call: () => Promise<unknown>): Promise<number> =>
      (await load(callers, call)).perSecond * size;
    for (const callers of [1, CALLERS, 4 * CALLERS]) {
      await compare(
        `creates, ${callers} callers`,
        () => rate(callers, 1, () => commit(store, 1)),
        () => rate(callers, 1, insertOne),
      );
    }
    for (const size of [50, 100]) {
      await compare(
        `resources in transactions of ${size}, 4 callers (driver: no transaction)`,
        () => rate(4, size, () => commit(store, size)),
        () => rate(4, size, () => insert(size)),
      );
    }
    const conditional = async (): Promise<void> => {
      const put = nextPut();
      const criterion = { op: 'term', param: 'identifier', values: [`https://standards.digital.health.nz/ns/local-id|${made}`] } as const;
      const conditions = [{ type: 'Condition', criterion, matches: [] }];
      const result = await store.commit({ namespace: 'benchmark', puts: [put], removes: [], conditions });
      if (!result.committed) throw new Error(`The store refused a commit: ${JSON.stringify(result)}`);
    };
    say(`conditional creates, ${CALLERS} callers`, describe(await load(CALLERS, conditional)));
    say(`searches by identifier, ${made} resources, ${CALLERS} callers`, describe(await load(CALLERS, () => search(store, made))));
  } finally {
    await database.dropDatabase();
    await client.close();
    await store.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'kauri-store-'));
try {
  process.stdout.write(' empty store, writer in the main thread (for comparison)\n');
  const compared = openInMainThread(join(folder, 'main.db'));
  await measureCommits(compared);
  await compared.close();

  process.stdout.write(' empty store, writer on a thread of its own (as it is)\n');
  made = 0;
  const store = await openThreaded(join(folder, 'thread.db'));
  await measureCommits(store);
  if (made < STORED) await fill(store, STORED);
  process.stdout.write(` ${made} resources\n`);
  await measureCommits(store);
  say(`searches by identifier, one match, ${CALLERS} callers`, describe(await load(CALLERS, () => search(store))));
  say('the same, one caller', describe(await load(1, () => search(store))));
  await store.close();
  const size = statSync(join(folder, 'thread.db')).size;
  say('size of the file for each resource', `${(size / made).toFixed(0)} bytes`);
  const started = performance.now();
  await (await openThreaded(join(folder, 'thread.db'))).close();
  say('closing and opening again', `${(performance.now() - started).toFixed(0)} ms`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const mongod = await findMongod();
if (mongod === undefined) process.stdout.write(' no MongoDB: set MONGODB_URL or MONGOMS_SYSTEM_BINARY\n');
else {
  process.stdout.write(' MongoDB\n');
  made = 0;
  await measureMongodb(mongod.url('benchmark'));
  await mongod.stop();
}
