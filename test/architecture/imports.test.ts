import { expect } from 'chai';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import rules from '../../.dependency-cruiser.cjs';

describe('architecture', () => {
  it('keeps the import table of ARCHITECTURE.md', async () => {
    const { output } = await cruise(['src'], { ...rules.options, ruleSet: { forbidden: rules.forbidden }, validate: true }, undefined, {
      tsConfig: extractTSConfig('tsconfig.json'),
    });
    if (typeof output === 'string') throw new Error(output);
    expect(output.summary.totalCruised).to.be.greaterThan(50);
    const violations = output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
    expect(violations).to.deep.equal([]);
  }).timeout(60_000);
});
