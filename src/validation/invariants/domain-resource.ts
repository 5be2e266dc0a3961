/** Constraints of resources and narratives: https://hl7.org/fhir/R4/domainresource.html, https://hl7.org/fhir/R4/narrative.html */
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import { narrativeProblem } from '../../fhirpath/narrative.js';
import { child, isPresent, ofObject } from './child.js';
import { everyObject, itemsOf } from './items.js';
import type { NativeInvariants } from './native-invariant.js';

const versionId = child('versionId');
const lastUpdated = child('lastUpdated');

/** Of every contained resource's meta. */
function everyContainedMeta(resource: JsonObject, holds: (meta: JsonObject) => boolean): boolean {
  return everyObject(itemsOf(resource['contained']), ({ meta }) => !isJsonObject(meta) || holds(meta));
}

export const domainResourceInvariants: NativeInvariants = {
  // dom-2
  'contained.contained.empty()': ofObject((resource) =>
    everyObject(itemsOf(resource['contained']), (contained) => !isPresent(contained['contained'])),
  ),
  // dom-4
  'contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()': ofObject((resource) =>
    everyContainedMeta(resource, (meta) => !versionId.isIn(meta) && !lastUpdated.isIn(meta)),
  ),
  // dom-5
  'contained.meta.security.empty()': ofObject((resource) => everyContainedMeta(resource, (meta) => !isPresent(meta['security']))),
  // dom-6, a best practice
  'text.`div`.exists()': ofObject(({ text }) => isJsonObject(text) && isPresent(text['div'], text['_div'])),
  // txt-1 and txt-2, which have one expression: the allowed elements and attributes, and some content
  'htmlChecks()': (div) => (typeof div === 'string' ? narrativeProblem(div) === undefined : div !== undefined),
};
