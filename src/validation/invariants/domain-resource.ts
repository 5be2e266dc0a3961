/** Constraints of resources and narratives: https://hl7.org/fhir/R4/domainresource.html, https://hl7.org/fhir/R4/narrative.html */
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import { readNarrative } from '../../fhirpath/narrative.js';
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
};

/** By key: txt-1 and txt-2 have one expression, htmlChecks(), and mean each its own half of it. */
export const narrativeInvariants: NativeInvariants = {
  // only the basic elements and attributes
  'txt-1': (div) => (typeof div === 'string' ? readNarrative(div).problems.length === 0 : div !== undefined),
  // some content that is no white space
  'txt-2': (div) => (typeof div === 'string' ? readNarrative(div).hasContent : div !== undefined),
};
