/** A real server on a free port of loopback, with the clock and the ids in the test's hands, and a small client that knows how to ask. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DestinationStream } from 'pino';
import { readConfig, type ServerConfig } from '../../src/config.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/fhir/json.js';
import { createLogger } from '../../src/observability/logger.js';
import { createServer, type KauriServer } from '../../src/server.js';
import type { Store } from '../../src/storage/store.js';
import { type Mongod, requireMongod } from './mongod.js';

type StoreName = 'memory' | 'sqlite' | 'mongodb';
/** Every store that HTTP tests of interactions run with. */
const STORES: readonly StoreName[] = ['memory', 'sqlite', 'mongodb'];

/** A system client's Request-Context of the SDHR API. */
export const SDHR_CONTEXT = toHeader({
  userIdentifier: 'kauri-tests',
  userRole: '110150',
  purposeOfUse: ['SYSDEV'],
  userFullName: 'Kauri tests',
});
/** A Request-Context of the Rheumatic Fever API. */
export const RHEUMATIC_FEVER_CONTEXT = toHeader({
  userIdentifier: 'coordinator',
  purposeOfUse: 'POPHLTH',
  userFullName: 'Hine Ngata',
  hpiOrganisation: {
    type: 'Organization',
    identifier: { system: 'https://standards.digital.health.nz/ns/hpi-organisation-id', value: 'G0M086-B' },
  },
});

export function toHeader(context: unknown): string {
  return Buffer.from(typeof context === 'string' ? context : JSON.stringify(context)).toString('base64');
}

export class TestClock {
  now = Date.parse('2025-03-04T05:06:07.089Z');

  advance(milliseconds: number): void {
    this.now += milliseconds;
  }
}

export interface TestServerOptions {
  /** A store of the test's own is given as it is; mongodb is for `describeServer` alone, which has one. */
  readonly store?: StoreName | Store;
  readonly mongod?: Mongod;
  readonly config?: Partial<Omit<ServerConfig, 'limits' | 'auth'>> & {
    readonly limits?: Partial<ServerConfig['limits']>;
    readonly auth?: Partial<ServerConfig['auth']>;
  };
  /** Takes the lines of the log at level info; without it nothing is logged. */
  readonly log?: DestinationStream;
}

export interface RequestOptions {
  readonly method?: string;
  /** Undefined leaves a header out that is sent by default. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** A value is sent as its JSON, text and bytes as they are. */
  readonly body?: JsonValue | Uint8Array;
  /** Scopes of the token. */
  readonly scope?: string;
}

/** What is left of an issue when its prose may change. */
export interface IssueSummary {
  readonly severity: JsonValue | undefined;
  readonly code: JsonValue | undefined;
  readonly expression?: JsonValue;
  readonly location?: JsonValue;
}

export class Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;

  constructor(response: Response, text: string) {
    this.status = response.status;
    this.headers = response.headers;
    this.text = text;
  }

  get json(): JsonObject {
    const value: unknown = JSON.parse(this.text);
    if (!isJsonObject(value)) throw new Error(`No JSON object: ${this.text.slice(0, 200)}`);
    return value;
  }

  /** Issues of the OperationOutcome that the body must be. */
  get issues(): readonly JsonObject[] {
    const { resourceType, issue } = this.json;
    if (resourceType !== 'OperationOutcome' || !Array.isArray(issue)) throw new Error(`No OperationOutcome: ${this.text.slice(0, 500)}`);
    return issue.filter(isJsonObject);
  }

  get diagnostics(): string {
    return this.issues.map((issue) => String(issue['diagnostics'])).join('\n');
  }

  get issueSummaries(): readonly IssueSummary[] {
    return this.issues.map(({ severity, code, expression, location }) => ({
      severity,
      code,
      ...(expression !== undefined && { expression }),
      ...(location !== undefined && { location }),
    }));
  }
}

export class TestServer {
  readonly clock = new TestClock();
  readonly #kauri: KauriServer;
  readonly #folder: string | undefined;
  readonly #tokens = new Map<string, string>();
  /** `http://127.0.0.1:41234` */
  url = '';

