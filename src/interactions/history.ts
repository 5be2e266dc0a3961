/** Versions of a resource, of a type, of all: https://hl7.org/fhir/R4/http.html#history */
import { type BundleLink, writeBundle, writeEntry } from '../fhir/bundle.js';
import { parseDateTime } from '../fhir/date-time.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { Issue } from '../fhir/operation-outcome.js';
import type { Services } from '../services.js';
import type { HistoryQuery, ResourceVersion } from '../storage/store.js';
import type { Interaction, InteractionRequest, InteractionResponse } from './interaction.js';
import { requireId, requireType } from './target.js';
import { toStatusText } from './transaction/entry-response.js';

export const historyInstance: Interaction = async (services, request) => {
  const type = requireType(request);
  const id = requireId(request);
  if ((await services.store.get(request.api.namespace, type, id)) === undefined) {
    throw new FhirError('resource-not-found', `There is no ${type} with the id '${id.slice(0, 64)}'`);
  }
  return answerHistory(services, request, { type, id }, `${request.baseUrl}/${type}/${encodeURIComponent(id)}/_history`);
};

export const historyType: Interaction = (services, request) => {
  const type = requireType(request);
  return answerHistory(services, request, { type }, `${request.baseUrl}/${type}/_history`);
};

export const historySystem: Interaction = (services, request) => answerHistory(services, request, {}, `${request.baseUrl}/_history`);

type Page = Pick<HistoryQuery, 'since' | 'at' | 'limit' | 'after'>;

async function answerHistory(
  { store, clock }: Services,
  request: InteractionRequest,
  scope: Pick<HistoryQuery, 'type' | 'id'>,
  url: string,
): Promise<InteractionResponse> {
  const page = readPage(request);
  const { matches, next, total } = await store.history({ namespace: request.api.namespace, ...scope, ...page, total: true });
  const body = writeBundle({
    type: 'history',
    timestamp: clock(),
    ...(total !== undefined && { total }),
    links: toLinks(request, url, next),
    entries: matches.map((version) => toEntry(version, request.baseUrl)),
  });
  return { status: 200, body };
}

function toEntry({ type, id, versionId, lastUpdated, method, json }: ResourceVersion, baseUrl: string): string {
  const status = json === undefined ? 204 : versionId === 1 ? 201 : 200;
  return writeEntry({
    fullUrl: `${baseUrl}/${type}/${id}`,
    resource: json,
    request: { method, url: method === 'POST' ? type : `${type}/${id}` },
    response: { status: toStatusText(status), versionId, lastModified: lastUpdated },
  });
}

/** Throws 400 with every fault of the parameters at once. */
function readPage({ api, search }: InteractionRequest): Page {
  const { defaultCount, maxCount } = api.config.search;
  const issues: Issue[] = [];
  const refuse = (name: string, wanted: string): undefined => {
    issues.push({ severity: 'error', code: 'invalid', diagnostics: `'${name}' of a history wants ${wanted}`, location: `http.${name}` });
  };
  let limit = defaultCount;
  let since: number | undefined;
  let at: number | undefined;
  let after: string | undefined;
  for (const [name, value] of search) {
    if (name === '_count') limit = readCount(value, maxCount) ?? refuse(name, 'a number from 1 up') ?? limit;
    else if (name === '_since') since = parseDateTime(value)?.low ?? refuse(name, 'an instant, such as 2025-01-31T10:00:00+13:00');
    else if (name === '_at') at = parseDateTime(value)?.high ?? refuse(name, 'a date or an instant');
    else if (name === '_cursor') after = value;
    else refuse(name.slice(0, 64), 'nothing: the parameters of a history are _count, _since and _at');
  }
  const [first] = issues;
  if (first !== undefined) throw new FhirError('invalid-parameter', first.diagnostics, { issues });
  return { limit, ...(since !== undefined && { since }), ...(at !== undefined && { at }), ...(after !== undefined && { after }) };
}

/** A page may have fewer entries than were asked for. */
function readCount(value: string, most: number): number | undefined {
  return /^[1-9]\d{0,8}$/.test(value) ? Math.min(Number(value), most) : undefined;
}

function toLinks({ search }: InteractionRequest, url: string, next: string | undefined): readonly BundleLink[] {
  const kept = search.filter(([name]) => name !== '_cursor');
  const toUrl = (pairs: typeof search): string => {
    const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    return query === '' ? url : `${url}?${query}`;
  };
  const self: BundleLink = { relation: 'self', url: toUrl(search) };
  return next === undefined ? [self] : [self, { relation: 'next', url: toUrl([...kept, ['_cursor', next]]) }];
}
