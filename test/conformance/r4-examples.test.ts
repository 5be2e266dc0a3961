/** R4's own examples: valid, but for those that are listed with the rule they break. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { errorsOf, newValidator, validateFile } from './harness.js';

interface KnownFault {
  readonly rule: string;
  readonly files: readonly string[];
  readonly reason: string;
}

const KNOWN = JSON.parse(readFileSync(new URL('r4-example-faults.json', import.meta.url), 'utf8')) as readonly KnownFault[];

describe("R4's examples", function () {
  this.timeout(240_000);

  it('are valid, but for those that break a rule', () => {
    const folder = dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.examples/package.json'));
    const names = readdirSync(folder).filter((name) => /^[A-Z].*\.json$/.test(name));
    expect(names).to.have.length(5305);
    const validator = newValidator([], []);
    const found = new Set<string>();
    for (const name of names) {
      for (const { rule } of errorsOf(validateFile(validator, join(folder, name)))) found.add(`${name.replace('.json', '')} ${rule}`);
    }
    expect([...found].sort()).to.deep.equal(KNOWN.flatMap(({ rule, files }) => files.map((file) => `${file} ${rule}`)).sort());
  });
});
