/** The tables of README.md that are made from code; `tsx test/support/readme-tables.ts` writes them, a test compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERROR_KINDS } from '../../src/fhir/fhir-error.js';

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Table by the name in its comment: `<!-- errors: … -->`. */
function readmeTables(): Readonly<Record<string, string>> {
  return { configuration: configurationTable(), errors: errorTable() };
}

/** The README with its tables as the code demands them. */
export function withTables(readme: string): string {
  return Object.entries(readmeTables()).reduce((text, [name, table]) => {
    const place = new RegExp(`(<!-- ${name}:[^\\n]*-->\\n)(?:\\n\\|[^\\n]*(?:\\n\\|[^\\n]*)*\\n)?`);
    if (!place.test(text)) throw new Error(`README.md has no place for the table '${name}'`);
    return text.replace(place, (_, comment: string) => `${comment}\n${table}\n`);
  }, readme);
}

function configurationTable(): string {
  const schema = JSON.parse(readFileSync('schemas/server-config.schema.json', 'utf8')) as Schema;
  const rows: string[] = ['| key | environment | default | meaning |', '|---|---|---|---|'];
  const visit = (properties: Readonly<Record<string, Schema>>, prefix: string): void => {
    for (const [name, property] of Object.entries(properties)) {
      const path = `${prefix}${name}`;
      if (property.properties !== undefined) {
        visit(property.properties, `${path}.`);
        continue;
      }
      const [, meaning = '', variable = ''] = /^(.*?)\.?(?: Environment: (\w+)(?: \([^)]*\))?)?$/.exec(property.description ?? '') ?? [];
      const value = property.default === null || property.default === undefined ? '' : `\`${JSON.stringify(property.default)}\``;
      rows.push(`| \`${path}\` | ${variable === '' ? '' : `\`${variable}\``} | ${value} | ${meaning.replaceAll('|', '\\|')} |`);
    }
  };
  visit(schema.properties ?? {}, '');
  return rows.join('\n');
}

function errorTable(): string {
  const rows = Object.entries(ERROR_KINDS).map(([code, { status, issue }]) => `| ${code} | ${status} | ${issue} |`);
  return ['| error | status | issue code |', '|---|---|---|', ...rows].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync('README.md', withTables(readFileSync('README.md', 'utf8')));
