/**
 * https://hl7.org/fhir/R4/resource-operation-validate.html: what a write would say. With a mode the write is made whole on a store that
 * takes no commits, so that what is told is what would be; a batch or transaction sent to the system is tried as such.
 */
import { isAllowed, requireAccess } from '../auth/access-policy.js';
import type { InteractionCode } from '../conformance/capability-statement.js';
import { withArticle } from '../fhir/article.js';
import { entryExpression } from '../fhir/bundle.js';
import { FhirError } from '../fhir/fhir-error.js';
import { isJsonObject, type JsonDocument, type JsonObject, type JsonValue, parseJson } from '../fhir/json.js';
import { toOperationOutcome } from '../fhir/operation-outcome.js';
import { checkResource } from '../interactions/check-resource.js';
import type { Interaction, InteractionRequest, InteractionResponse, InteractionTable } from '../interactions/interaction.js';
import { requireResource } from '../interactions/read-resource.js';
import { timed } from '../observability/stopwatch.js';
import type { Api, Services } from '../services.js';
import { withoutCommits } from './dry-run.js';
import { definitionOf, type OperationInput, readInput, singleValue } from './operation-input.js';

const PARAMETERS: ReadonlySet<string> = new Set(['resource', 'mode', 'profile']);
const MODES: ReadonlySet<string> = new Set(['create', 'update', 'delete', 'profile']);
/** Of these some must be allowed to whoever asks about a resource without saying what is to become of it. */
const ANY_OF: readonly InteractionCode[] = ['create', 'update', 'read'];

/** What was found, and what which interaction would have been answered. */
interface Prediction {
  readonly foretold?: { readonly interaction: InteractionCode; readonly status: number };
  readonly issues: readonly JsonObject[];
  readonly profiles: readonly string[];
}

/** `handlers`: those of the writes, with the checks of who may do them. */
export function createValidate(handlers: InteractionTable): Interaction {
  return async (services, request) => {
    const input = readInput(services, request);
    requireKnown(input);
    const mode = singleValue(input, 'mode');
    if (mode !== undefined && !MODES.has(mode)) {
      throw new FhirError('malformed-request', `The mode '${mode.slice(0, 64)}' is none: there are ${[...MODES].join(', ')}`);
    }
    const prediction = await timed(services.stopwatch, 'validate', () => validate(services, request, input, mode, handlers));
    const { issues, profiles } = prediction;
    const body = JSON.stringify(toOutcome(prediction));
    return { status: 200, body, issueCount: issues.length, ...(profiles.length > 0 && { profiles }) };
  };
}

function requireKnown({ values }: OperationInput): void {
  const unknown = [...values.keys()].find((name) => !PARAMETERS.has(name));
  if (unknown === undefined) return;
  const message = `'${unknown.slice(0, 64)}' is no parameter of $validate; there are ${[...PARAMETERS].join(', ')}`;
  throw new FhirError('unsupported-parameter', message);
}

async function validate(
  services: Services,
  request: InteractionRequest,
  input: OperationInput,
  mode: string | undefined,
  handlers: InteractionTable,
): Promise<Prediction> {
  const profiles = input.values.get('profile') ?? [];
  if (mode === 'delete') return predict(services, toWrite(request, 'delete', undefined, profiles), handlers);
  const document = input.document ?? (await readStored(services, request, handlers));
  const type = typeOf(document, request.type);
  const bundleType = request.type === undefined && mode === undefined ? submissionType(document) : undefined;
  if (bundleType !== undefined) return predict(services, toWrite(request, bundleType, document, profiles), handlers);
  if (mode === 'create' || mode === 'update') {
    const id = mode === 'create' ? undefined : (request.id ?? idOf(document));
    return predict(services, { ...toWrite(request, mode, document, profiles), type, ...(id !== undefined && { id }) }, handlers);
  }
  const { api, principal } = request;
  const access = { type, operationDefinition: definitionOf(request) };
  if (!ANY_OF.some((interaction) => isAllowed(principal, { ...access, interaction })))
    requireAccess(principal, { ...access, interaction: 'read' });
  const { issues, profiles: held } = await caught(api, async () => {
    const { outcome, profiles: found } = await checkResource(api, requireResource(document, type), { ...request, profiles });
    return { status: 200, outcome, profiles: found };
  });
  return { issues, profiles: held };
}

/** The resource of the path, for who sends none. */
async function readStored(services: Services, request: InteractionRequest, handlers: InteractionTable): Promise<JsonDocument> {
  const { read } = handlers;
  if (request.id === undefined || read === undefined) {
    throw new FhirError(
      'malformed-request',
      "There is nothing to validate: send a resource, bare or as the parameter 'resource' of Parameters",
    );
  }
  const { operation: _operation, body: _body, ...rest } = request;
  const { body } = await read(services, { ...rest, interaction: 'read', search: [], preconditions: {} });
  return parseJson(body ?? '', { maxDepth: services.config.limits.jsonDepth });
}

