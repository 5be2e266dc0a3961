/**
 * Where the elements that a FHIRPath selects stand in the resource. The path is evaluated on a copy in which every element is an
 * object of its own (a primitive by what is said beside it, `_birthDate`), and each of these is known by its place.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { isJsonTree, type JsonTree, toJsonValue } from '../../fhir/json-tree.js';
import type { TypedNode, TypeModel } from '../../fhirpath/fhirpath.js';
import { actualType } from '../../fhirpath/typed-value.js';
import { type ElementItem, isList, readItems } from './element-items.js';

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

export interface ElementPlaces {
  readonly root: TypedNode;
  /** Undefined for what is computed, and stands nowhere. */
  find(node: TypedNode): ElementPlace | 'resource' | undefined;
}

/** Undefined when it is nested deeper than `depth`. */
export function findPlaces(resource: JsonTree, type: string, model: TypeModel, depth: number): ElementPlaces | undefined {
  const places = new Map<JsonObject, ElementPlace>();
  let tooDeep = false;

  const viewObject = (tree: JsonTree, ofType: string, left: number): JsonObject => {
    const view: JsonObject = {};
    if (left <= 0) tooDeep = true;
    if (tooDeep) return view;
    for (const key of Object.keys(tree)) {
      const property = key.startsWith('_') ? key.slice(1) : key;
      if (property !== key && Object.hasOwn(tree, property)) continue;
      const child = model.children(ofType, property)?.find((candidate) => candidate.property === property);
      if (child !== undefined) viewProperty(view, tree, ofType, child, left);
      else if (property === key) view[key] = toJsonValue(tree[key] ?? null);
    }
    return view;
  };

  const viewProperty = (
    view: JsonObject,
    holder: JsonTree,
    owner: string,
    child: { property: string; type: string },
    left: number,
  ): void => {
    const { property } = child;
    const items = readItems(holder, property).map((item, index) => {
      const declared = child.type;
      const itemType = isJsonTree(item.value)
        ? actualType(declared, { resourceType: toJsonValue(item.value['resourceType'] ?? null) })
        : declared;
      return viewItem(item, { holder, owner, property, type: itemType, index }, left);
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
  };

  const viewItem = ({ value, companion }: ElementItem, place: ElementPlace, left: number): ViewItem => {
    if (isJsonTree(value)) {
      const view = viewObject(value, place.type, left - 1);
      places.set(view, place);
      return { value: view, companion: undefined };
    }
    const beside = viewObject(companion ?? {}, 'Element', left - 1);
    places.set(beside, place);
    return { value: value === undefined ? undefined : toJsonValue(value), companion: beside };
  };

  const value = viewObject(resource, type, depth);
  if (tooDeep) return undefined;
  return {
    root: { value, type },
    find: (node) => {
      if (node.value === value) return 'resource';
      return places.get(isJsonObject(node.value) ? node.value : (node.companion ?? {}));
    },
  };
}

interface ViewItem {
  readonly value: JsonValue | undefined;
  readonly companion: JsonObject | undefined;
}

function set(view: JsonObject, name: string, list: boolean, parts: readonly (JsonValue | undefined)[]): void {
  const [first] = parts;
  if (parts.every((part) => part === undefined)) return;
  if (list) view[name] = parts.map((part) => part ?? null);
  else if (first !== undefined) view[name] = first;
}
