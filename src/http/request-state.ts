/** What the middleware learn about a request, one after another: koa's `ctx.state`, typed once. */
import type { DefaultContext, Middleware, ParameterizedContext } from 'koa';
import type { Principal, RequestContext } from '../auth/principal.js';
import type { InteractionCode } from '../conformance/capability-statement.js';
import type { Line } from '../fhir/ndjson.js';
import type { Stopwatch } from '../observability/stopwatch.js';
import type { SearchPair } from '../search/search-engine.js';
import type { Api } from '../services.js';

export interface RequestState {
  requestId: string;
  stopwatch?: Stopwatch;
  correlationId?: string;
  api?: Api;
  /** Path below the API's base, without a slash at the end: empty for the base itself. */
  apiPath?: string;
  /** Primary domain of the tenant whose host the request was sent to: links start with it. */
  tenantDomain?: string | undefined;
  principal?: Principal;
  context?: RequestContext;
  interaction?: InteractionCode;
  type?: string;
  id?: string;
  versionId?: string;
  operation?: string;
  compartment?: { readonly type: string; readonly id: string };
  /** Content-Type of the answer. */
  contentType?: string;
  pretty?: boolean;
  /** Query of the URL and then the fields of a form, but for `_format` and `_pretty`. */
  search?: readonly SearchPair[];
  body?: { readonly text: string; readonly contentType: string };
  /** Of a body of NDJSON, for the operations that take one. */
  lines?: AsyncIterable<Line>;
  /** Codes of the issues of a refusal. */
  issueCodes?: readonly string[];
}

export type HttpContext = ParameterizedContext<RequestState, DefaultContext>;
export type HttpMiddleware = Middleware<RequestState, DefaultContext>;
