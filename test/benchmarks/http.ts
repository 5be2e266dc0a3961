/**
 * The server as its users meet it: one process of its own on loopback, SQLite store on disk, validation on, every write durable
 * before its answer. Prints start to ready, creates/s, transaction resources/s, reads/s, searches/s, resident memory. The load runs on the same machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { conditionOf, REQUEST_CONTEXT, transactionOf } from './sdhr-resources.js';

const CONNECTIONS = 16;
const SECONDS = 8;
const WRITES_FOR_MEMORY = 10_000;
/** Different Conditions, of different patients, that the load goes through again and again. */
const BODIES = 200;

const port = 18_080;
const base = `http://127.0.0.1:${port}/sdhr`;
const folder = mkdtempSync(join(tmpdir(), 'kauri-benchmark-'));

async function until(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (child.exitCode !== null) throw new Error(`The server ended with status ${child.exitCode}`);
    const ready = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${url} did not answer`);
}

function residentMegabytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) / 1024;
}

function say(label: string, figure: string): void {
  process.stdout.write(`  ${label.padEnd(62)} ${figure}\n`);
}

const started = performance.now();
const server = spawn(process.execPath, ['dist/main.js'], {
  env: {
    ...process.env,
    PORT: String(port),
    HOST: '127.0.0.1',
    KAURI_STORE_URL: `sqlite:${join(folder, 'kauri.db')}`,
    KAURI_LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'ignore', 'inherit'],
});
try {
  await until(`http://127.0.0.1:${port}/health/ready`, server);
  say('start to ready', `${(performance.now() - started).toFixed(0)} ms`);

  const tokenAnswer = await fetch(`http://127.0.0.1:${port}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'kauri-dev',
      client_secret: 'kauri-dev-secret',
      scope: 'system/*.cruds',
    }),
  });
  const { access_token: token } = (await tokenAnswer.json()) as { access_token: string };
  const headers = {
    authorization: `Bearer ${token}`,
    'request-context': REQUEST_CONTEXT,
    'content-type': 'application/fhir+json',
    prefer: 'return=minimal',
  };

  const load = async (label: string, request: Partial<autocannon.Options>, expected: number, factor = 1): Promise<void> => {
    const result = await autocannon({ url: base, connections: CONNECTIONS, duration: SECONDS, headers, ...request });
    const answers = result.statusCodeStats as Record<string, { count: number }> | undefined;
    const good = answers?.[String(expected)]?.count ?? 0;
    const others = Object.entries(answers ?? {}).filter(([status]) => status !== String(expected));
    if (others.length > 0 || result.errors > 0)
      throw new Error(`${label}: ${JSON.stringify(result.statusCodeStats)}, errors ${result.errors}`);
    say(label, `${((good * factor) / result.duration).toFixed(0)}/s, p50 ${result.latency.p50} ms, p99 ${result.latency.p99} ms`);
  };

  const requests = Array.from({ length: BODIES }, (_, patient) => ({ method: 'POST' as const, body: conditionOf(patient) }));
  const creates = { url: `${base}/Condition`, requests, connections: CONNECTIONS };
  const counted = await autocannon({ ...creates, headers, amount: WRITES_FOR_MEMORY });
  if (counted['2xx'] !== WRITES_FOR_MEMORY) throw new Error(`Only ${counted['2xx']} of ${WRITES_FOR_MEMORY} writes were answered well`);
  say(`resident memory after the first ${WRITES_FOR_MEMORY} writes`, `${residentMegabytes(server.pid as number).toFixed(0)} MB`);
  const size = (Buffer.byteLength(conditionOf(0)) / 1024).toFixed(1);
  await load(`creates, profiled Condition of ${size} kB, ${CONNECTIONS} connections`, creates, 201);
  await load(
    `resources in transactions of 50, 4 connections`,
    { url: base, method: 'POST', body: transactionOf(50), connections: 4 },
    200,
    50,
  );

  const created = await fetch(`${base}/Condition`, {
    method: 'POST',
    headers: { ...headers, prefer: 'return=representation' },
    body: conditionOf(BODIES),
  });
  const { id } = (await created.json()) as { id: string };
  await load(`reads, ${CONNECTIONS} connections`, { url: `${base}/Condition/${id}` }, 200);
  const query = `patient=${encodeURIComponent(`https://api.hip.digital.health.nz/fhir/nhi/v1/Patient/ZZZ${String(BODIES).padStart(4, '0')}`)}`;
  await load(`searches by patient, one match, ${CONNECTIONS} connections`, { url: `${base}/Condition?${query}&_count=10` }, 200);

  say('resident memory after all that', `${residentMegabytes(server.pid as number).toFixed(0)} MB`);
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => (server.exitCode === null ? server.once('exit', resolve) : resolve(undefined)));
  rmSync(folder, { recursive: true, force: true });
}