  private constructor(kauri: KauriServer, folder: string | undefined, clock: TestClock) {
    this.#kauri = kauri;
    this.#folder = folder;
    this.clock = clock;
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const clock = new TestClock();
    const isOnDisk = options.store === 'sqlite';
    const folder = isOnDisk ? mkdtempSync(join(tmpdir(), 'kauri-test-')) : undefined;
    const mongodb = options.store === 'mongodb' ? options.mongod?.url(`http-${randomUUID()}`) : undefined;
    const config = testConfig(mongodb ?? (folder === undefined ? 'memory:' : `sqlite:${join(folder, 'kauri.db')}`), options);
    const logger = options.log === undefined ? createLogger('silent') : createLogger('info', options.log);
    const store = typeof options.store === 'object' ? { store: options.store } : {};
    const kauri = await createServer(config, { ...store, clock: () => clock.now, newId: idSequence(), logger });
    const server = new TestServer(kauri, folder, clock);
    server.url = await kauri.start();
    return server;
  }

  async stop(): Promise<void> {
    await this.#kauri.stop();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A token of the development issuer, one for each scope. */
  async token(scope = 'system/*.cruds'): Promise<string> {
    let token = this.#tokens.get(scope);
    if (token === undefined) {
      if (this.#kauri.issueToken === undefined) throw new Error('This server issues no tokens');
      token = await this.#kauri.issueToken(scope);
      this.#tokens.set(scope, token);
    }
    return token;
  }

  /** `path` starts with a slash. Token, Request-Context (where the API wants one) and Content-Type are sent by default. */
  async request(path: string, options: RequestOptions = {}): Promise<Answer> {
    const { body, scope } = options;
    const method = options.method ?? (body === undefined ? 'GET' : 'POST');
    const headers = new Headers();
    headers.set('Authorization', `Bearer ${await this.token(scope)}`);
    if (path.startsWith('/sdhr')) headers.set('Request-Context', SDHR_CONTEXT);
    if (path.startsWith('/rheumatic-fever')) headers.set('Request-Context', RHEUMATIC_FEVER_CONTEXT);
    if (body !== undefined) headers.set('Content-Type', 'application/fhir+json');
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (value === undefined) headers.delete(name);
      else headers.set(name, value);
    }
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers,
      redirect: 'manual',
      ...(body !== undefined && { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
    });
    return new Answer(response, await response.text());
  }

  get(path: string, headers: RequestOptions['headers'] = {}): Promise<Answer> {
    return this.request(path, { headers });
  }

  post(path: string, body: JsonValue | Uint8Array, headers: RequestOptions['headers'] = {}): Promise<Answer> {
    return this.request(path, { method: 'POST', body, headers });
  }

  put(path: string, body: JsonValue | Uint8Array, headers: RequestOptions['headers'] = {}): Promise<Answer> {
    return this.request(path, { method: 'PUT', body, headers });
  }

  delete(path: string, headers: RequestOptions['headers'] = {}): Promise<Answer> {
    return this.request(path, { method: 'DELETE', headers });
  }
}

/** Declares the suite once for each store, each with a server that is started before its first test. */
export function describeServer(title: string, suite: (server: () => TestServer) => void, options: TestServerOptions = {}): void {
  for (const store of options.store === undefined ? STORES : [options.store]) {
    describe(`${title} (${store})`, () => {
      let server: TestServer;
      let mongod: Mongod | undefined;
      before(async function () {
        if (store === 'mongodb') mongod = await requireMongod(this);
        server = await TestServer.start({ ...options, store, ...(mongod !== undefined && { mongod }) });
      });
      after(async () => {
        await server?.stop();
        await mongod?.dropDatabases();
      });
      suite(() => server);
    });
  }
}

function testConfig(storeUrl: string, { config = {} }: TestServerOptions): ServerConfig {
  const defaults = readConfig({ PORT: '0', KAURI_STORE_URL: storeUrl });
  return {
    ...defaults,
    ...config,
    limits: { ...defaults.limits, ...config.limits },
    auth: { ...defaults.auth, ...config.auth },
  };
}

/** `00000000-0000-7000-8000-000000000001` and onwards. */
function idSequence(): () => string {
  let last = 0;
  return () => `00000000-0000-7000-8000-${String(++last).padStart(12, '0')}`;
}
