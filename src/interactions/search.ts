/** Searches of an interaction: its own, and those of its conditions. */
import { isAllowed } from '../auth/access-policy.js';
import type { ResourcePolicy } from '../conformance/capability-statement.js';
import { FhirError, type FhirErrorCode } from '../fhir/fhir-error.js';
import type { IssueType } from '../fhir/operation-outcome.js';
import { timed } from '../observability/stopwatch.js';
import { compartmentOf, inCompartment } from '../search/compartment.js';
import { executeSearch } from '../search/execute-search.js';
import type { SearchContext } from '../search/search-context.js';
import type { SearchRequest } from '../search/search-engine.js';
import { serializeSearchset, toSearchsetLinks } from '../search/searchset.js';
import type { Services } from '../services.js';
import type { InteractionRequest, InteractionResponse } from './interaction.js';

const CODES: Readonly<Partial<Record<IssueType, FhirErrorCode>>> = {
  'not-supported': 'unsupported-parameter',
  required: 'missing-parameter',
};

export function toSearchContext({ store }: Services, { api, baseUrl, principal }: InteractionRequest): SearchContext {
  const { namespace, search, conformance, config } = api;
  return {
    store,
    namespace,
    search,
    conformance,
    baseUrl,
    limits: config.search.limits,
    mayRead: (type) => isAllowed(principal, { interaction: 'read', type }),
  };
}

/** The type of the path, or all that the API searches. */
export function searchedTypes({ api, type }: InteractionRequest): readonly ResourcePolicy[] {
  const { resources } = api.policy;
  if (type === undefined) return [...resources.values()].filter(({ interactions }) => interactions.has('search-type'));
  const policy = resources.get(type);
  return policy === undefined ? [] : [policy];
}

/** Throws 400 with every fault of the query at once. */
export function parseSearch(request: InteractionRequest, types: readonly ResourcePolicy[], pairs = request.search): SearchRequest {
  const { api, baseUrl, prefer } = request;
  const { defaultCount, maxCount, total } = api.config.search;
  // a condition that is not understood decides nothing, so what Prefer says is for searches alone
  const lenient = prefer.handling === 'lenient' && isSearch(request);
  const parsed = api.search.parse(api.policy, types, pairs, {
    lenient,
    defaultCount,
    maxCount,
    baseUrl,
    defaultTotal: total,
    findIdentifierSystems: api.findIdentifierSystems,
    areIdsNumbers: api.config.ids === 'number',
  });
  if ('request' in parsed) return parsed.request;
  const { issues } = parsed;
  const first = issues.find(({ severity }) => severity === 'error') ?? issues[0];
  throw new FhirError((first && CODES[first.code]) ?? 'invalid-parameter', first?.diagnostics ?? 'The search cannot be understood', {
    issues,
  });
}

function isSearch({ interaction }: InteractionRequest): boolean {
  return interaction === 'search-type' || interaction === 'search-system';
}

/** https://hl7.org/fhir/R4/compartmentdefinition.html: throws 400 for a type that no resource of the compartment can be of. */
function withinCompartment(
  { api, baseUrl, compartment }: InteractionRequest,
  [type]: readonly ResourcePolicy[],
  parsed: SearchRequest,
): SearchRequest {
  if (compartment === undefined || type === undefined) return parsed;
  const focus = `${compartment.type}/${compartment.id}`;
  const inside = inCompartment(compartmentOf(api, compartment.type).get(type.type), type, focus, { baseUrl });
  if (inside === undefined) {
    const message = `Nothing of type ${type.type} can be found in the compartment of a ${compartment.type} here`;
    throw new FhirError('invalid-parameter', message, { location: 'http.url' });
  }
  return { ...parsed, criterion: parsed.criterion === undefined ? inside : { op: 'and', of: [inside, parsed.criterion] } };
}

/** A page of what is found. `searchUrl`: what was searched, without query. */
export async function answerSearch(services: Services, request: InteractionRequest, searchUrl: string): Promise<InteractionResponse> {
  const { parsed, page } = await timed(services.stopwatch, 'search', async () => {
    const types = searchedTypes(request);
    const parsed = withinCompartment(request, types, parseSearch(request, types));
    return { parsed, page: await executeSearch(toSearchContext(services, request), parsed) };
  });
  return { status: 200, body: serializeSearchset(page, toSearchsetLinks(parsed, page, searchUrl), request.baseUrl) };
}
