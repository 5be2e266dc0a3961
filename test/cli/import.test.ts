/** `kauri import` against a running server. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runKauri } from '../support/kauri-command.js';
import { aPatient } from '../support/resources.js';
import { TestServer } from '../support/test-server.js';

describe('kauri import', function () {
  this.timeout(60_000);
  let server: TestServer;
  let folder: string;
  let token: string;

  before(async () => {
    server = await TestServer.start();
    folder = mkdtempSync(join(tmpdir(), 'kauri-import-'));
    token = await server.token();
    const lines = [aPatient({ id: 'cli-1' }), aPatient({ id: 'cli-2', gender: 'x' }), aPatient()];
    writeFileSync(join(folder, 'some.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    writeFileSync(join(folder, 'good.ndjson'), JSON.stringify(aPatient({ id: 'cli-3' })));
  });

  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('writes the lines of a file, and tells of those that it cannot', async () => {
    const { status, stdout, stderr } = await runKauri(folder, ['import', 'some.ndjson', '--to', `${server.url}/r4`, '--token', token]);
    expect(stderr).to.equal('');
    expect(stdout).to.match(/^some\.ndjson:2: 422 Patient\.gender .*\n3 lines: 2 created, 0 updated, 1 not written\n$/);
    expect(status).to.equal(1);
    expect((await server.get('/r4/Patient/cli-1')).status).to.equal(200);
  });

  it('takes standard input and the token of the environment, and goes on by its id', async () => {
    const args = ['import', '-', '--to', `${server.url}/r4/`, '--id', 'night'];
    const lines = `${JSON.stringify(aPatient())}\n`;
    const first = await runKauri(folder, args, lines, { KAURI_TOKEN: token });
    expect(first).to.deep.equal({ status: 0, stdout: '1 lines: 1 created, 0 updated, 0 not written\n', stderr: '' });
    const again = await runKauri(folder, args, lines, { KAURI_TOKEN: token });
    expect(again.stdout).to.equal('standard input: goes on with line 2\n1 lines: 0 created, 0 updated, 0 not written\n');
    expect(again.status).to.equal(0);
  });

  it('says what stands in its way', async () => {
    const to = `${server.url}/r4`;
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['import', 'nothing.ndjson', '--to', to, '--token', token], /^kauri: nothing\.ndjson: there is no such file or folder\n$/],
      [['import', '.', '--to', to, '--token', token], /^kauri: \.: it is a folder\n$/],
      [['import', 'good.ndjson', '--to', to], /\/r4\/\$import answers 401: /],
      [['import', 'good.ndjson', '--to', `${server.url}/sdhr`, '--token', token], /answers 400: /],
      [['import', 'good.ndjson', '--to', 'http://127.0.0.1:9/r4'], /^kauri: http:\/\/127\.0\.0\.1:9: nothing answers there\n$/],
      [['import', 'good.ndjson', '--to', 'r4'], /--to r4 is no URL/],
      [['import', 'good.ndjson', '--to', to, '--id', 'a b'], /--id a b is none/],
    ];
    for (const [args, message] of cases) {
      const { status, stderr } = await runKauri(folder, args);
      expect(stderr, args.join(' ')).to.match(message);
      expect(status, args.join(' ')).to.equal(2);
    }
  });
});
