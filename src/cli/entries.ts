/** The resources of a Bundle's entries, each as a document that can be checked by itself. */
import { isJsonObject, type JsonDocument, type JsonObject } from '../fhir/json.js';
import { entryResourceSpans } from '../fhir/json-text.js';
import type { Issue } from '../fhir/operation-outcome.js';
import { BundleText, EntryDocument } from '../interactions/transaction/entry-document.js';

export interface Entry {
  readonly resource: JsonObject;
  readonly type: string;
  /** Positions are those of the Bundle. */
  read(): JsonDocument;
  /** With the expression that selects the element in the Bundle. */
  toBundleIssue(issue: Issue): Issue;
}

const DEFAULT_MAX_DEPTH = 200;

/** Those that have a type; none of what is no Bundle. */
export function entriesOf(document: JsonDocument, maxDepth = DEFAULT_MAX_DEPTH): readonly Entry[] {
  const { value } = document;
  const entries = isJsonObject(value) && value['resourceType'] === 'Bundle' ? value['entry'] : undefined;
  if (!Array.isArray(entries)) return [];
  const text = new BundleText(document);
  const spans = entryResourceSpans(document.text);
  return entries.flatMap((entry, index): readonly Entry[] => {
    const resource = isJsonObject(entry) ? entry['resource'] : undefined;
    const span = spans[index];
    if (!isJsonObject(resource) || typeof resource['resourceType'] !== 'string' || span === undefined) return [];
    const root = `Bundle.entry[${index}].resource`;
    return [
      {
        resource,
        type: resource['resourceType'],
        // what JSON allows and FHIR does not was said of the whole document
        read: () => new EntryDocument(text, span, resource, [], maxDepth),
        toBundleIssue: (issue) => ({ ...issue, expression: `${root}${(issue.expression ?? '').replace(/^[A-Za-z]*/, '')}` }),
      },
    ];
  });
}
