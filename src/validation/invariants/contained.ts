/** Contained resources and the references to them: https://hl7.org/fhir/R4/references.html#contained */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { ofObject } from './child.js';
import { itemsOf } from './items.js';
import type { InvariantScope, NativeInvariant, NativeInvariants } from './native-invariant.js';

/** Properties that are a uri, canonical, url, oid or uuid in some type of R4; `reference` is a string, but counts as well. */
export const URI_PROPERTIES: ReadonlySet<string> = new Set(
  (
    'address answerValueSet authority authorizationUrl base baseDefinition capabilities code compartment contentReference ' +
    'defaultValueCanonical defaultValueOid defaultValueUri defaultValueUrl defaultValueUuid definition definitionCanonical definitionUri ' +
    'derivedFrom derivedFromUri detail endpoint eventUri exampleCanonical fixedCanonical fixedOid fixedUri fixedUrl fixedUuid fullUrl ' +
    'graph identifier implementationGuide implicitRules import imports inputProfile instantiates instantiatesCanonical instantiatesUri ' +
    'issuer jurisdiction library link location measure message moduleCanonical moduleUri nameUrl onlineInformation outputProfile parent ' +
    'partOf patternCanonical patternOid patternUri patternUrl patternUuid policy profile project property protocol questionnaire ' +
    'reference relativePath rendering replaces resource source sourceCanonical sourceUri supplements supportedProfile system target ' +
    'targetCanonical targetProfile targetUri topic transform type uri url valueCanonical valueOid valueSet valueUri valueUrl valueUuid ' +
    'workflow'
  ).split(' '),
);

const HASH = 35;

/** Calls `visit` with every local reference (`#…`) below `value`, until it returns true. */
function visitLocalReferences(value: JsonObject | readonly JsonValue[], key: string, visit: (reference: string) => boolean): boolean {
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) if (visitLocalReference(item, key, visit)) return true;
    return false;
  }
  const container = value as JsonObject;
  for (const name in container) if (visitLocalReference(container[name], name, visit)) return true;
  return false;
}

function visitLocalReference(value: JsonValue | undefined, key: string, visit: (reference: string) => boolean): boolean {
  if (typeof value === 'string') return value.charCodeAt(0) === HASH && URI_PROPERTIES.has(key) && visit(value);
  return typeof value === 'object' && value !== null && visitLocalReferences(value, key, visit);
}

/** References that nothing makes, `#` for what cannot be referred to. One walk, however many are contained. */
function findUnreferred(resource: JsonObject, isIdNeeded: boolean): ReadonlySet<string> {
  const open = new Set<string>();
  for (const contained of itemsOf(resource['contained'])) {
    if (!isJsonObject(contained) || visitLocalReferences(contained, '', (reference) => reference === '#')) continue;
    if (typeof contained['id'] === 'string') open.add(`#${contained['id']}`);
    else if (isIdNeeded) open.add('#');
  }
  if (open.size > 0) visitLocalReferences(resource, '', (reference) => open.delete(reference) && open.size === 0);
  return open;
}

/** Every contained resource is referred to from the resource, or refers to it. */
function areReferred(isIdNeeded: boolean): NativeInvariant {
  return Object.assign(
    ofObject((resource) => findUnreferred(resource, isIdNeeded).size === 0),
    { describe: describeUnreferred },
  );
}

/** `#a, #b` */
function describeUnreferred(resource: JsonValue | undefined): string {
  const references = isJsonObject(resource) ? [...findUnreferred(resource, true)] : [];
  return references.length > 10 ? `${references.slice(0, 10).join(', ')} and ${references.length - 10} others` : references.join(', ');
}

const containedIds = new WeakMap<JsonObject, ReadonlySet<JsonValue | undefined>>();

function isContained(id: string, root: JsonObject): boolean {
  const contained = root['contained'];
  if (!Array.isArray(contained)) return false;
  if (contained.length < 8) return contained.some((resource) => isJsonObject(resource) && resource['id'] === id);
  let ids = containedIds.get(root);
  if (ids === undefined) {
    ids = new Set(contained.filter(isJsonObject).map((resource) => resource['id']));
    containedIds.set(root, ids);
  }
  return ids.has(id);
}

/**
 * The published expression is empty, and so would not hold, for a Reference without `reference` and for `#`. Both are as they
 * should be (the latter from a contained resource to its container), and the reference validator takes them so.
 */
function isTargetContained(element: JsonObject, { resource, rootResource }: InvariantScope): boolean {
  const { reference } = element;
  if (typeof reference !== 'string' || reference.charCodeAt(0) !== HASH) return true;
  return reference === '#' ? resource !== rootResource : isContained(reference.slice(1), rootResource);
}

export const containedInvariants: NativeInvariants = {
  // dom-3. canonical stands there twice, where uri was meant; without an id the published text is empty for a resource, and lets it pass.
  "contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) | %resource.descendants().as(uri) | %resource.descendants().as(url))) or descendants().where(reference = '#').exists() or descendants().where(as(canonical) = '#').exists() or descendants().where(as(canonical) = '#').exists()).not()).trace('unmatched', id).empty()":
    areReferred(false),
  // dom-3 of later publications
  "contained.where(((id.exists() and ('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) | %resource.descendants().as(uri) | %resource.descendants().as(url)))) or descendants().where(reference = '#').exists() or descendants().where(as(canonical) = '#').exists() or descendants().where(as(uri) = '#').exists()).not()).trace('unmatched', id).empty()":
    areReferred(true),
  // ref-1
  "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))":
    ofObject(isTargetContained),
};
