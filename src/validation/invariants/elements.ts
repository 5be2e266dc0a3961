/** Constraints of every element and of extensions: https://hl7.org/fhir/R4/element.html, https://hl7.org/fhir/R4/extensibility.html */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { child, isPresent, ofObject } from './child.js';
import type { NativeInvariant, NativeInvariants } from './native-invariant.js';

const value = child('value');

/** More children than an id; an empty array has none. */
function hasChildren(container: JsonObject): boolean {
  for (const key in container) {
    if (key === 'id' || key === 'resourceType') continue;
    const child = container[key];
    if (Array.isArray(child) ? child.length > 0 : child !== null) return true;
  }
  return false;
}

const hasValueOrChildren: NativeInvariant = (element: JsonValue | undefined, companion) => {
  if (typeof element !== 'object') return element !== undefined || (companion !== undefined && hasChildren(companion));
  return isJsonObject(element) && hasChildren(element);
};

export const elementInvariants: NativeInvariants = {
  // ele-1
  'hasValue() or (children().count() > id.count())': hasValueOrChildren,
  // ele-1 of R4B
  'hasValue() or (children().count() > id.count()) or $this is Parameters': (element, companion, scope) =>
    (isJsonObject(element) && element['resourceType'] === 'Parameters') || hasValueOrChildren(element, companion, scope),
  // ext-1
  'extension.exists() != value.exists()': ofObject((element) => isPresent(element['extension']) !== value.isIn(element)),
};
