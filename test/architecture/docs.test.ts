/** What docs/ says of the code, against the code. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { DEFAULT_SEARCH_LIMITS } from '../../src/conformance/api-config.js';
import { COMPILED_FUNCTIONS } from '../../src/fhirpath/compiler.js';
import { parameterTypeOf, SEARCH_PARAMETER_TYPES } from '../../src/search/parameter-types/index.js';

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

describe('docs/search.md', () => {
  const search = readFileSync(new URL('../../docs/search.md', import.meta.url), 'utf8');
  const rowsOf = (title: string): readonly (readonly string[])[] => {
    const [, section = ''] = search.split(`## ${title}`);
    const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
    return lines.slice(1).map((line) => line.split('|').map((cell) => cell.trim()));
  };

  it('lists each type of parameter with its modifiers', () => {
    const listed = Object.fromEntries(rowsOf('Parameters by type').map(([, type = '', modifiers]) => [type, modifiers]));
    const actual = [...SEARCH_PARAMETER_TYPES].map((type) => {
      const { modifiers } = parameterTypeOf({ type: type as 'token' });
      return [type, type === 'composite' ? '' : ['missing', ...modifiers].join(', ')];
    });
    expect(listed).to.deep.equal(Object.fromEntries(actual));
  });

  it('lists the limits with their defaults, which the schema of api.json has too', () => {
    const listed = Object.fromEntries(rowsOf('Limits').map(([, limit = '', value]) => [limit, Number(value)]));
    expect(listed).to.deep.equal(DEFAULT_SEARCH_LIMITS);
    const schema = JSON.parse(readFileSync(new URL('../../schemas/api.schema.json', import.meta.url), 'utf8')) as {
      properties: { search: { properties: { limits: { properties: Record<string, { default: number }> } } } };
    };
    const defaults = Object.entries(schema.properties.search.properties.limits.properties).map(([name, one]) => [name, one.default]);
    expect(Object.fromEntries(defaults)).to.deep.equal(DEFAULT_SEARCH_LIMITS);
  });
});
