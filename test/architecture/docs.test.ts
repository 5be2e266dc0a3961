/** What docs/ says of the code, against the code. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { COMPILED_FUNCTIONS } from '../../src/fhirpath/compiler.js';

const validation = readFileSync(new URL('../../docs/validation.md', import.meta.url), 'utf8');

describe('docs/validation.md', () => {
  it('lists the FHIRPath functions that are compiled', () => {
    const [, rest = ''] = validation.split('## FHIRPath');
    const [section = ''] = rest.split('## Adding a rule');
    const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| group'));
    const listed = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name as string));
    expect(listed.sort()).to.deep.equal([...COMPILED_FUNCTIONS].sort());
  });

  it('lists the options of the validator', () => {
    const options = readFileSync(new URL('../../src/validation/link-options.ts', import.meta.url), 'utf8');
    const [, body = ''] = /interface LinkOptions \{([^}]*)\}/.exec(options) ?? [];
    const names = [...body.matchAll(/readonly (\w+)\b/g)].map(([, name]) => name as string);
    const [, section = ''] = validation.split('## Options');
    const rows = [...(section.split('## FHIRPath')[0] ?? '').matchAll(/^\| (\w+) \|/gm)].map(([, name]) => name as string);
    expect(rows.filter((name) => name !== 'option').sort()).to.deep.equal(names.sort());
  });
});
