/**
 * Where the elements that a FHIRPath selects stand in the resource. The path is evaluated on a copy in which every element is an
 * object of its own (a primitive by what is said beside it, `_birthDate`), and each of these is known by its place. What an
 * operation leaves as it is need not be copied again for the next one.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { isJsonTree, type JsonTree, toJsonValue } from '../../fhir/json-tree.js';
import type { TypedNode, TypeModel } from '../../fhirpath/fhirpath.js';
import { actualType } from '../../fhirpath/typed-value.js';
import { type ElementItem, isList, readItems } from './element-items.js';
import type { ElementChild } from './element-model.js';

export interface ElementPlace {
  readonly holder: JsonTree;
  /** Type of the holder: `Patient`, `Patient.contact`, `HumanName`. */
  readonly owner: string;
  /** `valueQuantity` */
  readonly property: string;
  readonly type: string;
  /** Which of the element's items. */
  readonly index: number;
}

export class ElementPlaces {
  readonly #resource: JsonTree;
  readonly #type: string;
  readonly #model: TypeModel;
  readonly #depth: number;
  readonly #places = new WeakMap<JsonObject, ElementPlace>();
  readonly #views = new WeakMap<JsonTree, JsonObject>();
  readonly #holders = new WeakMap<JsonTree, JsonTree>();
  #isTooDeep = false;

  constructor(resource: JsonTree, type: string, model: TypeModel, depth: number) {
    this.#resource = resource;
    this.#type = type;
    this.#model = model;
    this.#depth = depth;
  }

  /** The resource as a path is evaluated on it; undefined when it is nested too deep. */
  view(): TypedNode | undefined {
    const value = this.#viewObject(this.#resource, this.#type, this.#depth);
    return this.#isTooDeep ? undefined : { value, type: this.#type };
  }

  /** Undefined for what is computed, and stands nowhere. */
  find({ value, companion }: TypedNode): ElementPlace | 'resource' | undefined {
    const view = isJsonObject(value) ? value : companion;
    if (view === undefined) return undefined;
    return view === this.#views.get(this.#resource) ? 'resource' : this.#places.get(view);
  }

  /** To be told of each object that is changed. */
  forget(changed: JsonTree): void {
    for (let tree: JsonTree | undefined = changed; tree !== undefined; tree = this.#holders.get(tree)) this.#views.delete(tree);
  }

  #viewObject(tree: JsonTree, type: string, left: number): JsonObject {
    const known = this.#views.get(tree);
    if (known !== undefined) return known;
    const view: JsonObject = {};
    if (left <= 0) this.#isTooDeep = true;
    if (this.#isTooDeep) return view;
    for (const key of Object.keys(tree)) {
      const property = key.startsWith('_') ? key.slice(1) : key;
      if (property !== key && Object.hasOwn(tree, property)) continue;
      const child = this.#model.children(type, property)?.find((candidate) => candidate.property === property);
      if (child !== undefined) this.#viewProperty(view, tree, type, child, left);
      else if (property === key) view[key] = toJsonValue(tree[key] ?? null);
    }
    this.#views.set(tree, view);
    return view;
  }

  #viewProperty(view: JsonObject, holder: JsonTree, owner: string, { property, type: declared }: ElementChild, left: number): void {
    const items = readItems(holder, property).map((item, index) => {
      return this.#viewItem(item, { holder, owner, property, type: typeOf(item, declared), index }, left);
    });
    const list = isList(holder, property);
    set(
      view,
      property,
      list,
      items.map(({ value }) => value),
    );
    set(
      view,
      `_${property}`,
      list,
      items.map(({ companion }) => companion),
    );
  }

  #viewItem({ value, companion }: ElementItem, place: ElementPlace, left: number): ViewItem {
    if (isJsonTree(value)) return { value: this.#viewAt(value, place.type, place, left), companion: undefined };
    const beside = this.#viewAt(companion ?? {}, 'Element', place, left);
    return { value: value === undefined ? undefined : toJsonValue(value), companion: beside };
  }

  #viewAt(tree: JsonTree, type: string, place: ElementPlace, left: number): JsonObject {
    this.#holders.set(tree, place.holder);
    const view = this.#viewObject(tree, type, left - 1);
    this.#places.set(view, place);
    return view;
  }
}

interface ViewItem {
  readonly value: JsonValue | undefined;
  readonly companion: JsonObject | undefined;
}

/** Of a resource what it says itself. */
function typeOf({ value }: ElementItem, declared: string): string {
  return isJsonTree(value) ? actualType(declared, { resourceType: toJsonValue(value['resourceType'] ?? null) }) : declared;
}

function set(view: JsonObject, name: string, list: boolean, parts: readonly (JsonValue | undefined)[]): void {
  const [first] = parts;
  if (parts.every((part) => part === undefined)) return;
  if (list) view[name] = parts.map((part) => part ?? null);
  else if (first !== undefined) view[name] = first;
}
