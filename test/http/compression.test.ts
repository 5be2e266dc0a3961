/** gzip and br, both ways: https://www.rfc-editor.org/rfc/rfc9110#section-8.4 */
import { request } from 'node:http';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { aPatient } from '../support/resources.js';
import { TestServer } from '../support/test-server.js';

interface RawAnswer {
  readonly encoding: string | undefined;
  readonly vary: string | undefined;
  readonly bytes: Buffer;
}

describe('compression', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
    await server.put('/r4/Patient/small', aPatient({ id: 'small' }));
  });
  after(() => server.stop());

  /** fetch would decompress. */
  const get = async (path: string, accepted: string): Promise<RawAnswer> => {
    const headers = { Authorization: `Bearer ${await server.token()}`, 'Accept-Encoding': accepted };
    return new Promise((resolve, reject) => {
      request(`${server.url}${path}`, { headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ encoding: response.headers['content-encoding'], vary: response.headers.vary, bytes: Buffer.concat(chunks) });
        });
      })
        .on('error', reject)
        .end();
    });
  };

  it('answers as the caller accepts', async () => {
    const plain = await get('/r4/metadata', 'identity');
    expect(plain.encoding).to.equal(undefined);
    const gzip = await get('/r4/metadata', 'gzip');
    expect(gzip.encoding).to.equal('gzip');
    expect(gunzipSync(gzip.bytes).equals(plain.bytes)).to.equal(true);
    const br = await get('/r4/metadata', 'gzip, deflate, br');
    expect(br.encoding).to.equal('br');
    expect(brotliDecompressSync(br.bytes).equals(plain.bytes)).to.equal(true);
    for (const answer of [plain, gzip, br]) expect(answer.vary).to.match(/Accept-Encoding/);
    expect(br.bytes.length).to.be.lessThan(plain.bytes.length / 5);
  });

  it('answers in plain text who accepts nothing that there is', async () => {
    const plain = await get('/r4/metadata', 'identity');
    for (const accepted of ['identity;q=0', '*;q=0', 'compress, identity;q=0', 'br;q=0, *;q=0']) {
      const answer = await get('/r4/metadata', accepted);
      expect(answer.encoding, accepted).to.equal(undefined);
      expect(answer.bytes.equals(plain.bytes), accepted).to.equal(true);
    }
    expect((await get('/r4/metadata', 'identity;q=0, gzip')).encoding).to.equal('gzip');
  });

  it('leaves small answers as they are', async () => {
    expect((await get('/r4/Patient/small', 'gzip, br')).encoding).to.equal(undefined);
  });

  it('takes compressed bodies', async () => {
    const text = JSON.stringify(aPatient({ name: [{ family: 'Ngāta' }] }));
    for (const [encoding, bytes] of [
      ['gzip', gzipSync(text)],
      ['x-gzip', gzipSync(text)],
      ['br', brotliCompressSync(text)],
    ] as const) {
      const answer = await server.post('/r4/Patient', bytes, { 'Content-Encoding': encoding });
      expect(answer.status, encoding).to.equal(201);
      expect(answer.text).to.include('Ngāta');
    }
  });
});
