/** The media types of patches that an API takes: `patchFormat` of its CapabilityStatement. */
import type { Api } from '../../services.js';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
const FHIR_JSON = 'application/fhir+json';
/** Of an API whose statement does not say. */
const FORMATS: readonly string[] = [JSON_PATCH, MERGE_PATCH, FHIR_JSON];

export function patchFormats({ policy }: Pick<Api, 'policy'>): readonly string[] {
  const formats = policy.source.patchFormat ?? FORMATS;
  // the two are one format wherever there is a body
  return formats.includes(FHIR_JSON) ? [...formats, 'application/json'] : formats;
}
