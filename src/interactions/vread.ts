/** https://hl7.org/fhir/R4/http.html#vread */
import { FhirError } from '../fhir/fhir-error.js';
import type { Interaction } from './interaction.js';
import { toReadResponse } from './read.js';
import { requireId, requireType } from './target.js';

const VERSION_ID = /^[1-9]\d{0,14}$/;

export const vread: Interaction = async ({ store }, request) => {
  const type = requireType(request);
  const id = requireId(request);
  const { versionId = '' } = request;
  const version = VERSION_ID.test(versionId) ? await store.getVersion(request.api.namespace, type, id, Number(versionId)) : undefined;
  if (version === undefined) {
    throw new FhirError('resource-not-found', `There is no version '${versionId.slice(0, 64)}' of ${type} '${id.slice(0, 64)}'`);
  }
  if (version.json === undefined) throw new FhirError('resource-deleted', `With version ${versionId} the ${type} '${id}' was deleted`);
  return toReadResponse(request, version, type);
};
