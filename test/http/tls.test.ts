/** TLS by the server itself: the same answers, https in every link, and a start that says what is wrong with the files. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { ConfigError } from '../../src/config.js';
import { LOOPBACK_TLS, LOOPBACK_TLS_CERT } from '../support/loopback-tls.js';
import { openRaw, sendRaw } from '../support/raw-http.js';
import { aPatient } from '../support/resources.js';
import { TestServer } from '../support/test-server.js';

interface TlsAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** By node:https, as fetch takes no certificate of a test's own. */
function ask(url: string, headers: Readonly<Record<string, string>>, body?: unknown): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: body === undefined ? 'GET' : 'POST', headers, ca: LOOPBACK_TLS_CERT, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe('TLS', () => {
  let server: TestServer;
  const lines: string[] = [];
  before(async () => {
    server = await TestServer.start({ config: { tls: LOOPBACK_TLS }, log: { write: (line: string) => lines.push(line) } });
  });
  after(() => server.stop());

  it('serves HTTPS, and every link starts with https', async () => {
    expect(server.url).to.match(/^https:\/\/127\.0\.0\.1:\d+$/);
    const headers = { Authorization: `Bearer ${await server.token()}`, 'Content-Type': 'application/fhir+json' };
    const created = await ask(`${server.url}/r4/Patient`, headers, aPatient());
    expect(created.status, created.text).to.equal(201);
    expect(created.headers['location']).to.match(new RegExp(`^${server.url}/r4/Patient/`));
    const found = await ask(`${server.url}/r4/Patient`, headers);
    expect(found.text).to.include(`"fullUrl":"${server.url}/r4/Patient/`);
    const discovery = await ask(`${server.url}/r4/.well-known/smart-configuration`, {});
    expect(JSON.parse(discovery.text)).to.include({ issuer: server.url, token_endpoint: `${server.url}/oauth2/token` });
  });

  it('answers a request that cannot be read with an outcome, as without TLS', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect({ host: hostname, port: Number(port), ca: LOOPBACK_TLS_CERT });
    socket.write('NONSENSE\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString('utf8')).to.match(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*OperationOutcome/);
  });

  it('hangs up on plain HTTP, on old TLS and on noise, and goes on serving', async () => {
    const { hostname, port } = new URL(server.url);
    expect(await sendRaw(server.url, 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n')).to.equal('');
    expect(await sendRaw(server.url, Buffer.from('1603010004ffffffff', 'hex'))).to.not.include('HTTP');
    const old = await new Promise<string>((resolve) => {
      const socket = connect({ host: hostname, port: Number(port), ca: LOOPBACK_TLS_CERT, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' });
      socket.on('error', () => resolve('refused'));
      socket.on('secureConnect', () => resolve('accepted'));
    });
    expect(old).to.equal('refused');
    expect((await ask(`${server.url}/health/live`, {})).status).to.equal(200);
    expect(lines.join('')).to.include('"msg":"a TLS handshake failed"');
  });

  it('stops at once, whatever handshakes are under way', async () => {
    const other = await TestServer.start({ config: { apis: [], tls: LOOPBACK_TLS } });
    const { socket, received } = openRaw(other.url);
    // the beginning of a record, and never its end
    socket.write(Buffer.from('16030100ff', 'hex'));
    // an answer on another connection tells that the half handshake has been seen
    await ask(`${other.url}/health/live`, {});
    await other.stop();
    expect(await received).to.equal('');
  }).timeout(5_000);
});

describe('start with TLS', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-tls-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const write = (name: string, text: string | Buffer): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const keyOf = (options: { readonly cipher?: string; readonly passphrase?: string } = {}): string =>
    generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', ...options },
    }).privateKey;

  const start = async (files: { readonly certFile?: string; readonly keyFile?: string }): Promise<unknown> => {
    const started = await TestServer.start({ config: { apis: [], tls: { ...LOOPBACK_TLS, ...files } } }).catch((error: unknown) => error);
    if (started instanceof TestServer) await started.stop();
    return started;
  };

  it('is refused for files that are missing, no PEM, locked, or of two pairs, with the file and the reason', async () => {
    const cases: readonly (readonly [{ readonly certFile?: string; readonly keyFile?: string }, RegExp])[] = [
      [{ certFile: join(folder, 'absent.pem') }, /tls\.certFile \(KAURI_TLS_CERT_FILE\) names .*absent\.pem, which cannot be read: ENOENT/],
      [{ keyFile: folder }, /tls\.keyFile \(KAURI_TLS_KEY_FILE\) names .*, which cannot be read: EISDIR/],
      [{ certFile: write('noise.pem', 'noise') }, /noise\.pem holds no certificate in PEM/],
      [{ certFile: LOOPBACK_TLS.keyFile }, /loopback\.key\.pem holds no certificate in PEM/],
      [{ keyFile: LOOPBACK_TLS.certFile }, /loopback\.cert\.pem holds no private key in PEM/],
      [{ keyFile: write('empty.pem', '') }, /empty\.pem holds no private key in PEM/],
      [
        { keyFile: write('locked.pem', keyOf({ cipher: 'aes-256-cbc', passphrase: 'x' })) },
        /locked\.pem holds no private key in PEM without/,
      ],
      [{ keyFile: write('other.pem', keyOf()) }, /the key of .*other\.pem does not fit the certificate of .*loopback\.cert\.pem/],
    ];
    for (const [files, message] of cases) {
      const failure = await start(files);
      expect(failure, String(message)).to.be.instanceOf(ConfigError);
      expect((failure as Error).message).to.match(message);
      expect((failure as Error).message).to.not.include('PRIVATE KEY');
    }
  });
});
