/** References that are searches, `Patient?identifier=…`: https://hl7.org/fhir/R4/http.html#trules */
import { FhirError } from '../../fhir/fhir-error.js';
import type { IssueType } from '../../fhir/operation-outcome.js';
import { parseQuery } from '../../fhir/query.js';
import { parseReference } from '../../fhir/reference.js';
import type { Services } from '../../services.js';
import { findMatches } from '../conditional.js';
import type { InteractionRequest } from '../interaction.js';
import { walkResource } from '../walk-resource.js';
import { CONCURRENT_SEARCHES, mapConcurrently } from './breather.js';
import type { EntryDocument } from './entry-document.js';

export interface ConditionalReference {
  /** As sent. */
  readonly text: string;
  readonly type: string;
  readonly query: string;
  readonly expression: string;
}

export function findConditionalReferences(document: EntryDocument, request: InteractionRequest): readonly ConditionalReference[] {
  // most resources have none, and a search has its question mark
  if (!document.text.includes('?')) return [];
  const found: ConditionalReference[] = [];
  walkResource(document.value, request.api.conformance, {
    reference: (_, text, place) => {
      const parsed = parseReference(text);
      if (parsed.kind !== 'conditional') return;
      found.push({ text, type: parsed.type, query: parsed.query, expression: `${place.expression()}.reference` });
    },
  });
  return found;
}

export interface EntryWrites {
  /** `Type/id` by `Type?query` of the entries that create under that condition. */
  readonly created: ReadonlyMap<string, string>;
  /** `Type/id` of what is deleted, which comes first: a search does not find it any more. */
  readonly deleted: ReadonlySet<string>;
}

/** `Type/id` for each, or why there is none, by the text of the reference; each text is searched once. */
export async function resolveConditionalReferences(
  services: Services,
  request: InteractionRequest,
  references: readonly ConditionalReference[],
  { created, deleted }: EntryWrites,
): Promise<ReadonlyMap<string, string | FhirError>> {
  const deletedOf = new Map<string, number>();
  for (const key of deleted) {
    const type = key.slice(0, key.indexOf('/'));
    deletedOf.set(type, (deletedOf.get(type) ?? 0) + 1);
  }
  const distinct = [...new Map(references.map((reference) => [reference.text, reference])).values()];
  const resolved = await mapConcurrently(distinct, { limit: CONCURRENT_SEARCHES }, async (reference) => {
    try {
      return created.get(reference.text) ?? (await resolve(services, request, reference, deleted, deletedOf.get(reference.type) ?? 0));
    } catch (error) {
      if (error instanceof FhirError) return error;
      throw error;
    }
  });
  return new Map(distinct.map(({ text }, index) => [text, resolved[index] as string | FhirError]));
}

async function resolve(
  services: Services,
  request: InteractionRequest,
  { text, type, query }: ConditionalReference,
  deleted: ReadonlySet<string>,
  deletedOfType: number,
): Promise<string> {
  const { api } = request;
  if (!api.policy.resources.has(type)) {
    throw new FhirError('invalid-reference', `The API '${api.name}' has no ${type.slice(0, 64)} that a reference could search for`);
  }
  // two that stay are enough to know, whatever else is found and deleted
  const limit = 2 + deletedOfType;
  const found = await findMatches(services, request, type, parseQuery(query, 'conditional reference'), limit);
  const matches = found.matches.filter(({ id }) => !deleted.has(`${type}/${id}`));
  const [match] = matches;
  if (match === undefined) throw unmet('precondition-failed', 'not-found', `No ${type} matches the reference '${shorten(text)}'`);
  if (matches.length > 1) {
    throw unmet('multiple-matches', 'multiple-matches', `More than one ${type} matches the reference '${shorten(text)}'`);
  }
  return `${type}/${match.id}`;
}

function unmet(code: 'precondition-failed' | 'multiple-matches', issue: IssueType, diagnostics: string): FhirError {
  return new FhirError(code, diagnostics, { issues: [{ severity: 'error', code: issue, diagnostics }] });
}

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
