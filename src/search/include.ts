/** What a page of matches includes: https://hl7.org/fhir/R4/search.html#include */
import { DEFAULT_SEARCH_LIMITS } from '../conformance/api-config.js';
import { FhirError } from '../fhir/fhir-error.js';
import { isJsonObject, type JsonObject } from '../fhir/json.js';
import type { ResourceVersion } from '../storage/store.js';
import { includeCanonicals } from './include-canonical.js';
import { localForms } from './parameter-types/reference.js';
import { type SearchContext, toLocal } from './search-context.js';
import type { IncludeDirective } from './search-engine.js';

/** Forward includes of a round are fetched together; each reverse include is a search. What is a match already is not included. */
export async function collectIncludes(
  context: SearchContext,
  matches: readonly ResourceVersion[],
  directives: readonly IncludeDirective[],
): Promise<readonly ResourceVersion[]> {
  const seen = new Set(matches.map(keyOf));
  const included: ResourceVersion[] = [];
  const { included: maxIncluded } = { ...DEFAULT_SEARCH_LIMITS, ...context.limits };
  let round = matches;
  let active = directives;
  while (round.length > 0 && active.length > 0) {
    const found = [...(await forward(context, round, active, seen, maxIncluded)), ...(await reverse(context, round, active, maxIncluded))];
    const fresh: ResourceVersion[] = [];
    for (const version of found) {
      const key = keyOf(version);
      if (seen.has(key) || version.json === undefined) continue;
      seen.add(key);
      fresh.push(version);
    }
    included.push(...fresh);
    if (included.length > maxIncluded) {
      throw new FhirError(
        'too-many-entries',
        `The page would include more than ${maxIncluded} resources; ask for fewer matches or includes`,
      );
    }
    round = fresh;
    active = directives.filter(({ iterate }) => iterate);
  }
  return included;
}

function keyOf({ type, id }: { readonly type: string; readonly id: string }): string {
  return `${type}/${id}`;
}

async function forward(
  context: SearchContext,
  round: readonly ResourceVersion[],
  directives: readonly IncludeDirective[],
  seen: ReadonlySet<string>,
  maxIncluded: number,
): Promise<readonly ResourceVersion[]> {
  const wanted = new Map<string, { readonly type: string; readonly id: string }>();
  const sources: { resource: JsonObject; directives: readonly IncludeDirective[] }[] = [];
  for (const version of round) {
    const applying = directives.filter((one) => !one.reverse && (one.sourceType === '*' || one.sourceType === version.type));
    if (applying.length === 0) continue;
    const resource = parseVersion(version);
    sources.push({ resource, directives: applying });
    for (const { param, targetType } of applying) {
      for (const text of context.search.referencesOf(resource, param)) {
        const local = toLocal(text, context.baseUrl);
        const slash = local.indexOf('/');
        const type = local.slice(0, slash);
        const isWanted = slash > 0 && context.conformance.resourceTypes.has(type) && (targetType === undefined || targetType === type);
        if (isWanted && !seen.has(local) && context.mayRead?.(type) !== false) wanted.set(local, { type, id: local.slice(slash + 1) });
      }
    }
  }
  const found = wanted.size === 0 ? [] : await context.store.getMany(context.namespace, [...wanted.values()]);
  const named = await includeCanonicals(context, sources, maxIncluded + 1);
  return [...found.filter((version) => version !== undefined), ...named];
}

async function reverse(
  context: SearchContext,
  round: readonly ResourceVersion[],
  directives: readonly IncludeDirective[],
  maxIncluded: number,
): Promise<readonly ResourceVersion[]> {
  const found: ResourceVersion[] = [];
  for (const { reverse: isReverse, sourceType, param, targetType } of directives) {
    if (!isReverse || context.mayRead?.(sourceType) === false) continue;
    const targets = round.filter(({ type }) => targetType === undefined || targetType === type);
    if (targets.length === 0) continue;
    const values = targets.flatMap((target) => localForms(keyOf(target), context));
    const criterion = { op: 'term', param, values } as const;
    // one more than allowed tells that there are too many
    const page = await context.store.search({
      namespace: context.namespace,
      types: [sourceType],
      criterion,
      limit: maxIncluded + 1,
      total: false,
    });
    found.push(...page.matches);
  }
  return found;
}

function parseVersion({ json }: ResourceVersion): JsonObject {
  const parsed: unknown = json === undefined ? undefined : JSON.parse(json);
  return isJsonObject(parsed) ? parsed : {};
}
