/** The server as a whole: what it says of itself, what it refuses to start with, how it ends. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PACKAGE_ROOT, readConfig, type ServerConfig } from '../../src/config.js';
import { createLogger } from '../../src/observability/logger.js';
import { createServer, type KauriServer } from '../../src/server.js';
import { openStore } from '../../src/storage/open-store.js';
import { openRaw } from '../support/raw-http.js';
import { aPatient } from '../support/resources.js';
import { Answer, TestServer } from '../support/test-server.js';

async function failureOf(promise: Promise<TestServer>): Promise<Error> {
  const started = await promise.catch((error: unknown) => error);
  if (started instanceof TestServer) {
    await started.stop();
    throw new Error('The server started');
  }
  return started as Error;
}

describe('what the server says of itself', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  it('answers the probes without a token', async () => {
    for (const [path, status] of [
      ['/health/live', 'live'],
      ['/health/ready', 'ready'],
    ] as const) {
      const answer = await server.get(path, { Authorization: undefined });
      expect([answer.status, answer.json['status']], path).to.deep.equal([200, status]);
    }
  });

  it('counts requests by interaction, type and status, for callers with a token', async () => {
    await server.get('/r4/Patient/unknown?_pretty=true');
    const { text, headers } = await server.get('/metrics');
    expect(headers.get('Content-Type')).to.match(/^text\/plain/);
    expect(text).to.match(/kauri_request_duration_seconds_count\{api="r4",interaction="read",type="Patient",status="404"\} 1\n/);
    expect(text).to.include('kauri_issues_total{code="not-found"} 1');
    expect(text).to.not.include('unknown?');
  });

  it('echoes X-Request-Id and Correlation-Id of up to 256 visible characters and spaces, and makes a request id otherwise', async () => {
    for (const given of ['pms-42', 'visit:7', '{a|b}~@,(c)#d e <f> "g"', 'a'.repeat(256)]) {
      const answer = await server.get('/r4/Patient/1', { 'X-Request-Id': given, 'Correlation-Id': given, 'X-Correlation-Id': given });
      for (const name of ['X-Request-Id', 'Correlation-Id', 'X-Correlation-Id']) expect(answer.headers.get(name)).to.equal(given);
    }
    for (const broken of ['', 'a\tb', 'a\u00e9b', 'a'.repeat(257)]) {
      const other = await server.get('/r4/Patient/1', { 'X-Request-Id': broken, 'Correlation-Id': broken });
      expect(other.headers.get('X-Request-Id')).to.match(/^[0-9a-f-]{36}$/);
      expect(other.headers.get('Correlation-Id')).to.equal(null);
    }
  });
});

describe('links of a server behind a proxy', () => {
  it('start with the public URL', async () => {
    const server = await TestServer.start({ config: { apiBaseUrl: 'https://fhir.example.org/kauri' } });
    try {
      const answer = await server.post('/r4/Patient', aPatient());
      expect(answer.headers.get('Location')).to.match(/^https:\/\/fhir\.example\.org\/kauri\/r4\/Patient\//);
      const search = await server.get('/r4/Patient');
      expect(search.text).to.include('"fullUrl":"https://fhir.example.org/kauri/r4/Patient/');
      expect(((await server.get('/r4/metadata')).json['implementation'] as { url: string }).url).to.equal(
        'https://fhir.example.org/kauri/r4',
      );
    } finally {
      await server.stop();
    }
  });
});

describe('start', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-apis-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function writeApi(name: string, basePath: string, more: Readonly<Record<string, unknown>> = {}): string {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    const files: Readonly<Record<string, unknown>> = {
      'api.json': { basePath, title: 'An API' },
      'package.json': { name: `example.${name}`, version: '1.0.0' },
      'CapabilityStatement-a.json': {
        resourceType: 'CapabilityStatement',
        url: `https://example.org/${name}`,
        rest: [{ mode: 'server', resource: [{ type: 'Patient', interaction: [{ code: 'create' }, { code: 'read' }] }] }],
      },
      ...more,
    };
    for (const [file, content] of Object.entries(files)) {
      writeFileSync(join(path, file), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return path;
  }

  it('serves the folder of an API that is none of ours', async () => {
    const server = await TestServer.start({ config: { apis: [writeApi('clinic', '/clinic')] } });
    try {
      expect((await server.post('/clinic/Patient', aPatient())).status).to.equal(201);
      expect((await server.get('/clinic/Patient')).status).to.equal(405);
      expect((await server.get('/sdhr/metadata')).status).to.equal(501);
    } finally {
      await server.stop();
    }
  });

  it('names packages and definitions that cannot be used, and serves the rest', async () => {
    const lines: string[] = [];
    const path = writeApi('broken', '/broken', {
      'package.json': { name: 'example.broken', version: '1.0.0', dependencies: { 'example.absent': '2.0.0' } },
      'ValueSet-cut.json': '{"resourceType":"ValueSet",',
      'StructureDefinition-orphan.json': {
        resourceType: 'StructureDefinition',
        url: 'https://example.org/orphan',
        type: 'Patient',
        baseDefinition: 'https://example.org/nobody',
        derivation: 'constraint',
        differential: { element: [] },
      },
    });
    const server = await TestServer.start({ config: { apis: [path] }, log: { write: (line: string) => lines.push(line) } });
    try {
      const problems = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ api }) => api === 'broken');
      expect(problems.every(({ level }) => level === 'warn')).to.equal(true);
      const text = problems.map(({ problem }) => problem).join('\n');
      expect(text).to.include('example.broken#1.0.0: depends on example.absent#2.0.0, which is not loaded');
      expect(text).to.match(/example\.broken#1\.0\.0 ValueSet-cut\.json: is no JSON/);
      expect(text).to.include(
        'StructureDefinition https://example.org/orphan is built upon https://example.org/nobody, which is not loaded',
      );
      expect((await server.post('/broken/Patient', aPatient())).status).to.equal(201);
    } finally {
      await server.stop();
    }
  });

  it('refuses what would be ambiguous or cannot be read, and says what to mend', async () => {
    const sdhr = join(PACKAGE_ROOT, 'profiles', 'sdhr');
    const start = (apis: readonly string[], packages: readonly string[] = []): Promise<Error> =>
      failureOf(TestServer.start({ config: { apis, packages } }));
    expect((await start([sdhr, sdhr])).message).to.include("two folders have the name 'sdhr'");
    expect((await start([writeApi('one', '/same'), writeApi('two', '/same')])).message).to.include(
      "'one' and 'two' have the same base path /same",
    );
    expect((await start([writeApi('above', '/a'), writeApi('below', '/a/b')])).message).to.include(
      "the base paths /a of 'above' and /a/b of 'below' lie one below the other",
    );
    expect((await start([writeApi('below', '/a/b'), writeApi('above', '/a')])).message).to.include("/a/b of 'below' and /a of 'above'");
    for (const [base, taken] of [
      ['/oauth2', '/oauth2'],
      ['/health/api', '/health'],
      ['/metrics', '/metrics'],
      ['/.well-known/x', '/.well-known'],
    ] as const) {
      expect((await start([writeApi('taken', base)])).message).to.include(`the base path ${base} of 'taken' is below ${taken}, where`);
    }
    expect((await start([join(folder, 'absent')])).message).to.match(/absent\/api\.json cannot be read/);
    expect((await start([sdhr], [join(folder, 'absent.tgz')])).message).to.match(/packages: .*absent\.tgz/);
    const context = { basePath: '/c', title: 'C', requestContext: { required: true, schema: 'absent.schema.json' } };
    expect((await start([writeApi('context', '/c', { 'api.json': context })])).message).to.match(
      /schemas\/absent\.schema\.json cannot be used/,
    );
  });

  it('fails when the port is taken', async () => {
    const first = await TestServer.start();
    try {
      const failure = await failureOf(TestServer.start({ config: { port: Number(new URL(first.url).port) } }));
      expect(failure).to.include({ code: 'EADDRINUSE', syscall: 'listen' });
    } finally {
      await first.stop();
    }
  });
});

describe('faults that are none of the caller', () => {
  it('are answered 500 with a request id, and only the log has the rest', async () => {
    const lines: string[] = [];
    const logger = createLogger('error', { write: (line: string) => lines.push(line) });
    const failing = await createServer(testConfig(), {
      logger,
      newId: () => {
        throw new Error('out of ids');
      },
    });
    try {
      const answer = await ask(failing, await failing.start(), { 'X-Request-Id': 'pms-500' });
      expect(answer.status).to.equal(500);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'exception' }]);
      expect(answer.diagnostics).to.include('pms-500');
      expect(answer.text).to.not.include('out of ids');
      expect(lines.join('')).to.include('out of ids').and.to.include('pms-500').and.to.not.include('Ngata');
    } finally {
      await failing.stop();
    }
  });

  it('are answered 503 with Retry-After when it is the store, and the probe says so', async () => {
    const store = await openStore('memory:');
    const server = await createServer(testConfig(), { store, logger: createLogger('silent') });
    try {
      const url = await server.start();
      await store.close();
      const answer = await ask(server, url);
      expect(answer.status).to.equal(503);
      expect(answer.headers.get('Retry-After')).to.equal('1');
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'transient' }]);
      const probe = await fetch(`${url}/health/ready`);
      expect(probe.status).to.equal(503);
      expect(await probe.json()).to.deep.equal({ status: 'not ready', message: 'The store is closed' });
    } finally {
      await server.stop();
    }
  });

  async function ask(server: KauriServer, url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const token = await server.issueToken?.();
    const response = await fetch(`${url}/r4/Patient`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/fhir+json', ...headers },
      body: JSON.stringify(aPatient()),
    });
    return new Answer(response, await response.text());
  }

  function testConfig(): ServerConfig {
    return readConfig({ PORT: '0', KAURI_STORE_URL: 'memory:', KAURI_APIS: 'r4' });
  }
});

describe('stop', () => {
  it('lets an answer out that is under way, takes nothing new, and does it once', async () => {
    const server = await TestServer.start();
    const body = JSON.stringify(aPatient());
    const { socket, received } = openRaw(server.url);
    socket.write(
      `POST /r4/Patient HTTP/1.1\r\nHost: a\r\nContent-Type: application/fhir+json\r\nContent-Length: ${body.length}\r\n` +
        `Authorization: Bearer ${await server.token()}\r\n\r\n${body.slice(0, 10)}`,
    );
    // an answer on another connection tells that the half request has been seen
    expect((await server.get('/health/live')).status).to.equal(200);
    const stopped = server.stop();
    expect(await fetch(`${server.url}/health/live`).catch(() => 'refused')).to.equal('refused');
    socket.write(body.slice(10));
    expect(await received).to.match(/^HTTP\/1\.1 201 /);
    await stopped;
    await server.stop();
  });

  it('does not wait for callers who keep their connection', async () => {
    const server = await TestServer.start();
    const { socket, received } = openRaw(server.url);
    socket.write('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    await server.stop();
    expect(await received).to.match(/^HTTP\/1\.1 200 /);
  });
});
