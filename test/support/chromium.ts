/** A module worker in headless chromium: pages and data come from a server of its own, and what the worker posts comes back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Path of the program; undefined where there is none. */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** Skips the test with a line where there is no chromium, but not in CI, where that is a fault. */
export function chromiumOrSkip(test: Pick<Mocha.Context, 'skip'>): string {
  const program = findChromium();
  if (program !== undefined) return program;
  if (process.env['CI'] !== undefined) throw new Error('CI has no chromium: .ci/run installs it');
  process.stdout.write('    SKIPPED: no chromium is installed, so nothing shows that browsers get the outcomes of Node\n');
  return test.skip();
}

/** What the server answers at a path. */
export interface ServedFile {
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WorkerRun {
  /** Source of the module worker; a browser has nothing else to import. */
  readonly worker: string;
  /** JavaScript of what the page posts to the worker at once; nothing where it is undefined. */
  readonly message?: string;
  /** By path: `/cases.json`. */
  readonly files: Readonly<Record<string, ServedFile>>;
  readonly timeoutMs: number;
}

/** It starts the worker, and says what that posts, and what goes wrong in it. */
function pageOf({ message }: WorkerRun): string {
  return `<!doctype html><meta charset="utf-8"><title>worker</title><script type="module">
const send = (path, body) => fetch(path, { method: 'POST', body });
const worker = new Worker('/worker.js', { type: 'module' });
worker.onmessage = ({ data }) => send('/message', JSON.stringify(data));
worker.onerror = (event) => send('/fault', event.message || 'the worker cannot be loaded');
${message === undefined ? '' : `worker.postMessage(${message});`}
</script>`;
}

/** What the worker posts first, as JSON carries it. Rejects when it fails, or has posted nothing in time; the browser ends in any case. */
export async function runInChromium(program: string, run: WorkerRun): Promise<unknown> {
  const { worker, files, timeoutMs } = run;
  const served: Record<string, ServedFile> = {
    '/': { type: 'text/html', body: pageOf(run) },
    // no code is made of text
    '/worker.js': { type: 'text/javascript', body: worker, headers: { 'content-security-policy': "default-src 'self'" } },
    ...files,
  };
  const profile = mkdtempSync(join(tmpdir(), 'kauri-chromium-'));
  const { promise, resolve, reject } = deferred<unknown>();
  const server = await listen(served, { resolve, reject });
  const browser = spawn(program, [...FLAGS, `--user-data-dir=${profile}`, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  browser.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-2000);
  });
  const closed = new Promise((done) => browser.once('close', done));
  browser.once('error', reject);
  browser.once('exit', (code) => reject(new Error(`chromium ended by itself with ${code}: ${said}`)));
  const timer = setTimeout(() => reject(new Error(`chromium's worker has posted nothing in ${timeoutMs} ms: ${said}`)), timeoutMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await end(browser, closed);
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

const FLAGS = [
  '--headless=new',
  // what it loads is this test's, and the machines of CI have no sandbox to give
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // nothing but this test's server is there for it
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let functions: Omit<Deferred<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    functions = { resolve, reject };
  });
  return { promise, ...(functions as Omit<Deferred<T>, 'promise'>) };
}

async function listen(files: Readonly<Record<string, ServedFile>>, outcome: Omit<Deferred<unknown>, 'promise'>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (request.method === 'POST') {
      readBody(request).then((body) => {
        response.writeHead(204).end();
        if (path === '/message') outcome.resolve(JSON.parse(body));
        else outcome.reject(new Error(`chromium's worker failed: ${body}`));
      }, outcome.reject);
      return;
    }
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': file.type, ...file.headers }).end(file.body);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  return server;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** By its own id. Its children end with it, and have done so when nobody holds its streams any more. */
async function end(browser: ChildProcess, closed: Promise<unknown>): Promise<void> {
  if (browser.pid === undefined) return;
  browser.kill('SIGTERM');
  // one that has hardly begun does not hear the other signal
  const timer = setTimeout(() => browser.kill('SIGKILL'), 2000);
  await closed;
  clearTimeout(timer);
}
