/**
 * An update that says only what changes, for the APIs whose clients send that (api.json, `update`): elements that the body lacks stay as
 * they are. The narrative does not, as it tells what was.
 */
import { isJsonObject, type JsonDocument, type JsonObject, type JsonPath, parseJson } from '../fhir/json.js';
import { findValueText, spliceProperty } from '../fhir/json-text.js';
import type { Api } from '../services.js';
import type { ResourceVersion } from '../storage/store.js';
import type { SentResource } from './read-resource.js';

const NEVER_KEPT: ReadonlySet<string> = new Set(['resourceType', 'id', 'text']);

/** What is to be stored; the same `sent` where the API replaces, or nothing is kept. */
export function mergeUpdate(api: Api, sent: SentResource, current: ResourceVersion | undefined): SentResource {
  if (api.config.update !== 'merge' || current?.json === undefined) return sent;
  const stored: unknown = JSON.parse(current.json);
  if (!isJsonObject(stored)) return sent;
  const elementOf = elementNames(api, sent.type);
  const said = new Set(Object.keys(sent.resource).map(elementOf));
  const kept = Object.keys(stored).filter((key) => !NEVER_KEPT.has(key) && !said.has(elementOf(key)));
  if (kept.length === 0) return sent;
  let { text } = sent.document;
  for (const key of kept) text = spliceProperty(text, key, findValueText(current.json, [key]) ?? JSON.stringify(stored[key]));
  const merged = parseJson(text, { maxDepth: Number.POSITIVE_INFINITY });
  return { type: sent.type, resource: merged.value as JsonObject, document: withSentPositions(merged, sent) };
}

/** What is kept stands nowhere in the body: a fault of it is a fault of the whole. */
function withSentPositions(merged: JsonDocument, { document, resource }: SentResource): JsonDocument {
  const { text, value, hasInexactNumbers } = merged;
  const { positionOf } = document;
  return {
    text,
    value,
    problems: document.problems,
    hasInexactNumbers,
    numberLiteral: (path) => merged.numberLiteral(path),
    ...(positionOf !== undefined && {
      positionOf: (path: JsonPath) => positionOf.call(document, path[0] !== undefined && path[0] in resource ? path : []),
    }),
  };
}

/** Element of a key: `status` of `_status`, `medication` of `medicationReference`. */
function elementNames({ conformance }: Api, type: string): (key: string) => string {
  const elements = conformance.findType(type)?.resource.snapshot?.element ?? [];
  const choices = elements.flatMap(({ path }) => (/^\w+\.\w+\[x\]$/.test(path) ? [path.slice(type.length + 1, -'[x]'.length)] : []));
  return (key) => {
    const name = key.startsWith('_') ? key.slice(1) : key;
    return choices.find((choice) => name.startsWith(choice) && /^[A-Z]/.test(name.slice(choice.length))) ?? name;
  };
}
