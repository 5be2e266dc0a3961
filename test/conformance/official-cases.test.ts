/** The official cases that count, each as expected but for those that are listed with their reason. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { CASES_PRESENT, difference, readCases, runCase } from './official-cases.js';

interface ExpectedFailure {
  readonly case: string;
  readonly mode: string;
  readonly differs: 'verdict' | 'count' | 'locations';
  readonly reason: string;
}

const EXPECTED = JSON.parse(readFileSync(new URL('expected-failures.json', import.meta.url), 'utf8')) as readonly ExpectedFailure[];

describe('official cases', function () {
  this.timeout(120_000);

  before(function () {
    if (CASES_PRESENT) return;
    process.stdout.write('    skipped: ../shared/fhir-test-cases is absent\n');
    this.skip();
  });

  it('have the verdict, the number of errors and their locations, but for those that are listed', async () => {
    const found: string[] = [];
    for (const one of readCases().filter(({ core }) => core)) {
      for (const result of await runCase(one)) {
        const differs = difference(result);
        if (differs !== undefined) found.push(`${one.name} ${result.run.mode}: ${differs}`);
      }
    }
    expect(found.sort()).to.deep.equal(EXPECTED.map(({ case: name, mode, differs }) => `${name} ${mode}: ${differs}`).sort());
  });
});
