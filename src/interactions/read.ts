/** https://hl7.org/fhir/R4/http.html#read */
import type { ResourcePolicy } from '../conformance/capability-statement.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { ResourceVersion } from '../storage/store.js';
import type { Interaction, InteractionRequest, InteractionResponse } from './interaction.js';
import { matchesVersion } from './preconditions.js';
import { requireId, requireType } from './target.js';

export const read: Interaction = async ({ store }, request) => {
  const type = requireType(request);
  const id = requireId(request);
  const version = await store.get(request.api.namespace, type, id);
  return toReadResponse(request, requireCurrent(version, type, id), type);
};

/** Throws 404 where there never was such a resource, 410 where it was deleted. */
export function requireCurrent(version: ResourceVersion | undefined, type: string, id: string): ResourceVersion {
  if (version === undefined) throw new FhirError('resource-not-found', `There is no ${type} with the id '${id.slice(0, 64)}'`);
  if (version.json !== undefined) return version;
  throw new FhirError('resource-deleted', `The ${type} '${id}' was deleted; its last version had the number ${version.versionId - 1}`);
}

/** 304 when the caller has this version already: https://hl7.org/fhir/R4/http.html#cread */
export function toReadResponse(request: InteractionRequest, version: ResourceVersion, type: string): InteractionResponse {
  const { versionId, lastUpdated, json } = version;
  const shared = { versionId, lastModified: lastUpdated };
  if (isKnown(request, version, request.api.policy.resources.get(type))) return { status: 304, ...shared };
  return { status: 200, ...shared, ...(json !== undefined && { body: json }) };
}

function isKnown({ preconditions }: InteractionRequest, { versionId, lastUpdated }: ResourceVersion, policy?: ResourcePolicy): boolean {
  const { ifNoneMatch, ifModifiedSince } = preconditions;
  const support = policy?.conditionalRead ?? 'not-supported';
  // with both, the ETag decides: https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
  if (ifNoneMatch !== undefined && (support === 'not-match' || support === 'full-support')) {
    return matchesVersion(ifNoneMatch, String(versionId));
  }
  if (ifModifiedSince === undefined || (support !== 'modified-since' && support !== 'full-support')) return false;
  // HTTP's dates have no milliseconds
  return Math.floor(lastUpdated / 1000) <= Math.floor(ifModifiedSince / 1000);
}
