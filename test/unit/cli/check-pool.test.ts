import { expect } from 'chai';
import { CheckPool } from '../../../src/cli/check-pool.js';
import { type Checker, type CheckerOptions, openChecker } from '../../../src/cli/checker.js';
import type { Input } from '../../../src/cli/inputs.js';

const OPTIONS: CheckerOptions = { packages: [], definitions: [], settings: {}, profiles: [], explain: false, locateAll: false };
const input = (file: string): Input => ({ file, source: { kind: 'text', text: '{"resourceType":"Patient"}' } });

describe('the threads of a check', function () {
  this.timeout(60_000);
  let checker: Checker;
  before(async () => {
    checker = await openChecker(OPTIONS, () => undefined);
  });

  it('answer each input, however many there are', async () => {
    const pool = new CheckPool({ checker, checkerOptions: OPTIONS, others: 2 });
    try {
      const names = Array.from({ length: 50 }, (_, number) => `${number}`);
      const findings = await Promise.all(names.map((name) => pool.check(input(name))));
      expect(findings.map(({ file }) => file)).to.deep.equal(names);
      expect(new Set(findings.map(({ verdict }) => verdict))).to.deep.equal(new Set(['valid']));
    } finally {
      await pool.close();
    }
  });

  it('reject what is asked before and after one of them has failed', async () => {
    const pool = new CheckPool({ checker, checkerOptions: { ...OPTIONS, packages: ['nowhere.tgz'] }, others: 2 });
    const asked = await Promise.allSettled([pool.check(input('a')), pool.check(input('b'))]);
    for (const one of asked)
      expect(one).to.have.nested.property('reason.message', '--package nowhere.tgz: there is no such file or folder');
    const [later] = await Promise.allSettled([pool.check(input('c'))]);
    expect(later).to.have.property('status', 'rejected');
    await pool.close();
  });

  it('are ended when they are no longer wanted', async () => {
    const pool = new CheckPool({ checker, checkerOptions: OPTIONS, others: 1 });
    const [asked] = await Promise.all([Promise.allSettled([pool.check(input('a'))]), pool.close()]);
    expect(asked[0]).to.have.nested.property('reason.message', 'The threads have been ended');
  });
});
