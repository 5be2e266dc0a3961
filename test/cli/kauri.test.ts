/** The command as a process: arguments, what goes to which stream, exit status. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT, runKauri as run, startKauri as start } from '../support/kauri-command.js';

describe('the kauri command', function () {
  this.timeout(60_000);
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-command-'));
    writeFileSync(join(folder, 'valid.json'), JSON.stringify({ resourceType: 'Patient', name: [{ family: 'Ngata' }] }));
    writeFileSync(join(folder, 'invalid.json'), '{\n  "resourceType": "Patient",\n  "gender": "x"\n}\n');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says its version, and how it is used', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await run(folder, ['--version'])).to.deep.equal({ status: 0, stdout: `${version}\n`, stderr: '' });
    const help = await run(folder, ['validate', '--help']);
    expect(help.status).to.equal(0);
    const options = [
      '--api',
      '--profile',
      '--package',
      '--definitions',
      '--json',
      '--format',
      '--fail-on',
      '--summary',
      '--workers',
      '--explain',
    ];
    for (const option of options) expect(help.stdout).to.include(option);
  });

  it('ends with 2 and a word on stderr when it is used wrongly', async () => {
    const wrong = [[], ['validate'], ['validate', '--nope', 'valid.json'], ['nope'], ['validate', '--api', 'nope', 'valid.json']];
    for (const args of wrong) {
      const { status, stdout, stderr } = await run(folder, args);
      expect([args, status, stdout]).to.deep.equal([args, 2, '']);
      expect(stderr).not.to.equal('');
      expect(stderr).not.to.match(/^\s+at /m);
    }
  });

  it('reports for people, without colours into a pipe', async () => {
    const { status, stdout, stderr } = await run(folder, ['validate', 'valid.json', 'invalid.json']);
    expect(status).to.equal(1);
    expect(stderr).to.equal('');
    const lines = stdout.split('\n');
    expect(lines.slice(0, 2)).to.deep.equal(['valid.json: valid', 'invalid.json: invalid (1 error)']);
    expect(lines[2]).to.match(/^ {2}error Patient\.gender 3:13 .+ \[[a-z-]+\]$/);
    expect(lines.slice(3)).to.deep.equal(['', '2 inputs: 1 valid, 1 invalid', '']);
    expect(stdout).not.to.include('\u001b');
  });

  it('writes nothing but a line for each input with --json, whatever there is to say of definitions', async () => {
    writeFileSync(join(folder, 'example.json'), JSON.stringify({ resourceType: 'Basic', id: 'b' }));
    const args = ['validate', '--json', '--definitions', 'example.json', 'valid.json', '-', 'missing.json', 'invalid.json'];
    const { status, stdout, stderr } = await run(folder, args, readFileSync(join(folder, 'valid.json'), 'utf8'));
    expect(status).to.equal(2);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { file: string }).file)).to.deep.equal([
      'valid.json',
      '-',
      'missing.json',
      'invalid.json',
    ]);
    expect(stderr).to.equal('kauri: example.json: Basic/b is no definition: it has no url\n');
  });

  it('reads files only where it walks a folder', async () => {
    mkdirSync(join(folder, 'odd'));
    symlinkSync('/dev/null', join(folder, 'odd/device.json'));
    symlinkSync(join(folder, 'valid.json'), join(folder, 'odd/link.json'));
    const { status, stdout } = await run(folder, ['validate', '--json', 'odd']);
    expect(status).to.equal(2);
    expect(stdout).to.include('it is no regular file');
    expect(stdout.trimEnd().split('\n')).to.have.length(2);
  });

  it('holds references against R4 without an API too, but for links that a transaction resolves', async () => {
    const observation = (reference: string): object => ({
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      subject: { reference },
    });
    for (const reference of ['Patient/', 'Patient/a_b', 'patient/1', 'x']) {
      const { status, stdout } = await run(folder, ['validate', '-'], JSON.stringify(observation(reference)));
      expect(status, reference).to.equal(1);
      expect(stdout, reference).to.include('Observation.subject.reference');
    }
    const entry = [
      { fullUrl: 'urn:uuid:o', resource: observation('Patient?identifier=x'), request: { method: 'POST', url: 'Observation' } },
    ];
    const { status } = await run(folder, ['validate', '-'], JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }));
    expect(status).to.equal(0);
  });

  it('ends with 0 when all are valid, for a server that is configured for production too', async () => {
    const environment = { NODE_ENV: 'production', HOST: '0.0.0.0' };
    expect((await run(folder, ['validate', '--api', 'r4', '--json', 'valid.json'], '', environment)).status).to.equal(0);
  });

  it('takes the APIs of its configuration, and says what is wrong with one', async () => {
    const args = ['validate', '--api', 'sdhr', 'valid.json'];
    expect((await run(folder, args, '', { KAURI_APIS: 'r4' })).stderr).to.match(/there is no such API; there are r4$/m);
    const { status, stderr } = await run(folder, ['validate', '--api', 'nothing', 'valid.json'], '', { KAURI_APIS: './nothing' });
    expect(status).to.equal(2);
    expect(stderr).to.match(/^kauri: .*nothing.*api\.json/);
  });

  it('ends when its reader has gone', async () => {
    const child = start(folder, ['validate', '--json', ...Array.from({ length: 3000 }, () => 'invalid.json')]);
    child.stdin.end();
    child.stdout.once('data', () => child.stdout.destroy());
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const status = await new Promise((resolve) => {
      child.on('close', resolve);
    });
    expect(stderr).to.equal('');
    expect(status).to.equal(2);
  });
});
