/** What the search of a condition finds: https://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #cdelete */
import { FhirError } from '../fhir/fhir-error.js';
import { timed } from '../observability/stopwatch.js';
import { resolveCriterion } from '../search/execute-search.js';
import type { SearchPair } from '../search/search-engine.js';
import type { Services } from '../services.js';
import type { CommitCondition, ResourceVersion } from '../storage/store.js';
import { requireSearchAccess } from './authorise.js';
import type { InteractionRequest } from './interaction.js';
import { parseSearch, toSearchContext } from './search.js';

/** Enough to know that there is more than one. */
const DEFAULT_LIMIT = 2;

export interface ConditionResult {
  readonly matches: readonly ResourceVersion[];
  /** For the commit, which finds the same or does not happen. */
  readonly condition: CommitCondition;
}

/** Throws 400 for a query that is none or would match everything, 403 or 501 where the type cannot be searched. */
export async function findMatches(
  services: Services,
  request: InteractionRequest,
  type: string,
  pairs: readonly SearchPair[],
  limit = DEFAULT_LIMIT,
): Promise<ConditionResult> {
  requireSearchAccess(request, type);
  return timed(services.stopwatch, 'search', () => search(services, request, type, pairs, limit));
}

async function search(
  services: Services,
  request: InteractionRequest,
  type: string,
  pairs: readonly SearchPair[],
  limit: number,
): Promise<ConditionResult> {
  const { api } = request;
  const policy = api.policy.resources.get(type);
  const parsed = parseSearch(request, policy === undefined ? [] : [policy], pairs);
  const criterion = await resolveCriterion(toSearchContext(services, request), parsed);
  if (criterion === undefined) {
    throw new FhirError('invalid-parameter', `The condition on ${type} has no search parameter, so every ${type} would match`);
  }
  const { matches } = await services.store.search({ namespace: api.namespace, types: [type], criterion, limit, total: false });
  return { matches, condition: { type, criterion, matches: matches.map(({ id }) => id) } };
}

export function multipleMatches(type: string, what: string): FhirError {
  return new FhirError('multiple-matches', `More than one ${type} matches the ${what}; make it narrower`);
}
