import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { openStore } from '../../src/storage/open-store.js';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.js';
import type { StoreErrorCode } from '../../src/storage/store.js';
import { has, idsOf, put, term, toCommit, toQuery } from './contract/fixture.js';

const NAMESPACE = 'api';
const CHILD = [...process.execArgv.filter((option) => option.includes('tsx')), fileURLToPath(new URL('sqlite-child.ts', import.meta.url))];

function lines(text: string): readonly unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

async function openAndMigrate(url: string): Promise<void> {
  const store = await openStore(url);
  try {
    await store.migrate();
  } finally {
    await store.close();
  }
}

function runChild(task: string, url: string, uid?: number): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, [...CHILD, task, url], {
    encoding: 'utf8',
    ...(uid !== undefined && { uid, gid: uid }),
  });
  expect(stderr).to.equal('');
  return lines(stdout)[0];
}

describe('SQLite files', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-files-'));
    path = join(folder, 'kauri.db');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const expectRefusal = async (url: string, code: StoreErrorCode, message: string | RegExp): Promise<void> => {
    const error: unknown = await openAndMigrate(url).then(
      () => 'opened',
      (reason: unknown) => reason,
    );
    expect(error).to.include({ name: 'StoreError', code });
    if (typeof message === 'string') expect(error).to.have.property('message', message);
    else expect(error).to.have.property('message').that.matches(message);
  };

  const makeStore = async (): Promise<void> => {
    const store = await openStore(`sqlite:${path}`);
    await store.migrate();
    await store.commit(toCommit(NAMESPACE, [put('p1', [term('identifier', '1')])]));
    await store.close();
  };

  it('say so where no folder can be made for them, and hang nowhere', async function () {
    writeFileSync(join(folder, 'a-file'), '');
    await expectRefusal(
      `sqlite:${join(folder, 'a-file', 'deep', 'k.db')}`,
      'unavailable',
      /cannot be opened \(E\w+\): check .* its folder can be made/,
    );
    if (!existsSync('/proc/self')) this.skip();
    await expectRefusal(
      'sqlite:/proc/kauri-test/k.db',
      'unavailable',
      /k\.db cannot be opened \(ENOENT\): check .* its folder can be made/,
    );
  });

  it('makes the folders that are missing, and takes a path relative to the working directory', async () => {
    const nested = join(folder, 'a', 'b', 'kauri.db');
    const store = await openStore(`sqlite:${relative(process.cwd(), nested)}`);
    expect(await store.health()).to.deep.equal({ ready: false, message: `${nested} has not been prepared: call migrate first` });
    await store.migrate();
    await store.migrate();
    expect(await store.health()).to.deep.equal({ ready: true });
    await store.close();
    expect(existsSync(nested)).to.equal(true);
  });

  it('leaves one file and its lock when it is closed', async () => {
    await makeStore();
    expect(readdirSync(folder).sort()).to.deep.equal(['kauri.db', 'kauri.db-lock']);
  });

  it('refuses a URL of no store', async () => {
    for (const url of ['', 'memory', 'sqlite:', 'sqlite::memory:', 'postgres://localhost/fhir', path]) {
      await expectRefusal(
        url,
        'unavailable',
        `There is no store for '${url}': give sqlite: and the path of a file, mongodb://…, or memory:`,
      );
    }
  });

  it('refuses a file that is no database, and leaves it as it is', async () => {
    writeFileSync(path, 'this is a letter to my aunt, and no database at all\n'.repeat(100));
    const before = readFileSync(path);
    await expectRefusal(
      `sqlite:${path}`,
      'not-a-store',
      `${path} is no SQLite database: give the path of a store, or of a file that does not exist yet`,
    );
    expect(readFileSync(path).equals(before)).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(['kauri.db']);
  });

  it('refuses the database of another program, and leaves it as it is', async () => {
    const other = new Database(path);
    other.exec('CREATE TABLE aunt (name TEXT)');
    other.close();
    const before = readFileSync(path);
    await expectRefusal(
      `sqlite:${path}`,
      'not-a-store',
      `${path} is a database of another program: give the path of a store, or of a new file`,
    );
    expect(readFileSync(path).equals(before)).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(['kauri.db']);
  });

  it('refuses a store made by a newer version, and leaves it as it is', async () => {
    await makeStore();
    const newer = new Database(path);
    newer.pragma('user_version = 99');
    newer.close();
    const before = readFileSync(path);
    const files = readdirSync(folder);
    await expectRefusal(
      `sqlite:${path}`,
      'newer-version',
      `${path} was made by a newer release (its schema is 99, this release knows 1): use that release; the file was left as it is`,
    );
    expect(readFileSync(path).equals(before)).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(files);
  });

  it('refuses a damaged store', async () => {
    await makeStore();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 100, 8192);
    writeFileSync(path, bytes);
    await expectRefusal(`sqlite:${path}`, 'corrupt', `${path} is damaged: restore it from a backup, and check the disk`);
  });

  it('refuses what is no file, and a folder below a file', async () => {
    await expectRefusal(
      `sqlite:${folder}`,
      'unavailable',
      `${folder} cannot be opened (EISDIR): check that it is a file, and that its folder can be made`,
    );
    writeFileSync(path, '');
    await expectRefusal(
      `sqlite:${join(path, 'kauri.db')}`,
      'unavailable',
      /kauri\.db\/kauri\.db cannot be opened \((EEXIST|ENOTDIR)\): check that/,
    );
  });

  it('refuses a file or a folder that this user may not write', async () => {
    await makeStore();
    const uid = process.getuid?.() === 0 ? 65_534 : undefined;
    chmodSync(folder, 0o777);
    chmodSync(path, 0o444);
    const message = `${path} cannot be written: give this user write permission on the file and on its folder`;
    expect(runChild('open', `sqlite:${path}`, uid)).to.deep.equal({ code: 'read-only', message });
    chmodSync(path, 0o666);
    chmodSync(folder, 0o555);
    expect(runChild('open', `sqlite:${path}`, uid)).to.deep.equal({ code: 'read-only', message });
    chmodSync(folder, 0o755);
  });

  it('refuses a store that another process holds, until that ends', async () => {
    const child = spawn(process.execPath, [...CHILD, 'hold', `sqlite:${path}`], { stdio: ['pipe', 'pipe', 'inherit'] });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    try {
      expect((await answers.next()).value).to.equal('"open"');
      const locked = `${path} is in use by another process: stop it, or wait until it has finished`;
      await expectRefusal(`sqlite:${path}`, 'locked', locked);
      child.stdin.write('are you well?\n');
      expect(lines(String((await answers.next()).value))).to.deep.equal([{ ready: true }]);
    } finally {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    }
    await makeStore();
  });

  it('refuses a store that this process has open', async () => {
    const store = await openStore(`sqlite:${path}`);
    await expectRefusal(`sqlite:${path}`, 'locked', `${path} is in use by another process: stop it, or wait until it has finished`);
    await store.close();
    await makeStore();
  });

  it('loads SQLite for an SQLite store only', () => {
    expect(runChild('load', 'memory:')).to.equal(false);
    expect(runChild('load', `sqlite:${path}`)).to.equal(true);
  });

  it('has everything that it had answered for when its process is killed, and finds it by what it says now', async () => {
    const child = spawn(process.execPath, [...CHILD, 'write', `sqlite:${path}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const answered = new Map<string, number>();
    let lineCount = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const [id, version] = JSON.parse(line) as [string, number];
      answered.set(id, version);
      lineCount += 1;
      if (lineCount === 2_000) child.kill('SIGKILL');
    }
    expect(lineCount).to.be.at.least(2_000);
    // with the index as the crash left it, then while it is merged, then when all has been merged
    for (const mergeSize of [100_000, 1, 100_000]) {
      const store = new SqliteStore(path, { mergeSize });
      await store.migrate();
      const ids = [...answered.keys()];
      const latest = await store.getMany(
        NAMESPACE,
        ids.map((id) => ({ type: 'Patient', id })),
      );
      for (const [place, id] of ids.entries()) expect(latest[place]?.versionId ?? 0, id).to.be.at.least(answered.get(id) ?? 0);
      const count = await store.count({ namespace: NAMESPACE, types: ['Patient'], criterion: { op: 'exists', param: 'label' } });
      expect(count).to.be.within(ids.length, ids.length + 8);
      await Promise.all(
        ids.map(async (id, place) => {
          const version = latest[place]?.versionId ?? 0;
          for (const other of [1, 2, 3]) {
            const { matches } = await store.search(toQuery(NAMESPACE, has('label', `${id}/${other}`)));
            expect(idsOf({ matches }), `${id}/${other} of ${version}`).to.deep.equal(other === version ? [id] : []);
          }
        }),
      );
      // makes merges begin, and lets them end
      for (let number = 0; mergeSize === 1 && number < 200; number += 1) {
        expect(await store.commit(toCommit(NAMESPACE, [put(`later-${number}`)]))).to.deep.equal({ committed: true });
      }
      await store.close();
    }
  });

  it('stores nothing of a commit for which there is no room, tells its caller alone, and goes on', async () => {
    // the shell's unit is a kilobyte: no file may grow beyond 4 MB, where the large commit has 8
    const command = 'ulimit -f 4000; exec "$0" "$@"';
    const { stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, ...CHILD, 'fill', `sqlite:${path}`], {
      encoding: 'utf8',
    });
    expect(stderr).to.equal('');
    const committed = { committed: true };
    const [said] = lines(stdout) as readonly {
      readonly atOnce: readonly unknown[];
      readonly tooLarge: { readonly code: string; readonly message: string };
    }[];
    expect(said?.tooLarge.code).to.be.oneOf(['unavailable', 'full']);
    expect(said?.tooLarge.message).to.contain(path);
    expect(said).to.deep.equal({
      before: committed,
      atOnce: [committed, said?.tooLarge, committed],
      tooLarge: said?.tooLarge,
      health: { ready: true },
      after: committed,
      found: ['after', 'before', 'with large 1', 'with large 2'],
    });
    const store = await openStore(`sqlite:${path}`);
    await store.migrate();
    expect(await store.count({ namespace: NAMESPACE, types: ['Patient'] })).to.equal(4);
    expect(await store.get(NAMESPACE, 'Patient', 'large')).to.equal(undefined);
    await store.close();
  });

  it('runs from compiled code too', function () {
    const compiled = new URL('../../dist/storage/open-store.js', import.meta.url);
    // `npm test` has built it
    if (!existsSync(compiled)) this.skip();
    const script = `
      const { openStore } = await import(${JSON.stringify(compiled.href)});
      const store = await openStore(${JSON.stringify(`sqlite:${path}`)});
      await store.migrate();
      console.log(JSON.stringify(await store.commit(${JSON.stringify(toCommit(NAMESPACE, [put('p1')]))})));
      console.log(JSON.stringify(await store.count({ namespace: ${JSON.stringify(NAMESPACE)}, types: ['Patient'] })));
      await store.close();`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(stderr).to.equal('');
    expect(lines(stdout)).to.deep.equal([{ committed: true }, 1]);
  });

  it('opens a copy of a closed store elsewhere', async () => {
    await makeStore();
    mkdirSync(join(folder, 'copy'));
    copyFileSync(path, join(folder, 'copy', 'other.db'));
    const store = await openStore(`sqlite:${join(folder, 'copy', 'other.db')}`);
    await store.migrate();
    expect((await store.get(NAMESPACE, 'Patient', 'p1'))?.versionId).to.equal(1);
    await store.close();
  });
});
