import { existsSync, readdirSync } from 'node:fs';
import { expect } from 'chai';

describe('The rules of validation', () => {
  it('each have a test file of their name', () => {
    const files = readdirSync('src/validation/compile/rules').filter((file) => file.endsWith('.ts'));
    expect(files.length).to.be.greaterThan(8);
    const untested = files.filter((file) => !existsSync(`test/unit/validation/rules/${file.replace(/\.ts$/, '.test.ts')}`));
    expect(untested).to.deep.equal([]);
  });
});
