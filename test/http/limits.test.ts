/** Bounds of size and time, each as configured. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { MemoryStore } from '../../src/storage/memory/memory-store.js';
import type { Commit, CommitResult } from '../../src/storage/store.js';
import { openRaw, outcomeOf, sendRaw } from '../support/raw-http.js';
import { TestServer } from '../support/test-server.js';

const TOO_LONG = [{ severity: 'error', code: 'too-long' }];

describe('limits', () => {
  let server: TestServer;
  before(async () => {
    const limits = { bodyBytes: 4_096, headerBytes: 8_192, bundleEntries: 3, jsonDepth: 12 };
    server = await TestServer.start({ config: { limits } });
  });
  after(() => server.stop());

  const patientOf = (bytes: number): string => {
    const [start, end] = ['{"resourceType":"Patient","name":[{"family":"', '"}]}'];
    return `${start}${'a'.repeat(bytes - start.length - end.length)}${end}`;
  };

  it('takes a body of limits.bodyBytes and answers 413 to one byte more', async () => {
    expect((await server.post('/r4/Patient', patientOf(4_096))).status).to.equal(201);
    const answer = await server.post('/r4/Patient', patientOf(4_097));
    expect(answer.status).to.equal(413);
    expect(answer.issueSummaries).to.deep.equal(TOO_LONG);
    expect(answer.diagnostics).to.equal('The body is larger than 4096 bytes');
  });

  it('counts a body that comes in chunks as it comes', async () => {
    const response = await fetch(`${server.url}/r4/Patient`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await server.token()}`, 'Content-Type': 'application/fhir+json' },
      body: new ReadableStream({
        start(controller) {
          for (let sent = 0; sent < 10; sent++) controller.enqueue(Buffer.from('a'.repeat(1_000)));
          controller.close();
        },
      }),
      duplex: 'half',
    });
    expect(response.status).to.equal(413);
  });

  it('counts what a compressed body expands to', async () => {
    const bomb = patientOf(4_000_000);
    for (const [encoding, bytes] of [
      ['gzip', gzipSync(bomb)],
      ['br', brotliCompressSync(bomb)],
    ] as const) {
      const answer = await server.post('/r4/Patient', bytes, { 'Content-Encoding': encoding });
      expect(answer.status, encoding).to.equal(413);
      expect(answer.issueSummaries).to.deep.equal(TOO_LONG);
    }
  });

  it('answers 400 to a body that is not compressed as it says', async () => {
    for (const encoding of ['gzip', 'br']) {
      const answer = await server.post('/r4/Patient', patientOf(1_000), { 'Content-Encoding': encoding });
      expect(answer.status, encoding).to.equal(400);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'structure' }]);
    }
  });

  it('answers 431 to larger headers', async () => {
    const answer = await sendRaw(server.url, `GET /r4/metadata HTTP/1.1\r\nHost: a\r\nX-Filler: ${'a'.repeat(9_000)}\r\n\r\n`);
    expect(answer).to.match(/^HTTP\/1\.1 431 /);
    expect(outcomeOf(answer)).to.deep.equal({ severity: 'error', code: 'too-long' });
  });

  it('answers 408 to headers that do not come', async () => {
    const impatient = await TestServer.start({ config: { limits: { requestTimeoutMs: 300 } } });
    try {
      const answer = await sendRaw(impatient.url, 'GET /r4/metadata HTTP/1.1\r\nHost: a\r\n');
      expect(answer).to.match(/^HTTP\/1\.1 408 /);
      expect(outcomeOf(answer)).to.deep.equal({ severity: 'error', code: 'timeout' });
    } finally {
      await impatient.stop();
    }
  });

  it('answers 408 to a body that does not come', async () => {
    const impatient = await TestServer.start({ config: { limits: { requestTimeoutMs: 300 } } });
    try {
      const { socket, received } = openRaw(impatient.url);
      socket.write(
        'POST /r4/Patient HTTP/1.1\r\nHost: a\r\nContent-Type: application/fhir+json\r\nContent-Length: 100\r\n' +
          `Authorization: Bearer ${await impatient.token()}\r\n\r\n{"resourceType"`,
      );
      const answer = await received;
      expect(answer).to.match(/^HTTP\/1\.1 408 /);
      expect(answer).to.include('"code":"timeout"');
      expect(answer.toLowerCase()).to.include('connection: close');
    } finally {
      await impatient.stop();
    }
  });

  it('ends a connection whose body goes on after the answer', async () => {
    const slow = await TestServer.start({ config: { limits: { requestTimeoutMs: 500 } } });
    const { socket, received } = openRaw(slow.url);
    socket.write('POST /r4/Patient HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\nContent-Length: 100000\r\n\r\n');
    const dripping = setInterval(() => socket.write(' '), 50);
    try {
      const started = performance.now();
      expect(await received).to.match(/^HTTP\/1\.1 401 /);
      expect(performance.now() - started).to.be.lessThan(5_000);
    } finally {
      clearInterval(dripping);
      await slow.stop();
    }
  });

  it('answers 400 to a Bundle of more entries than limits.bundleEntries', async () => {
    const bundle = (type: string, length: number) => ({
      resourceType: 'Bundle',
      type,
      entry: Array.from({ length }, () => ({ resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } })),
    });
    for (const type of ['batch', 'transaction']) {
      expect((await server.post('/r4', bundle(type, 3))).status, type).to.equal(200);
      const answer = await server.post('/r4', bundle(type, 4));
      expect(answer.status, type).to.equal(400);
      expect(answer.issues[0]).to.include({ severity: 'error', code: 'too-costly' });
      expect(answer.diagnostics).to.include('3');
    }
  });

  it('answers 400 to JSON that is nested deeper than limits.jsonDepth', async () => {
    const nested = (depth: number): string => `{"resourceType":"Patient","extension":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const answer = await server.post('/r4/Patient', nested(13));
    expect(answer.status).to.equal(400);
    expect(answer.diagnostics).to.match(/nested deeper than 12 levels/);
  });

  it('answers 503 to what takes the server longer, and lets it end', async () => {
    const store = new HeldStore();
    const impatient = await TestServer.start({ store, config: { limits: { requestTimeoutMs: 400 } } });
    try {
      const answer = await impatient.put('/r4/Patient/late', { resourceType: 'Patient', id: 'late' });
      expect(answer.status, answer.text).to.equal(503);
      expect(answer.headers.get('Retry-After')).to.equal('10');
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'timeout' }]);
      store.release();
      await store.committed;
      expect((await impatient.get('/r4/Patient/late')).status).to.equal(200);
    } finally {
      store.release();
      await impatient.stop();
    }
  });

  it('begins no more entries of a batch once it is answered', async () => {
    const store = new HeldStore();
    const impatient = await TestServer.start({ store, config: { limits: { requestTimeoutMs: 400 } } });
    try {
      const entry = Array.from({ length: 200 }, (_, index) => ({
        resource: { resourceType: 'Patient', id: `p${index}` },
        request: { method: 'PUT', url: `Patient/p${index}` },
      }));
      expect((await impatient.post('/r4', { resourceType: 'Bundle', type: 'batch', entry })).status).to.equal(503);
      const { commits } = store;
      expect(commits).to.be.within(1, 199);
      store.release();
      await store.committed;
      expect((await impatient.put('/r4/Patient/after', { resourceType: 'Patient', id: 'after' })).status).to.equal(201);
      expect(store.commits).to.equal(commits + 1);
    } finally {
      store.release();
      await impatient.stop();
    }
  });
});

/** Keeps commits waiting until they are released. */
class HeldStore extends MemoryStore {
  release: () => void = () => undefined;
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });
  committed: Promise<CommitResult> | undefined;
  commits = 0;

  override commit(commit: Commit): Promise<CommitResult> {
    this.commits++;
    this.committed = this.#released.then(() => super.commit(commit));
    return this.committed;
  }
}
