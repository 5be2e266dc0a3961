/** An element's items as FHIR's JSON has them: https://hl7.org/fhir/R4/json.html#primitive: values beside what is said of them. */
import { isJsonTree, type JsonNode, type JsonTree } from '../../fhir/json-tree.js';

/** One item of an element; a primitive may have either part alone. */
export interface ElementItem {
  readonly value: JsonNode | undefined;
  /** Id and extensions of a primitive, `_birthDate`. */
  readonly companion: JsonTree | undefined;
}

export function readItems(holder: JsonTree, property: string): readonly ElementItem[] {
  const values = listOf(holder, property);
  const companions = listOf(holder, `_${property}`);
  return Array.from({ length: Math.max(values.length, companions.length) }, (_, index) => {
    const companion = companions[index];
    return { value: values[index] ?? undefined, companion: isJsonTree(companion) ? companion : undefined };
  });
}

/** Whether it stands there as a list. */
export function isList(holder: JsonTree, property: string): boolean {
  return [property, `_${property}`].some((name) => Object.hasOwn(holder, name) && Array.isArray(holder[name]));
}

/** Without items the element is gone. */
export function writeItems(holder: JsonTree, property: string, items: readonly ElementItem[], list: boolean): void {
  write(
    holder,
    property,
    items.map(({ value }) => value),
    list,
  );
  write(
    holder,
    `_${property}`,
    items.map(({ companion }) => companion),
    list,
  );
}

function write(holder: JsonTree, name: string, parts: readonly (JsonNode | undefined)[], list: boolean): void {
  const [first] = parts;
  if (parts.every((part) => part === undefined)) delete holder[name];
  else if (list) holder[name] = parts.map((part) => part ?? null);
  else if (first !== undefined) holder[name] = first;
}

function listOf(holder: JsonTree, name: string): readonly JsonNode[] {
  if (!Object.hasOwn(holder, name)) return [];
  const value = holder[name] as JsonNode;
  return Array.isArray(value) ? value : [value];
}

/** Takes out what has nothing in it any more: FHIR has no empty objects and lists. Says whether anything is left. */
export function prune(tree: JsonTree): boolean {
  for (const key of Object.keys(tree)) {
    const property = key.startsWith('_') ? key.slice(1) : key;
    if (property !== key && Object.hasOwn(tree, property)) continue;
    const list = isList(tree, property);
    const items = readItems(tree, property);
    const left = items.map(pruneItem).filter(({ value, companion }) => value !== undefined || companion !== undefined);
    writeItems(tree, property, left, list);
  }
  return Object.keys(tree).length > 0;
}

function pruneItem({ value, companion }: ElementItem): ElementItem {
  return {
    value: isJsonTree(value) && !prune(value) ? undefined : value,
    companion: companion !== undefined && !prune(companion) ? undefined : companion,
  };
}
