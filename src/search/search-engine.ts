/** Search and its index, made of the same SearchParameter definitions: https://hl7.org/fhir/R4/search.html */
import type { CapabilityPolicy, ResourcePolicy } from '../conformance/capability-statement.js';
import type { JsonObject } from '../fhir/json.js';
import type { Issue } from '../fhir/operation-outcome.js';
import type { Criterion, IndexEntry, SortKey } from '../storage/store.js';

/** Name and value as they stood in the query, decoded, in order; names keep their modifier (`name:contains`). */
export type SearchPair = readonly [name: string, value: string];

export interface IncludeDirective {
  readonly reverse: boolean;
  readonly iterate: boolean;
  readonly sourceType: string | '*';
  readonly param: string | '*';
  readonly targetType: string | undefined;
}

export interface SearchRequest {
  readonly types: readonly string[];
  readonly criterion: Criterion | undefined;
  readonly sort: readonly SortKey[];
  readonly count: number;
  readonly offset: number;
  readonly after: string | undefined;
  readonly total: 'none' | 'estimate' | 'accurate';
  readonly summary: 'true' | 'text' | 'data' | 'count' | 'false';
  readonly elements: readonly string[];
  readonly includes: readonly IncludeDirective[];
  /** What was understood, for the self link, without paging parameters. */
  readonly understood: readonly SearchPair[];
  /** Under `Prefer: handling=lenient`: what was ignored, one warning each. */
  readonly warnings: readonly Issue[];
}

export interface SearchParseOptions {
  readonly lenient: boolean;
  readonly defaultCount: number;
  readonly maxCount: number;
  /** Own base URL, so that absolute references to it are searched as relative ones. */
  readonly baseUrl: string;
}

export interface SearchEngine {
  /** Index entries of a resource for every SearchParameter known for its type. */
  indexResource(resource: JsonObject): readonly IndexEntry[];
  /** The request, or every fault of the query at once. */
  parse(
    policy: CapabilityPolicy,
    types: readonly ResourcePolicy[],
    pairs: readonly SearchPair[],
    options: SearchParseOptions,
  ): { readonly request: SearchRequest } | { readonly issues: readonly Issue[] };
}
