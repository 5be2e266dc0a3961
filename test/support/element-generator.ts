/** Elements of any type of R4, made at random by its definitions: choices, lists, primitives with and without values. */
import fc from 'fast-check';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/fhir/json.js';
import type { TypeModel } from '../../src/fhirpath/fhirpath.js';
import { readStructureDefinitions } from '../unit/fhirpath/r4-type-model.js';

/** A whole number from 0 to `below` - 1. */
export type Pick = (below: number) => number;

export interface GeneratorHints {
  /** Children that should be there more often than not. */
  readonly names: ReadonlySet<string>;
  /** Texts that should come often. */
  readonly texts: readonly string[];
}

/** What the publisher of the definitions package has added to R4, as far as an expression could meet it. */
const NOT_R4: ReadonlySet<string> = new Set([
  'Meta.project',
  'Meta.author',
  'Meta.account',
  'Meta.accounts',
  'Meta.compartment',
  'Meta.onBehalfOf',
]);

const arrays = new Set<string>();
const names = new Map<string, Set<string>>();
for (const { snapshot, derivation } of readStructureDefinitions('profiles-types.json', 'profiles-resources.json')) {
  if (derivation === 'constraint') continue;
  for (const { path, max } of snapshot?.element ?? []) {
    const at = path.lastIndexOf('.');
    if (at < 0) continue;
    const type = path.slice(0, at);
    const name = path.slice(at + 1).replace('[x]', '');
    if (NOT_R4.has(`${type}.${name}`)) continue;
    names.set(type, (names.get(type) ?? new Set<string>()).add(name));
    if (max === '*') arrays.add(`${type}.${name}`);
  }
}

const RESOURCES = ['Basic', 'Patient', 'ValueSet'];
const IDS = ['x', 'y', 'z'];
const TEXTS = ['*', '0', '1', '2', '-1', 'A', 'A.b', 'A.b.c', 'B', 'a', 'kg', 'x y', ''];
const URIS = ['#x', '#y', 'http://unitsofmeasure.org', 'http://x.org/y', 'urn:x', 'A', ''];
const DATES = ['2015', '2015-02', '2015-02-07', '2015-03-01'];
const DATE_TIMES = [...DATES, '2015-02-07T13:28:17Z', '2015-02-07T13:28:17+11:00', '2015-02-07T13:28:17.5-05:00', '2016-02-07T13:28:17Z'];
const NUMBERS = [0, 1, 2, -1, 100, 101];

/** Types whose texts can name something contained. */
const URI_TYPES: ReadonlySet<string> = new Set(['uri', 'url', 'canonical', 'oid', 'uuid']);

export class ElementGenerator {
  readonly #model: TypeModel;
  readonly #hints: GeneratorHints;
  readonly #pick: Pick;
  /** Of ten children with a name of the hints, how many are there; differs from one generator to the next. */
  readonly #density: number;
  readonly #hasCompanions: boolean;

  constructor(model: TypeModel, hints: GeneratorHints, pick: Pick) {
    this.#model = model;
    this.#hints = hints;
    this.#pick = pick;
    this.#density = [3, 6, 9][pick(3)] as number;
    this.#hasCompanions = pick(2) === 0;
  }

  resource(type: string, depth = 0): JsonObject {
    const element = this.element(type, depth);
    return { resourceType: type, ...(this.#pick(4) > 0 && { id: this.#one(IDS) }), ...element };
  }

  /** An object of a complex type or backbone element; no empty one, but for one in ten. */
  element(type: string, depth: number): JsonObject {
    const element: JsonObject = {};
    for (const name of names.get(type) ?? []) {
      if (depth > 1 && name === 'contained') continue;
      const isWanted = this.#hints.names.has(name);
      // what an expression does not name is there to be in the way
      if (isWanted ? this.#pick(10) >= this.#density : depth > 2 || this.#pick(10) > 0) continue;
      this.#addChild(element, type, name, depth);
    }
    return element;
  }

  #addChild(element: JsonObject, type: string, name: string, depth: number): void {
    const children = this.#model.children(type, name) ?? [];
    const child = children[this.#pick(children.length)];
    if (child === undefined || depth > 6) return;
    const { property } = child;
    if (property === 'id') {
      element['id'] = this.#one(IDS);
      return;
    }
    const isPrimitive = this.#model.isPrimitive(child.type) || child.type.startsWith('System.');
    const make = (): JsonValue => (isPrimitive ? this.primitive(child.type, property) : this.#complex(child.type, depth + 1));
    const hasCompanion = this.#hasCompanions && isPrimitive && child.type !== 'xhtml' && !child.type.startsWith('System.');
    if (!arrays.has(`${type}.${name}`)) {
      const state = hasCompanion ? this.#pick(8) : 7;
      if (state > 0) element[property] = make();
      if (state < 2) element[`_${property}`] = this.companion();
      return;
    }
    const items = Array.from({ length: this.#pick(3) + 1 }, make);
    if (hasCompanion && this.#pick(6) === 0) {
      element[`_${property}`] = [this.companion()];
      if (this.#pick(2) === 0) return;
      items[0] = null;
    }
    element[property] = items;
  }

  #complex(type: string, depth: number): JsonObject {
    return type === 'Resource' ? this.resource(this.#one(RESOURCES), depth) : this.element(type, depth);
  }

  /** Extensions of a primitive. */
  companion(): JsonObject {
    return this.#pick(6) === 0 ? { id: 'x' } : { extension: [{ url: 'http://x.org/e', valueBoolean: true }] };
  }

  primitive(type: string, name: string): JsonValue {
    switch (type) {
      case 'boolean':
        return this.#pick(2) === 0;
      case 'integer':
      case 'positiveInt':
      case 'unsignedInt':
        return this.#one(NUMBERS);
      case 'decimal':
        return this.#one([...NUMBERS, 0.1, 2.5]);
      case 'date':
        return this.#one(DATES);
      case 'dateTime':
      case 'instant':
        return this.#one(DATE_TIMES);
      case 'time':
        return '13:28:17';
      case 'xhtml':
        return '<div xmlns="http://www.w3.org/1999/xhtml">x</div>';
      default:
        return this.#text(type, name);
    }
  }

  #text(type: string, name: string): string {
    const { texts } = this.#hints;
    if (texts.length > 0 && this.#pick(4) > 0) return this.#one(texts);
    if (name === 'reference') return this.#one(['#x', '#y', '#', 'Patient/x', 'urn:uuid:x']);
    return URI_TYPES.has(type) ? this.#one(type === 'canonical' ? [...URIS, '#'] : URIS) : this.#one(TEXTS);
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#pick(list.length)] as T;
  }
}

/** Puts any JSON in the place of some value below. */
export function disturb(value: JsonValue, pick: Pick, by: JsonValue): JsonValue {
  if (!isJsonObject(value) && !Array.isArray(value)) return by;
  const keys = Object.keys(value);
  const key = keys[pick(keys.length + 1)];
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((item, index) => (index === Number(key) ? disturb(item, pick, by) : item));
  return { ...value, [key]: pick(3) === 0 ? by : disturb(value[key] as JsonValue, pick, by) };
}

/** `Pick` from fast-check's own source, so that a run can be repeated by its seed. */
export const picks: fc.Arbitrary<Pick> = fc.gen().map(
  (generate): Pick =>
    (below) =>
      below < 2 ? 0 : generate(fc.nat, { max: below - 1 }),
);
