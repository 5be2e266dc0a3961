/** JSON Merge Patch: https://www.rfc-editor.org/rfc/rfc7386 */
import { cloneJsonTree, isJsonTree, type JsonNode, type JsonTree } from '../../fhir/json-tree.js';

/** Changes the target; what it gives back is the result. */
export function applyMergePatch(target: JsonNode | undefined, patch: JsonNode): JsonNode {
  if (!isJsonTree(patch)) return cloneJsonTree(patch);
  const result: JsonTree = isJsonTree(target) ? target : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = applyMergePatch(Object.hasOwn(result, name) ? result[name] : undefined, value);
  }
  return result;
}
