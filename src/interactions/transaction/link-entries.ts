/** What the links of a transaction stand for, gathered from all its entries and written into each of them. */
import { FhirError } from '../../fhir/fhir-error.js';
import { isJsonObject } from '../../fhir/json.js';
import type { Services } from '../../services.js';
import type { InteractionRequest } from '../interaction.js';
import type { Breather } from './breather.js';
import { findConditionalReferences, resolveConditionalReferences } from './conditional-references.js';
import type { EntryFaults } from './entry-faults.js';
import type { EntryRequest } from './entry-request.js';
import { type EntryTarget, type EntryTargets, removedKeys } from './entry-target.js';
import { type DeadEnd, LinkMap, replaceLinks } from './links.js';
import { fullUrlOf, type SentBundle } from './read-bundle.js';

/**
 * Stands for a reference that is a search and leads nowhere, which is said once: of a URI that names no resource the rules for
 * references have nothing to say. Such a transaction is never stored.
 */
const UNRESOLVED = 'about:blank';

/** Writes into every resource what its links to other entries, and its references that are searches, stand for. */
export async function linkEntries(
  services: Services,
  request: InteractionRequest,
  bundle: SentBundle,
  entries: readonly EntryRequest[],
  targets: EntryTargets,
  faults: EntryFaults,
  breathe: Breather,
): Promise<void> {
  const { links, deadEnds } = mapFullUrls(entries, targets);
  addFailed(bundle, links, faults, request.baseUrl);

  const puts = entries.filter((entry) => ['put', 'patch'].includes(targets.get(entry)?.kind ?? ''));
  const searches = new Map(
    puts.map((entry) => [entry, entry.document === undefined ? [] : findConditionalReferences(entry.document, request)]),
  );
  const writes = { created: mapConditions(entries, targets), deleted: removedKeys(request.api, targets) };
  const resolved = await resolveConditionalReferences(services, request, [...searches.values()].flat(), writes);
  const conditional = new Map<string, string>();
  for (const entry of puts) {
    for (const { text, expression } of searches.get(entry) ?? []) {
      const found = resolved.get(text);
      conditional.set(text, typeof found === 'string' ? found : UNRESOLVED);
      if (found instanceof FhirError) faults.add(entry, atExpression(found, expression));
    }
    const { document, fullUrl } = entry;
    if (document !== undefined) {
      for (const deadEnd of replaceLinks(document, fullUrl, { links, deadEnds, conditional }, request.api.conformance)) {
        faults.add(entry, toFault(deadEnd));
      }
    }
    await breathe();
  }
}

/** Which resource each fullUrl stands for, and the full URLs that stand for none. */
function mapFullUrls(entries: readonly EntryRequest[], targets: EntryTargets): { readonly links: LinkMap; readonly deadEnds: LinkMap } {
  const links = new LinkMap();
  const deadEnds = new LinkMap();
  for (const entry of entries) {
    const { fullUrl, request } = entry;
    if (fullUrl === undefined) continue;
    const found = findWritten(targets.get(entry));
    if (found !== undefined) links.add(fullUrl, found);
    else if (request.interaction === 'read' || request.interaction === 'vread') links.add(fullUrl, `${request.type}/${request.id}`);
    else if (request.interaction === 'delete') deadEnds.add(fullUrl, `deletes ${request.type}${request.id ? `/${request.id}` : ''}`);
    // one whose target could not be found is among the faults, and can be linked to
    else if (entry.document === undefined) deadEnds.add(fullUrl, 'asks for no single resource');
  }
  return { links, deadEnds };
}

/** `Type/id` by `Type?query` of the entries that create under that condition. */
function mapConditions(entries: readonly EntryRequest[], targets: EntryTargets): ReadonlyMap<string, string> {
  const created = new Map<string, string>();
  for (const entry of entries) {
    const found = findWritten(targets.get(entry));
    const { ifNoneExist } = entry.request.preconditions;
    if (found !== undefined && ifNoneExist !== undefined) created.set(`${entry.request.type}?${ifNoneExist}`, found);
  }
  return created;
}

/** `Type/id` of what an entry writes, or finds in place of writing it. */
function findWritten(target: EntryTarget | undefined): string | undefined {
  if (target?.kind === 'put') return `${target.sent.type}/${target.id}`;
  if (target?.kind === 'patch') return `${target.type}/${target.id}`;
  return target?.kind === 'existing' ? `${target.version.type}/${target.version.id}` : undefined;
}

/** Entries that fail can be linked to all the same, so that one fault does not bring others with it. Whether a URL exists nobody asks. */
function addFailed(bundle: SentBundle, links: LinkMap, faults: EntryFaults, baseUrl: string): void {
  for (const sent of bundle.entries) {
    const fullUrl = fullUrlOf(sent);
    if (fullUrl === undefined || links.has(fullUrl) || !faults.has(sent)) continue;
    const resource = isJsonObject(sent.value) ? sent.value['resource'] : undefined;
    const type = isJsonObject(resource) ? resource['resourceType'] : undefined;
    if (typeof type === 'string') links.add(fullUrl, `${baseUrl}/${type}/failed`);
  }
}

function toFault({ reference, reason, expression }: DeadEnd): FhirError {
  const shown = reference.length > 120 ? `${reference.slice(0, 120)}…` : reference;
  const message = `The reference '${shown}' is to an entry that ${reason}: refer to a resource that is there afterwards`;
  return new FhirError('invalid-reference', message, { expression });
}

function atExpression(error: FhirError, expression: string): FhirError {
  const issues = error.issues.map(({ location, ...issue }) => ({ ...issue, expression }));
  const { code, message, status, headers } = error;
  return new FhirError(code, message, { status, issues, ...(headers !== undefined && { headers }), cause: error });
}
