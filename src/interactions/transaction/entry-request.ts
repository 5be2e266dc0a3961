/** An entry of a Bundle -> the InteractionRequest that it stands for: https://hl7.org/fhir/R4/bundle.html#transaction */
import type { InteractionCode } from '../../conformance/capability-statement.js';
import { FhirError } from '../../fhir/fhir-error.js';
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import { parseQuery, withoutGeneral } from '../../fhir/query.js';
import { isAbsoluteUri } from '../../fhir/reference.js';
import type { Services } from '../../services.js';
import type { InteractionRequest } from '../interaction.js';
import { readPreconditions } from '../preconditions.js';
import { routeInteraction } from '../routes.js';
import { readWriteQuery } from '../write-query.js';
import { EntryDocument } from './entry-document.js';
import { readPatchBody } from './entry-patch.js';
import type { SentBundle, SentEntry } from './read-bundle.js';

/** https://hl7.org/fhir/R4/valueset-http-verb.html */
type EntryMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
const METHODS: ReadonlySet<string> = new Set<EntryMethod>(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** What takes a resource of the type of its path. */
const WITH_RESOURCE: ReadonlySet<string> = new Set<InteractionCode>(['create', 'update']);
const SEARCHES: ReadonlySet<string> = new Set<InteractionCode>(['search-type', 'search-system']);
const FHIR_JSON = 'application/fhir+json';

export interface EntryRequest {
  readonly index: number;
  readonly fullUrl: string | undefined;
  readonly method: EntryMethod;
  readonly request: InteractionRequest;
  /** Its resource; a create and an update have one, and a patch what carries it. */
  readonly document: EntryDocument | undefined;
}

/** `outer`: the request of the whole Bundle. Throws FhirError whose issues name the element of the entry that is at fault. */
export function readEntry(services: Services, outer: InteractionRequest, bundle: SentBundle, entry: SentEntry): EntryRequest {
  const at = `Bundle.entry[${entry.index}]`;
  const { value } = entry;
  if (!isJsonObject(value)) throw refuse('The entry is no object', at);
  const { fullUrl, request } = value;
  if (fullUrl !== undefined && (typeof fullUrl !== 'string' || fullUrl === '')) throw refuse("'fullUrl' is no URL", `${at}.fullUrl`);
  if (!isJsonObject(request)) throw refuse("The entry has no 'request': wanted are its method and url", `${at}.request`);
  const method = readMethod(request, `${at}.request.method`);
  const { path, query } = readUrl(outer, request, `${at}.request.url`);
  const { id, type, versionId, operation, body, ...shared } = outer;
  const found = inRequest(entry.index, () => {
    const routed = routeInteraction(outer.api, method, path);
    if (routed.type === undefined && (routed.interaction === 'transaction' || routed.interaction === 'batch')) {
      throw new FhirError('malformed-request', `An entry of a ${outer.interaction} cannot be a Bundle of requests itself`);
    }
    const preconditions = readPreconditions({
      ifMatch: textOf(request, 'ifMatch'),
      ifNoneMatch: textOf(request, 'ifNoneMatch'),
      ifModifiedSince: textOf(request, 'ifModifiedSince'),
      ifNoneExist: textOf(request, 'ifNoneExist'),
    });
    return {
      ...routed,
      ...readWriteQuery({ ...routed, api: outer.api, search: withoutGeneral(parseQuery(query, 'query')), preconditions }, query),
    };
  });
  const [issue] = entry.issues;
  if (issue !== undefined) throw new FhirError('malformed-request', issue.diagnostics, { issues: entry.issues });
  if (method === 'POST' && SEARCHES.has(found.interaction) && value['resource'] !== undefined) {
    const message =
      "A search by POST has its parameters in a form, which no resource of a Bundle is: search by GET, with them in the entry's url";
    throw refuse(message, `${at}.resource`);
  }
  const document = readDocument(services, bundle, entry);
  if (WITH_RESOURCE.has(found.interaction)) requireResource(document, found.type, at);
  return {
    index: entry.index,
    fullUrl,
    method,
    document,
    request: {
      ...shared,
      ...found,
      ...(found.interaction === 'patch' && { body: readPatchBody(outer.api, document, at) }),
      ...(found.interaction !== 'patch' && document !== undefined && { body: { contentType: FHIR_JSON, text: document.text, document } }),
    },
  };
}

function readMethod({ method }: JsonObject, at: string): EntryMethod {
  if (typeof method === 'string' && METHODS.has(method)) return method as EntryMethod;
  const found = typeof method === 'string' ? `The method is '${method.slice(0, 64)}'` : 'The request has no method';
  throw refuse(`${found}; wanted is one of ${[...METHODS].join(', ')}`, at);
}

/** Relative to the base, as R4 has it; the API's own absolute URLs too. */
function readUrl({ baseUrl }: InteractionRequest, { url }: JsonObject, at: string): { readonly path: string; readonly query: string } {
  if (typeof url !== 'string' || url === '') throw refuse('The request has no url', at);
  const isOwn = url === baseUrl || url.startsWith(`${baseUrl}/`) || url.startsWith(`${baseUrl}?`);
  if (!isOwn && isAbsoluteUri(url)) {
    throw refuse(`The url '${url.slice(0, 120)}' is not below ${baseUrl}; wanted is a path such as 'Patient' or 'Patient/1'`, at);
  }
  const relative = isOwn ? url.slice(baseUrl.length) : url;
  const mark = relative.indexOf('?');
  const path = mark < 0 ? relative : relative.slice(0, mark);
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path;
  return { path: trimmed === '' || trimmed.startsWith('/') ? trimmed : `/${trimmed}`, query: mark < 0 ? '' : relative.slice(mark + 1) };
}

function readDocument({ config }: Services, bundle: SentBundle, { value, span, problems }: SentEntry): EntryDocument | undefined {
  const resource = isJsonObject(value) ? value['resource'] : undefined;
  if (span === undefined || !isJsonObject(resource)) return undefined;
  return new EntryDocument(bundle.text, span, resource, problems, config.limits.jsonDepth);
}

function requireResource(document: EntryDocument | undefined, type: string | undefined, at: string): void {
  if (document === undefined) throw refuse("The entry has no 'resource', which its method needs", `${at}.resource`);
  const { resourceType } = document.value;
  if (typeof resourceType !== 'string') throw refuse("The resource has no 'resourceType'", `${at}.resource`);
  if (resourceType === type) return;
  throw refuse(`The url is for ${type}, but the resource is of type '${resourceType.slice(0, 64)}'`, `${at}.request.url`);
}

function textOf(request: JsonObject, name: string): string | undefined {
  const value = request[name];
  return typeof value === 'string' ? value : undefined;
}

/** Runs it; faults that would be in the path, the query or a header of a request are said of `entry.request`. */
export function inRequest<T>(index: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    const { code, message, status, headers } = error;
    const issues = error.issues.map(({ location, ...issue }) => ({
      ...issue,
      expression: `Bundle.entry[${index}].request.${elementOf(location)}`,
    }));
    throw new FhirError(code, message, { issues, status, ...(headers !== undefined && { headers }), cause: error });
  }
}

function elementOf(location: string | undefined): string {
  if (location === 'http.If-Match') return 'ifMatch';
  return location === 'http.If-None-Match' ? 'ifNoneMatch' : 'url';
}

function refuse(message: string, expression: string): FhirError {
  return new FhirError('malformed-request', message, { expression });
}
