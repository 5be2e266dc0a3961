/** Search and its index, made of the same SearchParameter definitions: https://hl7.org/fhir/R4/search.html */
import type { CapabilityPolicy, ResourcePolicy } from '../conformance/capability-statement.js';
import type { FindIdentifierSystems } from '../conformance/identifier-systems.js';
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

/**
 * A condition that only another search can answer: chaining (`subject:Patient.name`) or its reverse (`_has`). Each holds
 * together with `criterion`; `resolveCriterion` of execute-search.ts turns them into one.
 */
export type SearchJoin =
  /** `param` points at a resource that one of the targets describes. */
  | {
      readonly kind: 'chain';
      readonly param: string;
      readonly targets: readonly JoinTarget[];
      /** Values of the same parameter that say themselves what they mean: they match as well. */
      readonly also?: Criterion;
    }
  /** Some resource that `source` describes points here by its `param`. */
  | { readonly kind: 'reverse'; readonly param: string; readonly source: JoinTarget };

export interface JoinTarget {
  readonly type: string;
  readonly criterion: Criterion | undefined;
  readonly joins: readonly SearchJoin[];
}

export interface SearchRequest {
  readonly types: readonly string[];
  readonly criterion: Criterion | undefined;
  readonly joins: readonly SearchJoin[];
  readonly sort: readonly SortKey[];
  readonly count: number;
  readonly offset: number;
  /** Cursor of the store. */
  readonly after: string | undefined;
  /** Names of the paging parameters that the query gave, `_count` and `_offset`. */
  readonly paging: ReadonlySet<string>;
  /** Ties a cursor to its query. */
  readonly fingerprint: string;
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
  /** Own base URL without a slash at the end, so that absolute references to it are searched as relative ones. */
  readonly baseUrl: string;
  /** When the query gives no `_total`; default none. */
  readonly defaultTotal?: 'none' | 'accurate';
  /** Of an API that gives its resources identifiers of its own. */
  readonly findIdentifierSystems?: FindIdentifierSystems | undefined;
  /** Whether logical ids are numbers, so that a text that is none can be no id. */
  readonly areIdsNumbers?: boolean;
}

export interface SearchEngine {
  /** Index entries of a resource, for every SearchParameter of its type that the engine was made for. Throws 413 for too many. */
  indexResource(resource: JsonObject): readonly IndexEntry[];
  /** Texts of the literal references that a parameter (`*`: every reference parameter) selects, each once. */
  referencesOf(resource: JsonObject, param: string): readonly string[];
  /** The canonicals among them, with the types that each can be of. */
  canonicalsOf(resource: JsonObject, param: string): readonly { readonly canonical: string; readonly targets: readonly string[] }[];
  /** The request, or every fault of the query at once. */
  parse(
    policy: CapabilityPolicy,
    types: readonly ResourcePolicy[],
    pairs: readonly SearchPair[],
    options: SearchParseOptions,
  ): { readonly request: SearchRequest } | { readonly issues: readonly Issue[] };
}
