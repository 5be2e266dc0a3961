/** Small faults put into a resource at places that a seed decides, so that every run makes the same ones. */
import type { JsonObject, JsonValue } from '../../src/fhir/json.js';
import { isJsonObject } from '../../src/fhir/json.js';

export interface Mutation {
  /** What was done and where, for the message of a failing test. */
  readonly title: string;
  readonly resource: JsonObject;
}

type Random = (limit: number) => number;

interface Place {
  readonly parent: JsonObject | JsonValue[];
  readonly key: string | number;
  readonly path: string;
}

/** Draws that find nothing to change, as a share of what is wanted, after which the resource is taken to have nothing. */
const PATIENCE = 100;

/** `count` copies of the resource, each with one fault. Throws for a resource that has nothing to change. */
export function mutationsOf(resource: JsonObject, seed: string, count: number): readonly Mutation[] {
  const random = randomOf(seed);
  const mutations: Mutation[] = [];
  for (let draws = 0; mutations.length < count; draws++) {
    if (draws > count * PATIENCE) throw new Error(`${seed}: only ${mutations.length} mutations of ${count} were found`);
    const copy = structuredClone(resource);
    const title = mutate(copy, random);
    if (title !== undefined) mutations.push({ title, resource: copy });
  }
  return mutations;
}

/** Mulberry32, seeded with an FNV-1a hash of the text. */
function randomOf(seed: string): Random {
  let state = 0x811c9dc5;
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

function valueAt({ parent, key }: Place): JsonValue {
  return (parent as Record<string | number, JsonValue>)[key] as JsonValue;
}

function setAt({ parent, key }: Place, value: JsonValue): void {
  (parent as Record<string | number, JsonValue>)[key] = value;
}

function removeAt({ parent, key }: Place): void {
  if (Array.isArray(parent)) parent.splice(key as number, 1);
  else delete parent[key as string];
}

/** Every place but `resourceType`, without which a resource is none, and its narrative, which no profile speaks of. */
function placesOf(parent: JsonObject | JsonValue[], path: string, found: Place[]): Place[] {
  const keys = Array.isArray(parent)
    ? [...parent.keys()]
    : Object.keys(parent).filter((key) => key !== 'resourceType' && !(key === 'text' && 'resourceType' in parent));
  for (const key of keys) {
    const place: Place = { parent, key, path: typeof key === 'number' ? `${path}[${key}]` : `${path}.${key}` };
    found.push(place);
    const value = valueAt(place);
    if (typeof value === 'object' && value !== null) placesOf(value, place.path, found);
  }
  return found;
}

const MUTATORS: readonly {
  readonly name: string;
  readonly fits: (place: Place) => boolean;
  readonly apply: (place: Place, random: Random) => void;
}[] = [
  { name: 'drops', fits: () => true, apply: removeAt },
  { name: 'makes another JSON type of', fits: () => true, apply: (place) => setAt(place, anotherType(valueAt(place))) },
  {
    name: 'puts an unknown code into',
    fits: (place) => isKey(place, 'code') && isText(place),
    apply: (place) => setAt(place, 'no-such-code'),
  },
  {
    name: 'puts a code of another system into',
    fits: (place) => isKey(place, 'code') && isText(place),
    apply: (place) => setAt(place, 'active'),
  },
  {
    name: 'puts another URL into',
    fits: (place) => ['system', 'url', 'source'].some((key) => isKey(place, key)) && isText(place),
    apply: (place) => setAt(place, 'https://example.org/other'),
  },
  { name: 'adds a letter to', fits: isText, apply: (place) => setAt(place, `${String(valueAt(place))}x`) },
  {
    name: 'refers to another type in',
    fits: (place) => isKey(place, 'reference') && isText(place),
    apply: (place) => setAt(place, 'Substance/01890c5e-7d7a-7c3e-8a54-3f0f6a1b2c3d'),
  },
  { name: 'doubles', fits: ({ parent }) => Array.isArray(parent), apply: double },
  { name: 'adds an unknown property to', fits: (place) => isJsonObject(valueAt(place)), apply: (place) => addUnknown(place) },
  { name: 'empties', fits: () => true, apply: (place) => setAt(place, emptyOf(valueAt(place))) },
  {
    name: 'puts no date into',
    fits: (place) => isText(place) && /^\d{4}-/.test(String(valueAt(place))),
    apply: (place) => setAt(place, '2025-02-30'),
  },
  { name: 'adds an identical extension to', fits: (place) => isJsonObject(valueAt(place)), apply: addExtension },
];

function mutate(resource: JsonObject, random: Random): string | undefined {
  const mutator = MUTATORS[random(MUTATORS.length)];
  const places = placesOf(resource, String(resource['resourceType']), []).filter((place) => mutator?.fits(place) === true);
  const place = places[random(Math.max(places.length, 1))];
  if (mutator === undefined || place === undefined) return undefined;
  mutator.apply(place, random);
  return `${mutator.name} ${place.path}`;
}

function isKey(place: Place, key: string): boolean {
  return place.key === key;
}

function isText(place: Place): boolean {
  return typeof valueAt(place) === 'string';
}

function anotherType(value: JsonValue): JsonValue {
  if (typeof value === 'string') return 17;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? (value[0] ?? null) : [value];
}

function emptyOf(value: JsonValue): JsonValue {
  if (typeof value === 'string') return '';
  if (Array.isArray(value)) return [];
  return isJsonObject(value) ? {} : null;
}

function double(place: Place): void {
  (place.parent as JsonValue[]).splice(place.key as number, 0, structuredClone(valueAt(place)));
}

function addUnknown(place: Place): void {
  (valueAt(place) as JsonObject)['notAnElement'] = 'x';
}

/** Twice the same extension of the same file where there is one; else one that nobody defined. */
function addExtension(place: Place): void {
  const target = valueAt(place) as JsonObject;
  const present = target['extension'];
  const extensions = Array.isArray(present) ? present : [];
  target['extension'] = [...extensions, structuredClone(extensions[0] ?? { url: 'https://example.org/unknown', valueString: 'x' })];
}
