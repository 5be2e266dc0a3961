/** docs/command-line.md against the command: its examples run as they stand, its options are those of --help. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT, runKauri } from '../support/kauri-command.js';

const PAGE = readFileSync(join(ROOT, 'docs/command-line.md'), 'utf8');

describe('docs/command-line.md', function () {
  this.timeout(60_000);

  it('shows what its examples print', () => {
    const examples = [...PAGE.matchAll(/^```\n\$ ((?:[^\n]*\\\n)*[^\n]*)\n(.*?)^```$/gms)];
    expect(examples).to.have.length(2);
    const npx = `npx() { shift; '${process.execPath}' --import '${import.meta.resolve('tsx')}' '${join(ROOT, 'src/cli/kauri.ts')}' "$@"; }`;
    for (const [, command = '', output] of examples) {
      const { stdout, stderr } = spawnSync('sh', ['-c', `${npx}\n${command}`], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '' },
      });
      expect(stdout).to.equal(output);
      // NZ base names value sets that nobody has published
      expect(
        stderr.split('\n').filter((line) => line !== '' && !/^kauri: kauri\.nzbase#\S+: ValueSet \S+ was not found;/.test(line)),
      ).to.deep.equal([]);
    }
  });

  it('names every option of the commands, and no other', async () => {
    const helps = await Promise.all(['validate', 'profile-diff', 'import'].map((command) => runKauri(ROOT, [command, '--help'])));
    const options = new Set(helps.flatMap(({ stdout }) => [...stdout.matchAll(/^ {2,}(?:-h, )?(--[a-z-]+)/gm)].map(([, name]) => name)));
    options.delete('--help');
    expect(options.size).to.be.greaterThan(12);
    expect(new Set(PAGE.match(/--[a-z][a-z-]+/g))).to.deep.equal(options);
  });
});
