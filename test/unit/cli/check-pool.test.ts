import { expect } from 'chai';
import { CheckPool } from '../../../src/cli/check-pool.js';
import { type Checker, type CheckerOptions, openChecker } from '../../../src/cli/checker.js';
import type { Input } from '../../../src/cli/inputs.js';

const OPTIONS: CheckerOptions = { packages: [], definitions: [], settings: {}, profiles: [], explain: false };
const input = (file: string): Input => ({ file, source: { kind: 'text', text: '{"resourceType":"Patient"}' } });

describe('the threads of a check', function () {
  this.timeout(60_000);
  let checker: Checker;
  before(async () => {
    checker = await openChecker(OPTIONS, () => undefined);
  });

  it('answer each input, this one those that the others have no room for', async () => {
    // what the others check is told by a profile that only they are given
    const checkerOptions = { ...OPTIONS, profiles: ['http://example.org/unknown'] };
    const pool = new CheckPool({ checker, checkerOptions, others: 2 });
    try {
      const verdicts = new Set<string>();
      while (verdicts.size < 2) {
        const names = Array.from({ length: 200 }, (_, number) => `${number}`);
        const findings = await Promise.all(names.map((name) => pool.check(input(name))));
        expect(findings.map(({ file }) => file)).to.deep.equal(names);
        for (const { verdict } of findings) verdicts.add(verdict);
      }
      expect([...verdicts].sort()).to.deep.equal(['invalid', 'valid']);
    } finally {
      await pool.close();
    }
  });

  it('reject what is asked when one of them has failed, before or after', async () => {
    const pool = new CheckPool({ checker, checkerOptions: { ...OPTIONS, packages: ['nowhere.tgz'] }, others: 2 });
    let failure: unknown;
    while (failure === undefined) {
      await Promise.all([pool.check(input('a')), pool.check(input('b'))]).catch((error: unknown) => {
        failure = error;
      });
    }
    expect(failure).to.have.property('message', '--package nowhere.tgz: there is no such file or folder');
    const [later] = await Promise.allSettled([pool.check(input('c'))]);
    expect(later).to.have.property('reason', failure);
    await pool.close();
  });

  it('are ended when they are no longer wanted', async () => {
    const pool = new CheckPool({ checker, checkerOptions: OPTIONS, others: 1 });
    const [asked] = await Promise.all([Promise.allSettled([pool.check(input('a'))]), pool.close()]);
    expect(asked[0]).to.have.nested.property('reason.message', 'The threads have been ended');
  });
});
