/** README's shell lines, run as they stand against a server of their own. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { TestServer } from '../support/test-server.js';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const BASE = 'http://127.0.0.1:8080';
/** Status of each curl line in the order of the page. */
const EXPECTED: readonly (readonly [what: string, status: number])[] = [
  ['create', 201],
  ['create of what the profile does not allow', 400],
  ['search by GET', 200],
  ['search by POST', 200],
  ['transaction', 200],
  ['update as create', 201],
  ['read', 200],
  ['update', 200],
  ['vread', 200],
  ['delete', 204],
  ['update as create', 201],
  ['patch (JSON Patch)', 200],
  ['patch (merge patch)', 200],
  ['batch', 200],
  ['validate', 200],
  ['expand', 200],
  ['metadata', 200],
  ['discovery', 200],
];

describe('README', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start({ config: { storeUrl: 'memory:' } });
  });
  after(() => server.stop());

  const blocks = [...README.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block as string);

  it('has curl lines that answer what they promise', async () => {
    // token and context are in the first block; the others are the requests
    const script = blocks.join('\n').replaceAll(BASE, server.url);
    // each request also says its status; the token's own request must stay as it is
    const checked = script.replaceAll(/^curl -s /gm, "curl -s -w '\\nSTATUS %{http_code}\\n' ");
    const output = await run(checked);
    const statuses = [...output.matchAll(/^STATUS (\d+)$/gm)].map(([, status]) => Number(status));
    expect(statuses, output).to.deep.equal(EXPECTED.map(([, status]) => status));
    expect(output).to.match(/"expression":\["Condition\.onset/);
  });

  it('names each request by its interaction', () => {
    for (const name of [
      'create',
      'patch',
      'search-type',
      'transaction',
      'read',
      'vread',
      'update',
      'delete',
      'batch',
      '$validate',
      'capabilities',
    ]) {
      expect(README, name).to.include(`**${name}**`);
    }
  });
});

function run(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-eu'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.on('error', reject);
    child.on('close', (status) => (status === 0 ? resolve(output) : reject(new Error(`The shell ended with ${status}:\n${output}`))));
    child.stdin.end(script);
  });
}
