/** What R4 says of Bundles in words: https://hl7.org/fhir/R4/bundle.html, and of documents: https://hl7.org/fhir/R4/documents.html#content */
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import { isAbsoluteUri, parseReference } from '../../fhir/reference.js';
import type { BundleEntries, EntryMatches } from '../run/bundle-entries.js';
import type { Run } from '../run/run.js';
import { checkReach } from './document-reach.js';
import { at, forEachObject, textOf } from './objects.js';
import type { ResourceRule } from './resource-rule.js';

/** Of these, a fullUrl names what is not stored yet, however the sender likes. */
const REQUESTS: ReadonlySet<string> = new Set(['batch', 'transaction', 'batch-response', 'transaction-response']);
/** Whose entries have a fullUrl: what a server answers may name what is stored nowhere. */
const NAMED: ReadonlySet<string> = new Set(['document', 'message', 'collection']);
/** Only a list that goes on elsewhere has pages. */
const PAGED: ReadonlySet<string> = new Set(['searchset', 'history']);
const PAGE_LINKS: ReadonlySet<string> = new Set(['first', 'prev', 'previous', 'next', 'last']);
/** References of a Composition whose targets are parts of the document. */
const DOCUMENT_PARTS: readonly (readonly string[])[] = [
  ['subject'],
  ['encounter'],
  ['author'],
  ['attester', 'party'],
  ['custodian'],
  ['event', 'detail'],
];
const SECTION_PARTS: readonly (readonly string[])[] = [['author'], ['focus'], ['entry']];

export const checkBundle: ResourceRule = (run, bundle, services) => {
  const type = textOf(bundle['type']) ?? '';
  forEachObject(run, bundle, 'link', ({ relation }) => {
    if (PAGED.has(type) || typeof relation !== 'string' || !PAGE_LINKS.has(relation)) return;
    at(run, 'relation', undefined, () =>
      run.error('invalid', 'bundle-link', `A link to the '${relation}' page belongs to a searchset or a history, not to a ${type}`),
    );
  });
  forEachObject(run, bundle, 'entry', (entry) => {
    if (!REQUESTS.has(type)) checkFullUrl(run, entry, services.conformance.resourceTypes);
    if (NAMED.has(type)) checkIsNamed(run, entry, type);
    if (type === 'searchset') checkSearchResult(run, entry);
  });
  if (type === 'document') checkDocument(run, bundle);
  if (type === 'message') checkMessage(run, bundle);
};

function checkFullUrl(run: Run, { fullUrl, resource }: JsonObject, resourceTypes: ReadonlySet<string>): void {
  if (typeof fullUrl !== 'string' || fullUrl === '') return;
  if (isAbsoluteUri(fullUrl)) {
    if (isJsonObject(resource)) checkFullUrlId(run, fullUrl, resource, resourceTypes);
    return;
  }
  run.error('invalid', 'bundle-full-url', `The fullUrl '${fullUrl}' is not absolute: begin it with the server's base, or with urn:uuid:`);
}

/** R4 excepts results of operations, which may have resources that are not identified: a collection may be one. */
function checkIsNamed(run: Run, { fullUrl, _fullUrl, resource }: JsonObject, type: string): void {
  if (fullUrl !== undefined || _fullUrl !== undefined || !isJsonObject(resource)) return;
  if (type === 'collection' && resource['id'] === undefined) return;
  const text = `An entry of a ${type} has a fullUrl: the URL of its resource, or urn:uuid: with a UUID where it has none yet`;
  run.error('required', 'bundle-full-url', text);
}

/** https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl: it «SHALL NOT disagree with the id in the resource». */
function checkFullUrlId(run: Run, fullUrl: string, { resourceType, id }: JsonObject, resourceTypes: ReadonlySet<string>): void {
  const parsed = parseReference(fullUrl);
  if (parsed.kind !== 'absolute' || !resourceTypes.has(parsed.type) || typeof id !== 'string') return;
  if (parsed.id === id && parsed.type === resourceType) return;
  const found = `${String(resourceType)}/${id}`.slice(0, 100);
  run.error(
    'invalid',
    'bundle-full-url',
    `The fullUrl ends in ${parsed.type}/${parsed.id.slice(0, 64)}, and the resource is ${found}: correct one of them`,
  );
}

