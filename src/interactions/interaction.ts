/** What every interaction takes and gives; http/ and the Bundle interactions make these requests alike. */
import type { Principal, RequestContext } from '../auth/principal.js';
import type { InteractionCode } from '../conformance/capability-statement.js';
import type { JsonDocument } from '../fhir/json.js';
import type { Line } from '../fhir/ndjson.js';
import type { SearchPair } from '../search/search-engine.js';
import type { Api, Services } from '../services.js';

export interface Preconditions {
  /** ETags without `W/` and quotes, of which one must match, or none may; `*` is any (and `"*"` is none of ours). */
  readonly ifMatch?: readonly string[];
  readonly ifNoneMatch?: readonly string[];
  /** Milliseconds. */
  readonly ifModifiedSince?: number;
  /** A search query without `?`. */
  readonly ifNoneExist?: string;
}

export interface Prefer {
  readonly return: 'minimal' | 'representation' | 'OperationOutcome';
  readonly handling: 'strict' | 'lenient';
}

export interface InteractionRequest {
  readonly api: Api;
  readonly interaction: InteractionCode;
  readonly type?: string;
  readonly id?: string;
  readonly versionId?: string;
  /** Operation name without `$`, for `operation`. */
  readonly operation?: string;
  /** The resource in whose compartment is searched. */
  readonly compartment?: { readonly type: string; readonly id: string };
  readonly search: readonly SearchPair[];
  /** Text of the body as sent; undefined when there was none. `document` where it was parsed before: an entry of a Bundle. */
  readonly body?: { readonly text: string; readonly contentType: string; readonly document?: JsonDocument };
  /** Lines of a body of NDJSON, for the operations that take one: read as they are asked for. */
  readonly lines?: AsyncIterable<Line>;
  readonly preconditions: Preconditions;
  /** What a resource that is written is held against beside its own claims: the profiles that `$validate` was given. */
  readonly profiles?: readonly string[];
  /** Most issues that are told of the resource; of an entry what the entries before it have left. */
  readonly issueLimit?: number;
  readonly prefer: Prefer;
  readonly principal: Principal;
  readonly context?: RequestContext;
  /** Public URL of this API without a slash at the end. */
  readonly baseUrl: string;
  readonly requestId: string;
  /** Aborted when the caller was told that it took too long: what is not begun need not be. */
  readonly signal?: AbortSignal;
}

export interface InteractionResponse {
  readonly status: number;
  /** Serialised JSON; undefined when the answer has no body. */
  readonly body?: string;
  readonly versionId?: number;
  /** Milliseconds. */
  readonly lastModified?: number;
  /** `Type/id/_history/1`, relative to the base. */
  readonly location?: string;
  /** `url|version` of the definitions a written resource was held against. */
  readonly profiles?: readonly string[];
  /** How many issues the outcome has. */
  readonly issueCount?: number;
  /** The outcome of a write, serialised: what `Prefer: return=OperationOutcome` answers, and a batch entry's `outcome`. */
  readonly outcome?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Faults of the program that ended entries of a batch with 500: for the log. */
  readonly faults?: readonly unknown[];
  /** In place of a body: texts that are sent as they come. */
  readonly stream?: ResponseStream;
}

export interface ResponseStream {
  readonly contentType: string;
  readonly texts: AsyncIterable<string>;
  /** Faults of the program, complete when the texts have ended. */
  readonly faults: readonly unknown[];
}

/** Rejects with FhirError for whatever a caller can be told. */
export type Interaction = (services: Services, request: InteractionRequest) => Promise<InteractionResponse>;

export type InteractionTable = Readonly<Partial<Record<InteractionCode, Interaction>>>;
