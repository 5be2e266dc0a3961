/** NDJSON, threads and progress: the same findings in the same order, however they come about. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runKauri, startKauri } from '../support/kauri-command.js';

const VALID = '{"resourceType":"Patient"}';
const INVALID = '{"resourceType":"Patient","gender":"x"}';

describe('many inputs of kauri validate', function () {
  this.timeout(60_000);
  let folder = '';
  const run = (args: readonly string[], stdin: string | Buffer = ''): ReturnType<typeof runKauri> =>
    runKauri(folder, ['validate', ...args], stdin);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-many-'));
    mkdirSync(join(folder, 'many'));
    for (let number = 100; number < 250; number++) {
      writeFileSync(join(folder, `many/${number}.json`), number % 10 === 0 ? INVALID : VALID);
    }
    writeFileSync(join(folder, 'many/200.json'), '{');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are the lines of NDJSON, named FILE:LINE, with places in the file', async () => {
    const lines = Buffer.concat([
      Buffer.from(`\ufeff${VALID}\r\n\n${INVALID}\n  \n{"resourceType":\n`),
      Buffer.from([0x22, 0xff, 0x0a]),
      Buffer.from(VALID),
    ]);
    writeFileSync(join(folder, 'bulk.NDJSON'), lines);
    const expected = [
      'NAME:1: valid',
      'NAME:3: invalid (1 error)',
      '  error Patient.gender 3:36 ',
      'NAME:5: invalid (1 error)',
      '  error 5:17 The text is no JSON',
      'NAME:6: invalid (1 error)',
      '  error 6:1 The text is not UTF-8',
      'NAME:7: valid',
      '',
      '5 inputs: 2 valid, 3 invalid',
      '',
    ];
    for (const [name, ended] of [
      ['bulk.NDJSON', await run(['bulk.NDJSON'])],
      ['-', await run(['--ndjson', '-'], lines)],
    ] as const) {
      expect(ended.status).to.equal(1);
      const found = ended.stdout.split('\n');
      expect(found).to.have.length(expected.length);
      expected.forEach((start, index) => {
        expect(found[index]?.slice(0, start.replace('NAME', name).length)).to.equal(start.replace('NAME', name));
      });
    }
  });

  it('are answered as they come: a pipe that stays open keeps no finding back', async () => {
    for (const workers of ['1', '2']) {
      const child = startKauri(folder, ['validate', '--json', '--ndjson', '--workers', workers, '-']);
      child.stdin.write(`${INVALID}\n`);
      const first = await new Promise<string>((resolve) => {
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
      });
      expect(JSON.parse(first)).to.include({ file: '-:1' });
      child.stdin.end();
      expect(await new Promise((resolve) => child.on('close', resolve))).to.equal(1);
    }
  });

  it('of which none is there are no success', async () => {
    const { status, stdout } = await run(['--ndjson', '-'], '\n\n');
    expect(status).to.equal(2);
    expect(stdout).to.include('it has no line with a resource');
  });

  it('give the same output, in their order, with any number of threads', async () => {
    const outputs = await Promise.all(
      [['--workers', '1'], ['--workers', '3'], []].map((args) => run(['--json', ...args, 'many', 'missing.json', 'many/200.json'])),
    );
    const [{ status, stdout, stderr }] = outputs as [(typeof outputs)[number]];
    expect([status, stderr]).to.deep.equal([2, '']);
    expect(stdout.trimEnd().split('\n')).to.have.length(152);
    for (const output of outputs) expect(output).to.deep.equal({ status, stdout, stderr });
  });

  it('are not started on when the threads are no number that can be', async () => {
    for (const workers of ['0', '-1', '1.5', 'many', '1000']) {
      const { status, stdout, stderr } = await run(['--workers', workers, 'many']);
      expect([workers, status, stdout]).to.deep.equal([workers, 2, '']);
      expect(stderr).to.match(/--workers.*from 1 to 64/);
    }
  });
});