function checkSearchResult(run: Run, { resource, search }: JsonObject): void {
  if (!isJsonObject(resource)) return;
  const { resourceType, id } = resource;
  const isOutcome = resourceType === 'OperationOutcome';
  at(run, 'resource', undefined, () => {
    if (isJsonObject(search) && search['mode'] === 'outcome' && !isOutcome) {
      run.error(
        'invalid',
        'bundle-search-outcome',
        `An entry whose search mode is 'outcome' has an OperationOutcome, and no ${resourceType}`,
      );
    } else if (!isOutcome && id === undefined)
      run.error('invalid', 'bundle-search-id', 'What a search found has an id: give the resource its own');
  });
}

/** Everything that the Composition refers to itself has to be in the document. */
function checkDocument(run: Run, bundle: JsonObject): void {
  const entries = run.scope?.entries;
  const first = Array.isArray(bundle['entry']) ? bundle['entry'][0] : undefined;
  const composition = isJsonObject(first) ? first['resource'] : undefined;
  if (entries === undefined || !isJsonObject(first) || !isJsonObject(composition) || composition['resourceType'] !== 'Composition') return;
  checkReach(run, bundle, entries);
  at(run, 'entry', 0, () =>
    at(run, 'resource', undefined, () => {
      const from = textOf(first['fullUrl']);
      for (const path of DOCUMENT_PARTS) checkParts(run, composition, path, entries, from);
      checkSections(run, composition, entries, from);
    }),
  );
}

/** https://hl7.org/fhir/R4/messageheader-definitions.html#MessageHeader.focus: what a message is about comes with it. */
function checkMessage(run: Run, bundle: JsonObject): void {
  const entries = run.scope?.entries;
  const first = Array.isArray(bundle['entry']) ? bundle['entry'][0] : undefined;
  const header = isJsonObject(first) ? first['resource'] : undefined;
  if (entries === undefined || !isJsonObject(first) || !isJsonObject(header) || header['resourceType'] !== 'MessageHeader') return;
  at(run, 'entry', 0, () =>
    at(run, 'resource', undefined, () => checkParts(run, header, ['focus'], entries, textOf(first['fullUrl']), 'message')),
  );
}

function checkSections(run: Run, holder: JsonObject, entries: BundleEntries, from: string | undefined): void {
  forEachObject(run, holder, 'section', (section) => {
    for (const path of SECTION_PARTS) checkParts(run, section, path, entries, from);
    checkSections(run, section, entries, from);
  });
}

function checkParts(
  run: Run,
  holder: JsonObject,
  path: readonly string[],
  entries: BundleEntries,
  from: string | undefined,
  whole: 'document' | 'message' = 'document',
): void {
  const [property, ...rest] = path;
  if (property === undefined) {
    const { reference } = holder;
    if (typeof reference === 'string') checkPart(run, reference, entries.matches(reference, from), whole);
    return;
  }
  const value = holder[property];
  if (isJsonObject(value)) at(run, property, undefined, () => checkParts(run, value, rest, entries, from, whole));
  else forEachObject(run, holder, property, (item) => checkParts(run, item, rest, entries, from, whole));
}

function checkPart(run: Run, reference: string, { exact, ofOtherVersions }: EntryMatches, whole: 'document' | 'message'): void {
  if (parseReference(reference).kind === 'contained' || exact === 1) return;
  if (exact > 1) {
    run.error('invalid', 'bundle-reference', `${exact} entries of the ${whole} are '${reference}': say which version is meant`);
    return;
  }
  const others = ofOtherVersions > 0 ? `; it has ${ofOtherVersions} of other versions` : '';
  run.error(
    'not-found',
    'bundle-reference',
    whole === 'document'
      ? `'${reference}' is no entry of the document, and everything its Composition refers to is${others}`
      : `'${reference}' is no entry of the message, and what it is about has to come with it${others}`,
  );
}
