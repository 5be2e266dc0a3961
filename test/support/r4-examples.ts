/** R4's own examples, and changes to them that keep the JSON types. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/fhir/json.js';

const folder = dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.examples/package.json'));

/** File names, in order. */
export const examples: readonly string[] = readdirSync(folder)
  .filter((file) => /^[A-Z].*\.json$/.test(file))
  .sort();

/** Undefined where the file is longer than 40 kB. */
export function readExample(file: string): JsonObject | undefined {
  const text = readFileSync(join(folder, file), 'utf8');
  if (text.length > 40_000) return undefined;
  const resource = JSON.parse(text) as JsonValue;
  return isJsonObject(resource) ? resource : undefined;
}

/** Objects and arrays of a resource, where a mutation can take hold. */
function containers(value: JsonValue): readonly (JsonObject | JsonValue[])[] {
  if (Array.isArray(value)) return [value, ...value.flatMap(containers)];
  return isJsonObject(value) ? [value, ...Object.values(value).flatMap(containers)] : [];
}

export interface Mutation {
  readonly at: number;
  readonly key: number;
  readonly kind: 'remove' | 'duplicate' | 'text' | 'number' | 'companion-only' | 'copy-from';
  readonly other: number;
}

const number = fc.nat({ max: 1_000_000 });

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: number,
  key: number,
  kind: fc.constantFrom<Mutation['kind'][]>('remove', 'duplicate', 'text', 'number', 'companion-only', 'copy-from'),
  other: number,
});

/** Changes that keep the JSON types, so that both sides have something to evaluate. */
export function mutate(resource: JsonObject, { at, key, kind, other }: Mutation): void {
  const places = containers(resource);
  const place = places[at % places.length];
  if (place === undefined) return;
  if (Array.isArray(place)) {
    if (place.length === 0) return;
    const index = key % place.length;
    if (kind === 'remove' && place.length > 1) place.splice(index, 1);
    else if (kind === 'duplicate') place.push(structuredClone(place[index] as JsonValue));
    return;
  }
  const names = Object.keys(place).filter((name) => name !== 'resourceType');
  const name = names[key % names.length];
  if (name === undefined) return;
  const value = place[name];
  if (kind === 'remove') delete place[name];
  else if (kind === 'text' && typeof value === 'string') place[name] = TEXTS[other % TEXTS.length] as string;
  else if (kind === 'number' && typeof value === 'number') place[name] = NUMBERS[other % NUMBERS.length] as number;
  // ids have no companions
  else if (kind === 'companion-only' && typeof value === 'string' && !name.startsWith('_') && name !== 'id') {
    delete place[name];
    place[`_${name}`] = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }] };
  } else if (kind === 'copy-from') {
    const donor = places[other % places.length];
    if (isJsonObject(donor) && typeof donor[name] === typeof value && !Array.isArray(value))
      place[name] = structuredClone(donor[name] as JsonValue);
  }
}

const TEXTS = [
  '',
  '*',
  '1',
  '#x',
  'http://unitsofmeasure.org',
  '2015',
  '2015-02',
  '2015-02-07',
  '2015-02-07T13:28:17Z',
  '2015-02-07T13:28:17+11:00',
  'final',
  'kg',
  'A-b c',
];
const NUMBERS = [0, -1, 1, 2.5, 100, 0.1, 1e-9];
