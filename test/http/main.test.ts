/** The process: what it prints, what it ends with. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { LOOPBACK_TLS } from '../support/loopback-tls.js';
import { TestServer } from '../support/test-server.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Without the development issuer, which listens on loopback only. */
const NO_MONGODB = 'mongodb://user:secret@127.0.0.1:9/kauri?serverSelectionTimeoutMS=300';
const ISSUER = {
  KAURI_AUTH_ISSUER: 'https://issuer.example.org',
  KAURI_AUTH_AUDIENCE: 'kauri',
  KAURI_AUTH_JWKS_URL: 'https://issuer.example.org/jwks',
};

interface Running {
  readonly child: ChildProcess;
  /** Everything printed to stdout so far. */
  readonly output: () => string;
  readonly errors: () => string;
  readonly ended: Promise<number | null>;
}

function run(environment: Readonly<Record<string, string>>, ...args: string[]): Running {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', KAURI_STORE_URL: 'memory:', ...environment },
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return { child, output: () => output, errors: () => errors, ended: new Promise((resolve) => child.on('exit', resolve)) };
}

function printed({ child, output, errors, ended }: Running, wanted: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = wanted.exec(output());
      if (found !== null) resolve(found);
    };
    child.stdout?.on('data', look);
    look();
    ended.then((status) => reject(new Error(`The process ended with ${status}: ${errors()}`)), reject);
  });
}

function shell(line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('sh', ['-c', line], (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  });
}

