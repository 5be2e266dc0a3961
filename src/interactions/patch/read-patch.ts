/** The body of a patch: https://hl7.org/fhir/R4/http.html#patch. Its media type says which kind it is; FHIR JSON may be two. */
import { FhirError } from '../../fhir/fhir-error.js';
import { isJsonTree, type JsonNode, type JsonTree, toJsonTree } from '../../fhir/json-tree.js';
import type { Services } from '../../services.js';
import type { InteractionRequest } from '../interaction.js';
import { readDocument } from '../read-resource.js';
import { type FhirPathPatchOperation, readFhirPathPatch } from './fhirpath-patch-operation.js';
import { type JsonPatchOperation, readJsonPatch } from './json-patch.js';
import { JSON_PATCH, MERGE_PATCH } from './patch-formats.js';

export type Patch =
  | { readonly kind: 'json-patch'; readonly operations: readonly JsonPatchOperation[] }
  | { readonly kind: 'merge-patch'; readonly patch: JsonTree }
  | { readonly kind: 'fhirpath-patch'; readonly operations: readonly FhirPathPatchOperation[] };

/** Throws 400 for what is no patch. Its media type is one that the API takes. */
export function readPatch(services: Services, request: InteractionRequest): Patch {
  const document = readDocument(services, request);
  const [problem] = document.problems;
  if (problem !== undefined) throw new FhirError('malformed-request', `The patch cannot be taken: ${problem.message}`);
  return toPatch(toJsonTree(document), request.body?.contentType);
}

function toPatch(node: JsonNode, contentType: string | undefined): Patch {
  if (contentType === JSON_PATCH) return { kind: 'json-patch', operations: readJsonPatch(node) };
  if (!isJsonTree(node)) {
    const hint = Array.isArray(node) ? `; an array of operations is sent as ${JSON_PATCH}` : '';
    throw new FhirError('malformed-request', `The patch is no JSON object: wanted is a merge patch or Parameters${hint}`);
  }
  if (contentType !== MERGE_PATCH && node['resourceType'] === 'Parameters') {
    return { kind: 'fhirpath-patch', operations: readFhirPathPatch(node) };
  }
  return { kind: 'merge-patch', patch: node };
}
