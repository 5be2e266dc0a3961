/** HTTP's way of asking -> an InteractionRequest. */
import { isUtf8 } from 'node:buffer';
import type { Principal } from '../auth/principal.js';
import type { InteractionCode } from '../conformance/capability-statement.js';
import type { InteractionRequest, Preconditions, Prefer } from '../interactions/interaction.js';
import { readPreconditions } from '../interactions/preconditions.js';
import { notOffered } from '../interactions/routes.js';
import { readWriteQuery } from '../interactions/write-query.js';
import type { Api } from '../services.js';
import { findBundleType } from './bundle-type.js';
import { DEFAULT_PREFER, readPrefer } from './prefer.js';
import type { HttpContext } from './request-state.js';

/** The answer to a Bundle would else be as long as the Bundle. */
const BUNDLE_PREFER: Prefer = { return: 'OperationOutcome', handling: 'strict' };
/** Stands in for the caller where none is asked for: it may do nothing. */
const NOBODY: Principal = { subject: '', clientId: undefined, scopes: [] };

export function toInteractionRequest(ctx: HttpContext, baseUrl: string, signal: AbortSignal): InteractionRequest {
  const { state } = ctx;
  const api = state.api as Api;
  const interaction = state.interaction === 'transaction' ? chooseBundleInteraction(ctx, api) : (state.interaction as InteractionCode);
  state.interaction = interaction;
  const target = { ...(state.type !== undefined && { type: state.type }), ...(state.id !== undefined && { id: state.id }) };
  return {
    api,
    interaction,
    ...target,
    ...(state.versionId !== undefined && { versionId: state.versionId }),
    ...(state.compartment !== undefined && { compartment: state.compartment }),
    ...(state.operation !== undefined && { operation: state.operation }),
    ...(state.body !== undefined && { body: state.body }),
    ...(state.lines !== undefined && { lines: state.lines }),
    ...readWriteQuery({
      api,
      interaction,
      ...target,
      search: state.search ?? [],
      preconditions: preconditionsOf(ctx),
    }),
    prefer: readPrefer(ctx.get('Prefer'), interaction === 'batch' || interaction === 'transaction' ? BUNDLE_PREFER : DEFAULT_PREFER),
    principal: state.principal ?? NOBODY,
    ...(state.context !== undefined && { context: state.context }),
    baseUrl,
    requestId: state.requestId,
    signal,
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

function preconditionsOf(ctx: HttpContext): Preconditions {
  const { headers } = ctx.req;
  const ifNoneExist = headers['if-none-exist'];
  const condition = Array.isArray(ifNoneExist) ? ifNoneExist[0] : ifNoneExist;
  return readPreconditions({
    ifMatch: headers['if-match'],
    ifNoneMatch: headers['if-none-match'],
    ifModifiedSince: headers['if-modified-since'],
    ifNoneExist: condition === undefined ? undefined : toUtf8(condition),
  });
}

/** Node reads header bytes as Latin-1; a query that was not escaped is UTF-8. */
function toUtf8(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : header;
}
