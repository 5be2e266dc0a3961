/** A MongoDB for tests: the one of MONGODB_URL, or a mongod of this run's own, a replica set of one member on loopback. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';

const CACHED = fileURLToPath(new URL('../../.cache/mongod/mongod', import.meta.url));
const START_TIMEOUT_MS = 30_000;
export const PASSWORD = 'right-secret';

export interface Mongod {
  /** Of a database of this name, and of this run alone. */
  readonly url: (database: string) => string;
  /** Drops every database that was named so far. */
  readonly dropDatabases: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

let shared: Promise<Mongod | undefined> | undefined;

/** For `before`: one for the whole run, ended with it. Where there is none it says so loudly and skips; CI does not allow that. */
export async function requireMongod(suite: Mocha.Context): Promise<Mongod> {
  suite.timeout(START_TIMEOUT_MS * 2);
  shared ??= findMongod();
  const mongod = await shared;
  if (mongod !== undefined) return mongod;
  const message = 'NO MONGODB: set MONGODB_URL or MONGOMS_SYSTEM_BINARY, or have a mongod on the PATH or in .cache/mongod';
  if (process.env['CI'] !== undefined) throw new Error(`${message}; CI requires it`);
  process.stderr.write(`\n    ${message}; these tests are skipped\n\n`);
  return suite.skip();
}

/** Undefined where there is none; `stop` ends one that was started. */
export async function findMongod(): Promise<Mongod | undefined> {
  const given = process.env['MONGODB_URL'];
  if (given !== undefined && given !== '') {
    const run = process.pid.toString(36) + Date.now().toString(36);
    return toMongod(
      (database) => withDatabase(given, `${database}-${run}`),
      async () => undefined,
    );
  }
  const binary = mongodBinary();
  return binary === undefined ? undefined : startMongod(binary);
}

/** The first that runs: of MONGOMS_SYSTEM_BINARY, on the PATH, in the cache that .ci/run fills. */
export function mongodBinary(): string | undefined {
  return [process.env['MONGOMS_SYSTEM_BINARY'] ?? '', 'mongod', CACHED].find(isMongod);
}

function isMongod(command: string): boolean {
  if (command === '' || (command.includes('/') && !existsSync(command))) return false;
  return spawnSync(command, ['--version']).status === 0;
}

function withDatabase(url: string, database: string): string {
  return url.replace(/^([^:]+:\/\/[^/?]*)(\/[^?]*)?/, `$1/${database}`);
}

function toMongod(toUrl: (database: string) => string, stop: () => Promise<void>): Mongod {
  const urls = new Set<string>();
  return {
    url: (database) => {
      const url = toUrl(database);
      urls.add(url);
      return url;
    },
    dropDatabases: async () => {
      for (const url of urls) {
        const client = new MongoClient(url);
        await client.db().dropDatabase();
        await client.close();
      }
      urls.clear();
    },
    stop,
  };
}

export interface MongodOptions {
  /** Otherwise a standalone one. */
  readonly isReplicaSet?: boolean;
  /** Otherwise a replica set that was never begun. */
  readonly isBegun?: boolean;
  /** Whether it lets in nobody but the user `admin` with `PASSWORD`, and who that makes. */
  readonly asksForCredentials?: boolean;
  /** Whether tests may make it fail (`failCommand`). */
  readonly canFail?: boolean;
}

/** Ends with this process, or when it is stopped. */
export async function startMongod(binary: string, details: MongodOptions = {}): Promise<Mongod> {
  const { isReplicaSet = true, isBegun = isReplicaSet, asksForCredentials = false, canFail = false } = details;
  const folder = mkdtempSync(join(tmpdir(), 'kauri-mongod-'));
  const port = await freePort();
  const keyFile = join(folder, 'key');
  if (asksForCredentials) writeFileSync(keyFile, 'a key that members share', { mode: 0o600 });
  const options = [
    ...['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket', '--wiredTigerCacheSizeGB', '1'],
    ...(isReplicaSet ? ['--replSet', 'rs0'] : []),
    ...(asksForCredentials ? ['--keyFile', keyFile] : []),
    ...(canFail ? ['--setParameter', 'enableTestCommands=1'] : []),
  ];
  const child = spawn(binary, options, { stdio: 'ignore' });
  child.unref();
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const atExit = (): void => {
    child.kill('SIGKILL');
    remove();
  };
  process.once('exit', atExit);
  const stop = async (): Promise<void> => {
    process.off('exit', atExit);
    await end(child);
    remove();
  };
  try {
    await begin(`127.0.0.1:${port}`, isBegun, asksForCredentials);
  } catch (error) {
    await stop();
    throw error;
  }
  return toMongod((database) => `mongodb://127.0.0.1:${port}/${database}`, stop);
}

async function begin(host: string, isBegun: boolean, asksForCredentials: boolean): Promise<void> {
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`, { serverSelectionTimeoutMS: START_TIMEOUT_MS });
  try {
    const admin = client.db('admin');
    await admin.command({ ping: 1 });
    if (!isBegun) return;
    await admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } });
    const deadline = Date.now() + START_TIMEOUT_MS;
    while ((await admin.command({ hello: 1 }))['isWritablePrimary'] !== true) {
      if (Date.now() > deadline) throw new Error(`The mongod on ${host} has not become primary`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (asksForCredentials) await admin.command({ createUser: 'admin', pwd: PASSWORD, roles: ['root'] });
  } finally {
    await client.close();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('No port is free'))));
    });
  });
}
