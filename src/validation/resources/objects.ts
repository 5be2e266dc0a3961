/** Reading of JSON that may have been found faulty already. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { PropertyStep, Run } from '../run/run.js';

/** The objects of an array; whatever else stands there is passed over. */
export function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Value of the first extension with this url, whatever its type. */
export function extensionValue(element: JsonObject, url: string): JsonValue | undefined {
  return extensionValues(element, url)[0];
}

export function extensionValues(element: JsonObject, url: string): readonly JsonValue[] {
  return objectsOf(element['extension'])
    .filter((extension) => extension['url'] === url)
    .flatMap((extension) => choiceOf(extension, 'value')?.value ?? []);
}

export interface Choice {
  /** As the property has it: `Quantity`, `DateTime`. */
  readonly suffix: string;
  /** FHIR type: `Quantity`, `dateTime`. */
  readonly type: string;
  readonly value: JsonValue;
  readonly step: PropertyStep;
}

const COMPLEX: ReadonlySet<string> = new Set([
  'Quantity',
  'Coding',
  'Attachment',
  'Reference',
  'CodeableConcept',
  'Period',
  'Range',
  'Expression',
]);

/** The property of a choice element that is there: `valueQuantity` of `value`. */
export function choiceOf(element: JsonObject, stem: string): Choice | undefined {
  for (const property in element) {
    const suffix = property.slice(stem.length);
    if (!property.startsWith(stem) || !/^[A-Z]/.test(suffix)) continue;
    const type = COMPLEX.has(suffix) ? suffix : `${suffix.charAt(0).toLowerCase()}${suffix.slice(1)}`;
    return { suffix, type, value: element[property] as JsonValue, step: { property, expression: `${stem}.ofType(${type})` } };
  }
  return undefined;
}

/** Runs `check` for each object of an array property, at its path. */
export function forEachObject(run: Run, holder: JsonObject, property: string, check: (item: JsonObject, index: number) => void): void {
  const items = holder[property];
  if (!Array.isArray(items)) return;
  items.forEach((item, index) => {
    if (isJsonObject(item)) at(run, property, index, () => check(item, index));
  });
}

/** Runs `check` with the path gone on to a property, or to an item of it. */
export function at(run: Run, property: string, index: number | undefined, check: () => void): void {
  const depth = run.path.length;
  run.path.push({ property, expression: property });
  if (index !== undefined) run.path.push(index);
  check();
  run.path.length = depth;
}

/** Adds to the list of a key. */
export function pushTo<K, T>(lists: Map<K, T[]>, key: K, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
