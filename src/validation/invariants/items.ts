/** What FHIRPath says of the items of a list (`all()`, `isDistinct()`, `first()`), read from its JSON. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';

const NONE: readonly JsonValue[] = Object.freeze([]);

/** The items of a repeating child. */
export function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? NONE : [value];
}

/** `all(…)`; items that are no objects are not asked. */
export function everyObject(items: readonly JsonValue[], holds: (item: JsonObject) => boolean): boolean {
  for (const item of items) if (isJsonObject(item) && !holds(item)) return false;
  return true;
}

/** The first item's child, `first().path`. */
export function ofFirst(items: readonly JsonValue[], name: string): JsonValue | undefined {
  const first = items[0];
  return isJsonObject(first) ? first[name] : undefined;
}

/** `select(name).isDistinct()` of a child that is one text. What has extensions only equals nothing. */
export function areDistinct(items: readonly JsonValue[], name: string): boolean {
  if (items.length < 2) return true;
  const seen = new Set<JsonValue>();
  return everyObject(items, (item) => {
    const text = item[name];
    return text === undefined || text === null || seen.size < seen.add(text).size;
  });
}

/** Whether a CodeableConcept, or one of several, has a coding of this system with one of these codes. */
export function hasCoding(concepts: JsonValue | undefined, system: string, codes: readonly JsonValue[]): boolean {
  for (const concept of itemsOf(concepts)) {
    if (!isJsonObject(concept)) continue;
    for (const coding of itemsOf(concept['coding'])) {
      if (isJsonObject(coding) && coding['system'] === system && coding['code'] !== undefined && codes.includes(coding['code']))
        return true;
    }
  }
  return false;
}
