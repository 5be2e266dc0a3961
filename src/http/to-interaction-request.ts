/** HTTP's way of asking -> an InteractionRequest. */
import { isUtf8 } from 'node:buffer';
import type { Principal } from '../auth/principal.js';
import type { InteractionCode } from '../conformance/capability-statement.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { InteractionRequest, Preconditions, Prefer } from '../interactions/interaction.js';
import type { Api } from '../services.js';
import { findBundleType } from './bundle-type.js';
import type { HttpContext } from './request-state.js';
import { notOffered } from './routes.js';

const DEFAULT_PREFER: Prefer = { return: 'representation', handling: 'strict' };
const NO_PRECONDITIONS: Preconditions = {};
/** Stands in for the caller where none is asked for: it may do nothing. */
const NOBODY: Principal = { subject: '', clientId: undefined, scopes: [] };

export function toInteractionRequest(ctx: HttpContext, baseUrl: string): InteractionRequest {
  const { state } = ctx;
  const api = state.api as Api;
  const interaction = state.interaction === 'transaction' ? chooseBundleInteraction(ctx, api) : (state.interaction as InteractionCode);
  state.interaction = interaction;
  return {
    api,
    interaction,
    ...(state.type !== undefined && { type: state.type }),
    ...(state.id !== undefined && { id: state.id }),
    ...(state.versionId !== undefined && { versionId: state.versionId }),
    ...(state.operation !== undefined && { operation: state.operation }),
    search: state.search ?? [],
    ...(state.body !== undefined && { body: state.body }),
    preconditions: readPreconditions(ctx),
    prefer: readPrefer(ctx.get('Prefer')),
    principal: state.principal ?? NOBODY,
    ...(state.context !== undefined && { context: state.context }),
    baseUrl,
    requestId: state.requestId,
  };
}

/** A Bundle that is neither batch nor transaction goes to the interaction that there is, which says what is wrong with it. */
function chooseBundleInteraction(ctx: HttpContext, api: Api): InteractionCode {
  const offered = api.policy.interactions;
  const type = findBundleType(ctx.state.body?.text ?? '');
  if (type === 'batch' || type === 'transaction') {
    if (!offered.has(type)) throw notOffered(api, `a ${type}`);
    return type;
  }
  return offered.has('transaction') ? 'transaction' : 'batch';
}

function readPreconditions(ctx: HttpContext): Preconditions {
  const { headers } = ctx.req;
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince, 'if-none-exist': ifNoneExist } = headers;
  if (ifMatch === undefined && ifNoneMatch === undefined && ifModifiedSince === undefined && ifNoneExist === undefined) {
    return NO_PRECONDITIONS;
  }
  const since = ifModifiedSince === undefined ? Number.NaN : Date.parse(ifModifiedSince);
  // R4 has a query only; a URL with it is what some clients send
  const query = Array.isArray(ifNoneExist) ? ifNoneExist[0] : ifNoneExist;
  return {
    ...(ifMatch !== undefined && { ifMatch: readEtag(ifMatch, 'If-Match') }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch: readEtag(ifNoneMatch, 'If-None-Match') }),
    ...(!Number.isNaN(since) && { ifModifiedSince: since }),
    ...(query !== undefined && { ifNoneExist: toUtf8(query.slice(query.indexOf('?') + 1)) }),
  };
}

/** Node reads header bytes as Latin-1; a query that was not escaped is UTF-8. */
function toUtf8(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : header;
}

/** `W/"3"`, `"3"` and `*`; a bare `3` too, which clients send. */
function readEtag(header: string, name: string): string {
  const [, quoted, bare] = /^\s*(?:(?:W\/)?"([^",]*)"|([A-Za-z0-9.*-]+))\s*$/.exec(header) ?? [];
  const etag = quoted ?? bare;
  if (etag === undefined) {
    throw new FhirError('malformed-request', `The header ${name} must hold one ETag, such as W/"3"`, { location: `http.${name}` });
  }
  return etag;
}

/** https://hl7.org/fhir/R4/http.html#ops and https://hl7.org/fhir/R4/search.html#errors; what is unknown is passed over (RFC 7240). */
export function readPrefer(header: string): Prefer {
  if (header === '') return DEFAULT_PREFER;
  let { return: wanted, handling } = DEFAULT_PREFER;
  for (const part of header.split(/[,;]/)) {
    const [name = '', value = ''] = part.split('=').map((text) => text.trim().replaceAll('"', ''));
    if (name.toLowerCase() === 'return' && isReturn(value)) wanted = value;
    if (name.toLowerCase() === 'handling' && (value === 'strict' || value === 'lenient')) handling = value;
  }
  return { return: wanted, handling };
}

function isReturn(value: string): value is Prefer['return'] {
  return value === 'minimal' || value === 'representation' || value === 'OperationOutcome';
}
