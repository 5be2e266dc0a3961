import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { withTables } from '../support/readme-tables.js';

describe('README.md', () => {
  it('has the tables of errors and configuration as the code has them (npx tsx test/support/readme-tables.ts writes them)', () => {
    const readme = readFileSync('README.md', 'utf8');
    expect(readme).to.equal(withTables(readme));
  });
});