describe('the process', () => {
  it('prints where each API is and a curl line that works when pasted, warns of the development issuer, ends on SIGTERM', async () => {
    const running = run({ KAURI_LOG_LEVEL: 'warn' });
    try {
      const [line] = await printed(running, /^curl .*\n/m);
      const output = running.output();
      for (const base of ['/sdhr', '/rheumatic-fever', '/fhir/R4', '/api/fhir', '/r4']) {
        expect(output).to.match(new RegExp(`http://127\\.0\\.0\\.1:\\d+${base}\\n`));
      }
      expect(output).to.include('WARNING: the development issuer is on');
      expect(output).to.match(/"level":"warn".*"msg":"the development issuer is on/);
      const [body, status] = (await shell(`${line.trim()} -w '\n%{http_code}'`)).split(/\n(?=\d+$)/);
      expect(status, body).to.equal('200');
      expect(JSON.parse(body ?? '')).to.include({ resourceType: 'Bundle', type: 'searchset' });
    } finally {
      running.child.kill('SIGTERM');
    }
    expect(await running.ended).to.equal(0);
  });

  it('prints a line that works for every API alone', async () => {
    const tryApi = async (api: string): Promise<void> => {
      const running = run({ KAURI_APIS: api, KAURI_LOG_LEVEL: 'silent' });
      try {
        const [line] = await printed(running, /^curl .*\n/m);
        expect(await shell(`${line.trim()} -w '\n%{http_code}'`), line).to.match(/\n200$/);
      } finally {
        running.child.kill('SIGINT');
      }
      expect(await running.ended).to.equal(0);
    };
    await Promise.all(['rheumatic-fever', 'healthpass', 'hcw-at-home', 'r4'].map(tryApi));
  });

  it('prints where it listens, and beside it the public URL that links start with', async () => {
    const running = run({ KAURI_APIS: 'r4', KAURI_LOG_LEVEL: 'silent', KAURI_API_BASE_URL: 'https://fhir.example.org' });
    try {
      const [line] = await printed(running, /^curl .*\n/m);
      expect(running.output()).to.match(/^Kauri listens on http:\/\/127\.0\.0\.1:\d+, is known as https:\/\/fhir\.example\.org and keeps /);
      expect(running.output()).to.include(' https://fhir.example.org/r4\n');
      expect(await shell(`${line.trim()} -w '\n%{http_code}'`), line).to.match(/\n200$/);
    } finally {
      running.child.kill('SIGTERM');
    }
    expect(await running.ended).to.equal(0);
  });

  it('prints a line that works with TLS, which trusts the configured certificate', async () => {
    const running = run({
      KAURI_APIS: 'r4',
      KAURI_LOG_LEVEL: 'silent',
      KAURI_TLS_CERT_FILE: LOOPBACK_TLS.certFile,
      KAURI_TLS_KEY_FILE: LOOPBACK_TLS.keyFile,
    });
    try {
      const [line] = await printed(running, /^curl .*\n/m);
      expect(running.output()).to.match(/^Kauri listens on https:\/\/127\.0\.0\.1:\d+ and keeps /);
      expect(await shell(`${line.trim()} -w '\n%{http_code}'`), line).to.match(/\n200$/);
    } finally {
      running.child.kill('SIGTERM');
    }
    expect(await running.ended).to.equal(0);
  });

  it('prints its configuration without secrets', async () => {
    const running = run({}, '--print-config');
    expect(await running.ended).to.equal(0);
    const config = JSON.parse(running.output()) as Record<string, unknown>;
    expect(config).to.include({ port: 0, host: '127.0.0.1', storeUrl: 'memory:' });
    expect(running.output()).to.not.include('kauri-dev-secret');
  });

  it('warns when it listens everywhere and does not know its own URL, and says where its APIs are as JSON', async () => {
    const running = run({ HOST: '0.0.0.0', KAURI_APIS: 'r4', ...ISSUER });
    try {
      await printed(running, /"msg":"listening"/);
      expect(running.output()).to.match(/"level":"warn".*set KAURI_API_BASE_URL/);
      expect(running.output()).to.match(/"address":"http:\/\/0\.0\.0\.0:\d+","bases":\["http:\/\/0\.0\.0\.0:\d+\/r4"\]/);
      expect(running.output()).to.not.include('curl');
    } finally {
      running.child.kill('SIGTERM');
    }
    expect(await running.ended).to.equal(0);
  });

  const unusable: readonly (readonly [string, Record<string, string>, readonly string[], RegExp])[] = [
    ['a port that is none', { PORT: 'many' }, [], /port \(PORT\) must be integer/],
    ['two faults', { PORT: 'many', KAURI_STORE_URL: 'mongo' }, [], /port \(PORT\) .*; storeUrl \(KAURI_STORE_URL\) /],
    ['the development issuer in production', { NODE_ENV: 'production' }, [], /developmentIssuer is refused when NODE_ENV is production/],
    ['a folder that is no API', { KAURI_APIS: './nowhere' }, [], /nowhere\/api\.json cannot be read/],
    ['a store that cannot be opened', { KAURI_STORE_URL: 'sqlite:/dev/null/kauri.db' }, [], /The store cannot be used: /],
    ['a certificate without its key', { KAURI_TLS_CERT_FILE: 'a.pem' }, [], /tls\.certFile needs tls\.keyFile/],
    ['a certificate that is not there', { KAURI_TLS_CERT_FILE: 'a.pem', KAURI_TLS_KEY_FILE: 'b.pem' }, [], /a\.pem, which cannot be read/],
    [
      'a MongoDB that does not answer',
      { KAURI_STORE_URL: NO_MONGODB },
      [],
      /The store cannot be used: No primary of MongoDB .* 127\.0\.0\.1:9/,
    ],
    [
      'a MongoDB URL that is none',
      { KAURI_STORE_URL: 'mongodb://127.0.0.1/?a=b' },
      [],
      /The store cannot be used: The URL .* no MongoDB URL/,
    ],
    ['an argument that there is not', {}, ['--serve'], /Unknown option '--serve'/],
    ['an address that is none of this machine', { HOST: '192.0.2.1', ...ISSUER }, [], /Cannot listen on 192\.0\.2\.1: this machine/],
  ];
  for (const [title, environment, args, message] of unusable) {
    it(`ends with status 2 and one line for ${title}`, async () => {
      const running = run(environment, ...args);
      expect(await running.ended).to.equal(2);
      expect(running.errors()).to.match(message);
      expect(running.errors()).to.match(/^kauri: [^\n]+\n$/);
    });
  }

  it('ends with status 2 and one line when the port is taken', async () => {
    const server = await TestServer.start();
    try {
      const running = run({ PORT: new URL(server.url).port });
      expect(await running.ended).to.equal(2);
      expect(running.errors()).to.match(/^kauri: Cannot listen on port \d+ of 127\.0\.0\.1: another program listens there already.*\n$/);
    } finally {
      await server.stop();
    }
  });
});
