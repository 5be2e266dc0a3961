/** What a resource contains, by id: https://hl7.org/fhir/R4/references.html#contained */
import { isJsonObject, type JsonObject } from '../../fhir/json.js';

/** Fewer are found quicker by looking at each. */
const WORTH_AN_INDEX = 8;
const indexes = new WeakMap<JsonObject, ReadonlyMap<string, JsonObject>>();

export function findContained(container: JsonObject, id: string): JsonObject | undefined {
  const { contained } = container;
  if (!Array.isArray(contained)) return undefined;
  if (contained.length < WORTH_AN_INDEX) return contained.find((one): one is JsonObject => isJsonObject(one) && one['id'] === id);
  let index = indexes.get(container);
  if (index === undefined) {
    // of two with one id the first counts, as without an index
    index = new Map(
      contained
        .filter(isJsonObject)
        .toReversed()
        .flatMap((one) => (typeof one['id'] === 'string' ? [[one['id'], one]] : [])),
    );
    indexes.set(container, index);
  }
  return index.get(id);
}
