/**
 * The Bundle itself, held against R4's definition and the profiles that it claims. Its resources are the entries' own matter:
 * they are checked after their links are resolved, each for itself.
 */
import { FhirError } from '../../fhir/fhir-error.js';
import { isJsonObject, type JsonDocument, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { Issue } from '../../fhir/operation-outcome.js';
import type { Api } from '../../services.js';

export interface BundleCheck {
  /** By the index of the entry. */
  readonly entryIssues: ReadonlyMap<number, readonly Issue[]>;
  /** `url|version` of the profiles that the Bundle claims. */
  readonly profiles: readonly string[];
}

/** Of a broken one the validator speaks at the Bundle; who reads the entries says which entry it is. */
const RULES_OF_ENTRIES: ReadonlySet<string | undefined> = new Set(['bdl-2', 'bdl-3', 'bdl-4', 'bdl-7']);
const ENTRY = /^Bundle\.entry\[(\d+)\](\.resource\b)?/;
const ISSUE_LIMIT = 100_000;

/** Throws 400 for what is wrong with the Bundle as a whole. */
export function checkBundle(api: Api, document: JsonDocument, bundle: JsonObject, entries: readonly JsonValue[]): BundleCheck {
  const { meta } = bundle;
  // a profile may look into the resources
  const claims = isJsonObject(meta) && meta['profile'] !== undefined;
  const checked = claims ? document : withoutResources(document, bundle, entries);
  const { issues, claims: resolved } = api.validator.validate(checked, { issueLimit: ISSUE_LIMIT });
  const ofBundle: Issue[] = [];
  const entryIssues = new Map<number, Issue[]>();
  for (const issue of issues) {
    if ((issue.severity !== 'error' && issue.severity !== 'fatal') || RULES_OF_ENTRIES.has(issue.rule)) continue;
    const [, index, inResource] = ENTRY.exec(issue.expression ?? '') ?? [];
    if (inResource !== undefined) continue;
    if (index === undefined) ofBundle.push(issue);
    else add(entryIssues, Number(index), issue);
  }
  if (ofBundle.length > 0) {
    const unknown = ofBundle.some(({ rule }) => rule === 'profile-unknown');
    throw new FhirError(unknown ? 'unknown-profile' : 'malformed-request', ofBundle[0]?.diagnostics ?? '', { issues: ofBundle });
  }
  addForeignParts(entries, entryIssues);
  addDoubles(entries, entryIssues);
  return { entryIssues, profiles: resolved.flatMap(({ canonical }) => canonical ?? []) };
}

/** What belongs to other kinds of Bundles. */
const FOREIGN_PARTS = { search: 'bdl-2', response: 'bdl-4' };

function addForeignParts(entries: readonly JsonValue[], issues: Map<number, Issue[]>): void {
  for (const [index, entry] of entries.entries()) {
    if (!isJsonObject(entry)) continue;
    for (const [part, rule] of Object.entries(FOREIGN_PARTS)) {
      if (entry[part] === undefined) continue;
      const diagnostics = `An entry of a request has no '${part}': leave it out`;
      add(issues, index, { severity: 'error', code: 'invariant', rule, diagnostics, expression: `Bundle.entry[${index}].${part}` });
    }
  }
}

/** With two entries of one fullUrl, a link could mean either. */
function addDoubles(entries: readonly JsonValue[], issues: Map<number, Issue[]>): void {
  const first = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    const fullUrl = isJsonObject(entry) ? entry['fullUrl'] : undefined;
    if (typeof fullUrl !== 'string') continue;
    const other = first.get(fullUrl);
    if (other === undefined) {
      first.set(fullUrl, index);
      continue;
    }
    const diagnostics = `Entry ${other} has the same fullUrl: give each entry one of its own`;
    add(issues, index, { severity: 'error', code: 'duplicate', rule: 'bdl-7', diagnostics, expression: `Bundle.entry[${index}].fullUrl` });
  }
}

function add(issues: Map<number, Issue[]>, index: number, issue: Issue): void {
  const list = issues.get(index);
  if (list === undefined) issues.set(index, [issue]);
  else list.push(issue);
}

function withoutResources(document: JsonDocument, bundle: JsonObject, entries: readonly JsonValue[]): JsonDocument {
  const thin = entries.map((entry) => {
    if (!isJsonObject(entry) || entry['resource'] === undefined) return entry;
    const { resource, ...rest } = entry;
    return rest;
  });
  const { positionOf } = document;
  return {
    text: document.text,
    value: thin.length === 0 ? bundle : { ...bundle, entry: thin },
    problems: [],
    hasInexactNumbers: document.hasInexactNumbers,
    ...(positionOf !== undefined && { positionOf: positionOf.bind(document) }),
    numberLiteral: (path) => document.numberLiteral(path),
  };
}
