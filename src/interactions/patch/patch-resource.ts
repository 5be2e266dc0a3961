/** A patch applied to a version: what comes of it is checked and written as any resource is. */
import { FhirError } from '../../fhir/fhir-error.js';
import { isJsonObject, JsonSyntaxError, parseJson } from '../../fhir/json.js';
import { isJsonTree, type JsonNode, type JsonTree, toJsonTree, writeJsonTree } from '../../fhir/json-tree.js';
import type { Api, Services } from '../../services.js';
import type { ResourceVersion } from '../../storage/store.js';
import type { SentResource } from '../read-resource.js';
import { type Breather, createBreather } from '../transaction/breather.js';
import { applyFhirPathPatch } from './fhirpath-patch.js';
import { applyJsonPatch } from './json-patch.js';
import { applyMergePatch } from './merge-patch.js';
import { tooLarge } from './patch-limits.js';
import type { Patch } from './read-patch.js';

/** `current`: a version that is there. Throws 400 where the patch changes what the resource is, and whatever its operations are refused with. */
export async function patchResource(
  { config }: Services,
  api: Api,
  patch: Patch,
  current: ResourceVersion,
  breathe: Breather = createBreather(),
): Promise<SentResource> {
  const { bodyBytes: bytes, jsonDepth: depth } = config.limits;
  // what is stored is read whatever the limits are by now
  const before = toJsonTree(parseJson(current.json ?? 'null', { maxDepth: Number.MAX_SAFE_INTEGER })) as JsonTree;
  const after = await applyPatch(before, patch, api, { bytes, depth, breathe });
  const resource = requireSame(after, current);
  const text = writeJsonTree(resource);
  if (Buffer.byteLength(text) > bytes) throw tooLarge(bytes);
  return toSentResource(text, current.type, depth);
}

async function applyPatch(before: JsonTree, patch: Patch, api: Api, limits: Parameters<typeof applyJsonPatch>[2]): Promise<JsonNode> {
  switch (patch.kind) {
    case 'json-patch':
      return applyJsonPatch(before, patch.operations, limits);
    case 'merge-patch':
      return applyMergePatch(before, patch.patch);
    case 'fhirpath-patch':
      await applyFhirPathPatch(before, patch.operations, api.conformance, limits);
      return before;
  }
}

function requireSame(node: JsonNode, { type, id }: ResourceVersion): JsonTree {
  if (!isJsonTree(node)) throw new FhirError('malformed-request', `The patch leaves no resource: wanted is the ${type} '${id}' changed`);
  for (const [name, value] of [
    ['resourceType', type],
    ['id', id],
  ] as const) {
    if (node[name] === value) continue;
    const found = node[name] === undefined ? 'takes it away' : `makes it ${JSON.stringify(node[name]).slice(0, 80)}`;
    const message = `The patch changes the '${name}' of the ${type} '${id}', which stays as it is: the patch ${found}`;
    throw new FhirError('malformed-request', message, { expression: `${type}.${name}` });
  }
  return node;
}

/** Nobody has seen the text, so that there are no positions in it. */
function toSentResource(text: string, type: string, maxDepth: number): SentResource {
  try {
    const document = parseJson(text, { maxDepth });
    const { value, problems, hasInexactNumbers } = document;
    if (!isJsonObject(value)) throw new TypeError('The patched resource is no object');
    const unplaced = { text, value, problems, hasInexactNumbers, numberLiteral: document.numberLiteral.bind(document) };
    return { document: unplaced, resource: value, type };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new FhirError('malformed-request', `The patched ${type} cannot be taken: ${error.message}`, { cause: error });
  }
}