/** What is no resource of that type is told as the write tells it. */
function typeOf({ value }: JsonDocument, type: string | undefined): string {
  const found = isJsonObject(value) ? value['resourceType'] : undefined;
  return type ?? (typeof found === 'string' ? found : 'Resource');
}

function idOf({ value }: JsonDocument): string | undefined {
  const id = isJsonObject(value) ? value['id'] : undefined;
  return typeof id === 'string' ? id : undefined;
}

function submissionType({ value }: JsonDocument): 'batch' | 'transaction' | undefined {
  if (!isJsonObject(value) || value['resourceType'] !== 'Bundle') return undefined;
  const { type } = value;
  return type === 'batch' || type === 'transaction' ? type : undefined;
}

function toWrite(
  request: InteractionRequest,
  interaction: InteractionCode,
  document: JsonDocument | undefined,
  profiles: readonly string[],
): InteractionRequest {
  const { operation: _operation, body, ...rest } = request;
  return {
    ...rest,
    interaction,
    search: [],
    profiles,
    ...(document !== undefined && { body: { text: document.text, contentType: body?.contentType ?? '', document } }),
  };
}

async function predict(services: Services, write: InteractionRequest, handlers: InteractionTable): Promise<Prediction> {
  const handle = handlers[write.interaction];
  if (handle === undefined) throw new FhirError('not-implemented', `The server has no ${write.interaction} that could be tried`);
  const { status, issues, profiles } = await caught(write.api, () => handle(withoutCommits(services), write));
  return { foretold: { interaction: write.interaction, status }, issues, profiles };
}

interface Answered {
  readonly status: number;
  readonly issues: readonly JsonObject[];
  readonly profiles: readonly string[];
}

/** A refusal is what was asked for; that nothing could be found out is not. */
async function caught(api: Api, work: () => Promise<InteractionResponse>): Promise<Answered> {
  try {
    const { status, outcome, body, profiles = [] } = await work();
    return { status, issues: outcome === undefined ? issuesOfEntries(body) : issuesOf(parseJson(outcome).value), profiles };
  } catch (error) {
    if (!(error instanceof FhirError) || error.status === 500 || error.status === 503) throw error;
    const { issueCode } = api.config.validation;
    const outcome = toOperationOutcome(error.issues, issueCode === undefined ? {} : { validationIssueCode: issueCode });
    return { status: error.status, issues: issuesOf(outcome), profiles: [] };
  }
}

function issuesOf(outcome: JsonValue | undefined): readonly JsonObject[] {
  const issues = isJsonObject(outcome) ? outcome['issue'] : undefined;
  return Array.isArray(issues) ? issues.filter(isJsonObject) : [];
}

/**
 * Of the answer to a Bundle: each entry's own, at its place in the Bundle. An entry of a transaction that was answered has not failed: what
 * it could not find is what was not committed.
 */
function issuesOfEntries(body: string | undefined): readonly JsonObject[] {
  const { value } = parseJson(body ?? 'null');
  const entries = isJsonObject(value) && Array.isArray(value['entry']) ? value['entry'] : [];
  const isTransaction = isJsonObject(value) && value['type'] === 'transaction-response';
  return entries.flatMap((entry, index) => {
    const response = isJsonObject(entry) ? entry['response'] : undefined;
    if (!isJsonObject(response) || (isTransaction && !String(response['status']).startsWith('2'))) return [];
    return issuesOf(response['outcome']).map((issue) => atEntry(issue, index));
  });
}

function atEntry(issue: JsonObject, index: number): JsonObject {
  const { expression } = issue;
  if (!Array.isArray(expression)) return { ...issue, expression: [`Bundle.entry[${index}]`] };
  return { ...issue, expression: expression.map((one) => entryExpression(index, String(one))) };
}

/** What the write says, and what it would be answered. */
function toOutcome({ issues, foretold }: Prediction): JsonObject {
  const remark = (diagnostics: string): JsonObject => ({ severity: 'information', code: 'informational', diagnostics });
  if (foretold !== undefined) {
    const verdict = remark(`With this, ${withArticle(foretold.interaction)} would be answered ${foretold.status}`);
    return { resourceType: 'OperationOutcome', issue: [...issues, verdict] };
  }
  return { resourceType: 'OperationOutcome', issue: issues.length > 0 ? [...issues] : [remark('No issues detected')] };
}
