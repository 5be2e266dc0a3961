/** The Bundle of a batch or transaction, parsed once: https://hl7.org/fhir/R4/bundle.html#transaction */
import { FhirError } from '../../fhir/fhir-error.js';
import { isJsonObject, type JsonDocument, type JsonPath, type JsonProblem, type JsonValue } from '../../fhir/json.js';
import { entryResourceSpans, type TextSpan } from '../../fhir/json-text.js';
import type { Issue } from '../../fhir/operation-outcome.js';
import { timed } from '../../observability/stopwatch.js';
import type { Services } from '../../services.js';
import type { InteractionRequest } from '../interaction.js';
import { readDocument, requireResource } from '../read-resource.js';
import type { Breather } from './breather.js';
import { checkBundle } from './check-bundle.js';
import { BundleText } from './entry-document.js';

export interface SentEntry {
  readonly index: number;
  readonly value: JsonValue;
  /** Where its resource stands in the Bundle's text. */
  readonly span: TextSpan | undefined;
  /** Those of its resource; their paths start there. */
  readonly problems: readonly JsonProblem[];
  /** Errors of the entry itself; expressions start at the Bundle. */
  readonly issues: readonly Issue[];
}

export interface SentBundle {
  readonly text: BundleText;
  /** `url|version` of the profiles that it claims. */
  readonly profiles: readonly string[];
  readonly entries: readonly SentEntry[];
}

/** Undefined where it has none, or one that names nothing. */
export function fullUrlOf({ value }: SentEntry): string | undefined {
  const fullUrl = isJsonObject(value) ? value['fullUrl'] : undefined;
  return typeof fullUrl === 'string' && fullUrl !== '' ? fullUrl : undefined;
}

/** Steps from a Bundle to the resource of an entry. */
const RESOURCE_DEPTH = 3;

/** Throws 400 for what is no Bundle of the interaction's type, or has too many entries. Faults of single entries come later. */
export async function readBundle(services: Services, request: InteractionRequest, breathe: Breather): Promise<SentBundle> {
  const document = readDocument(services, request);
  const own = document.problems.filter(({ path }) => !isInResource(path));
  if (own.length > 0)
    throw new FhirError('malformed-request', own[0]?.message ?? '', { issues: own.map((problem) => toIssue(problem, document)) });
  const { resource } = requireResource(document, 'Bundle');
  const { type, entry = [] } = resource;
  if (type !== request.interaction) {
    const found = typeof type === 'string' ? `is '${type.slice(0, 64)}'` : 'is missing';
    throw refuse(`The type of the Bundle ${found}; wanted is 'batch' or 'transaction'`, 'Bundle.type');
  }
  if (!Array.isArray(entry)) throw refuse("'entry' is no array", 'Bundle.entry');
  const most = services.config.limits.bundleEntries;
  if (entry.length > most) {
    const message = `The Bundle has ${entry.length} entries; at most ${most} are allowed: send several Bundles`;
    throw new FhirError('too-many-entries', message, { expression: 'Bundle.entry' });
  }
  await breathe();
  const { entryIssues, profiles } = timed(services.stopwatch, 'validate', () => checkBundle(request.api, document, resource, entry));
  await breathe();
  const spans = entryResourceSpans(document.text);
  await breathe();
  const problems = problemsByEntry(document.problems);
  return {
    text: new BundleText(document),
    profiles,
    entries: entry.map((value, index) => ({
      index,
      value,
      span: spans[index],
      problems: problems.get(index) ?? [],
      issues: entryIssues.get(index) ?? [],
    })),
  };
}

function refuse(message: string, expression: string): FhirError {
  return new FhirError('malformed-request', message, { expression });
}

function toIssue({ kind, path, message }: JsonProblem, document: JsonDocument): Issue {
  const expression = path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${step}`), 'Bundle');
  return { severity: 'error', code: 'structure', rule: `json-${kind}`, diagnostics: message, expression, ...document.positionOf?.(path) };
}

function isInResource(path: JsonPath): boolean {
  return path.length > RESOURCE_DEPTH && path[0] === 'entry' && typeof path[1] === 'number' && path[2] === 'resource';
}

function problemsByEntry(problems: readonly JsonProblem[]): ReadonlyMap<number, readonly JsonProblem[]> {
  const byEntry = new Map<number, JsonProblem[]>();
  for (const problem of problems) {
    const index = problem.path[1];
    if (typeof index !== 'number') continue;
    const list = byEntry.get(index);
    const inResource = { ...problem, path: problem.path.slice(RESOURCE_DEPTH) };
    if (list === undefined) byEntry.set(index, [inResource]);
    else list.push(inResource);
  }
  return byEntry;
}
