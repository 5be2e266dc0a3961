/** Whether a value has all that a pattern says: https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_ */
import { isJsonObject, type JsonValue } from './json.js';

/** Objects have every property of the pattern, arrays for each of its items one that has it. */
export function hasPattern(value: JsonValue | undefined, pattern: JsonValue): boolean {
  if (value === pattern) return true;
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((wanted) => value.some((item) => hasPattern(item, wanted)));
  }
  if (!isJsonObject(pattern) || !isJsonObject(value)) return false;
  for (const key in pattern) if (!hasPattern(value[key], pattern[key] as JsonValue)) return false;
  return true;
}

/** Whether no value can have both. Lists exclude nothing: an item may be there for each. */
export function contradicts(left: JsonValue, right: JsonValue): boolean {
  if (Array.isArray(left) || Array.isArray(right)) return Array.isArray(left) !== Array.isArray(right);
  if (!isJsonObject(left) || !isJsonObject(right)) return left !== right;
  return Object.keys(left).some((key) => right[key] !== undefined && contradicts(left[key] as JsonValue, right[key] as JsonValue));
}
