/** An InteractionResponse -> HTTP: https://hl7.org/fhir/R4/http.html#versioning. Bodies are sent as the text they are. */
import { Readable } from 'node:stream';
import type { InteractionRequest, InteractionResponse } from '../interactions/interaction.js';
import { profilesHeader } from '../interactions/profiles-header.js';
import { asksFor } from './prefer.js';
import { toPrettyJson } from './pretty-json.js';
import type { HttpContext } from './request-state.js';

/** Interactions whose answer Prefer shapes. */
const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete']);
/** A browser may keep what it read, but asks each time whether it still may see it. */
const REVALIDATE: ReadonlySet<string> = new Set(['read', 'vread']);

export function sendResponse(ctx: HttpContext, request: InteractionRequest, response: InteractionResponse): void {
  const { interaction, baseUrl } = request;
  const isWrite = WRITES.has(interaction) && response.status < 300;
  const body = isWrite ? preferredBody(ctx, request, response) : response.body;
  const status = response.status === 204 && body !== undefined ? 200 : response.status;

  if (response.versionId !== undefined) ctx.set('ETag', `W/"${response.versionId}"`);
  if (response.lastModified !== undefined) ctx.set('Last-Modified', new Date(response.lastModified).toUTCString());
  if (response.location !== undefined) {
    const location = `${baseUrl}/${response.location}`;
    if (status === 201) ctx.set('Location', location);
    // says which version the body is, and so goes with a body that is one
    if (status !== 201 || (body !== undefined && body === response.body)) ctx.set('Content-Location', location);
  }
  if (response.profiles !== undefined) ctx.set({ ...profilesHeader(response.profiles) });
  if (interaction.startsWith('search-') && asksFor('handling', ctx.get('Prefer'))) {
    ctx.set('Preference-Applied', `handling=${request.prefer.handling}`);
  }
  ctx.set('Cache-Control', cacheControl(interaction, ctx.method));
  if (response.headers !== undefined) ctx.set({ ...response.headers });

  if (response.stream !== undefined) {
    ctx.status = status;
    ctx.set('Content-Type', response.stream.contentType);
    // each line is for the caller as soon as it is there
    ctx.compress = false;
    ctx.body = Readable.from(response.stream.texts, { objectMode: false });
    return;
  }
  if (body === undefined) {
    ctx.body = null;
    ctx.status = status;
    return;
  }
  ctx.status = status;
  ctx.set('Content-Type', ctx.state.contentType as string);
  ctx.body = ctx.state.pretty === true ? toPrettyJson(body) : body;
}

/** https://hl7.org/fhir/R4/http.html#ops */
function preferredBody(ctx: HttpContext, request: InteractionRequest, response: InteractionResponse): string | undefined {
  const wanted = request.prefer.return;
  if (asksFor('return', ctx.get('Prefer'))) ctx.set('Preference-Applied', `return=${wanted}`);
  if (wanted === 'minimal') return undefined;
  if (wanted === 'OperationOutcome') return response.outcome ?? response.body;
  return response.body;
}

function cacheControl(interaction: string, method: string): string {
  if (interaction === 'capabilities') return 'no-cache';
  if (REVALIDATE.has(interaction) && (method === 'GET' || method === 'HEAD')) return 'private, no-cache';
  return 'no-store';
}
