/** The body as text: bounded in size and time, UTF-8 only. What is not read here is not read at all. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import getRawBody from 'raw-body';
import { FhirError } from '../../fhir/fhir-error.js';
import { type Line, linesOf } from '../../fhir/ndjson.js';
import { parseQuery } from '../../fhir/query.js';
import { patchFormats } from '../../interactions/patch/patch-formats.js';
import { STREAMED_OPERATIONS } from '../../operations/index.js';
import type { HttpContext, HttpMiddleware } from '../request-state.js';
import { awaitsForm, takeForm } from './negotiate.js';

export interface BodyLimits {
  readonly bodyBytes: number;
  readonly requestTimeoutMs: number;
}

const JSON_TYPES = ['application/fhir+json', 'application/json'];
const NDJSON_TYPES = ['application/fhir+ndjson', 'application/ndjson', 'application/x-ndjson'];
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** Reads what the interaction takes: a resource, a patch, the form of a POST search; for all else nothing. */
export function readBody(limits: BodyLimits): HttpMiddleware {
  return async (ctx, next) => {
    const isForm = awaitsForm(ctx);
    const isStream = STREAMED_OPERATIONS.has(ctx.state.operation ?? '');
    const accepted = isForm ? [FORM_TYPE] : isStream ? NDJSON_TYPES : acceptedTypes(ctx);
    // without a body there is no type to be wrong: the interaction says what it misses
    if (accepted !== undefined && hasBody(ctx.req)) {
      const contentType = requireMediaType(ctx, accepted);
      if (isStream) {
        ctx.state.lines = readLines(ctx.req, decompress(ctx.req), limits);
        return next();
      }
      const text = await readText(ctx, limits);
      if (isForm) takeForm(ctx, parseQuery(text, 'form'));
      else ctx.state.body = { text, contentType };
    } else if (isForm) {
      takeForm(ctx, []);
    }
    await next();
  };
}

function acceptedTypes({ method, state }: HttpContext): readonly string[] | undefined {
  if (method === 'PATCH' && state.api !== undefined) return patchFormats(state.api);
  return method === 'PUT' || method === 'POST' ? JSON_TYPES : undefined;
}

function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

function requireMediaType(ctx: HttpContext, accepted: readonly string[]): string {
  const header = ctx.get('Content-Type');
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  const isForeign = parameters.some((parameter) => {
    const [name, value = ''] = parameter.split('=').map((part) => part.trim().replaceAll('"', ''));
    return (name === 'charset' && value !== 'utf-8' && value !== 'utf8') || (name === 'fhirversion' && !value.startsWith('4.0'));
  });
  if (accepted.includes(type) && !isForeign) return type;
  const found = header === '' ? 'has no Content-Type' : `has the Content-Type '${header.slice(0, 100)}'`;
  throw new FhirError('unsupported-media-type', `The body ${found}; wanted is ${accepted.join(' or ')} in UTF-8`, {
    location: 'http.Content-Type',
    headers: ctx.method === 'PATCH' ? { 'Accept-Patch': accepted.join(', ') } : { 'Accept-Post': accepted.join(', ') },
  });
}

/** Text of a body that is bounded in bytes (after decompression) and time; throws 400, 408, 413 or 415. */
export async function readText(ctx: HttpContext, limits: BodyLimits): Promise<string> {
  const { req } = ctx;
  const stream = decompress(req);
  let timer: NodeJS.Timeout | undefined;
  try {
    const length = stream === req ? (req.headers['content-length'] ?? null) : null;
    const reading = getRawBody(stream, { limit: limits.bodyBytes, length });
    const expiry = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const message = `The body did not arrive within ${limits.requestTimeoutMs} ms`;
        reject(new FhirError('request-timeout', message, { headers: { Connection: 'close' } }));
      }, limits.requestTimeoutMs);
    });
    const bytes = await Promise.race([reading, expiry]);
    if (!isUtf8(bytes)) throw new FhirError('malformed-request', 'The body is not UTF-8');
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return bytes.toString('utf8', hasMark ? 3 : 0);
  } catch (error) {
    if (stream !== req) req.unpipe();
    // the rest is thrown away as it comes, so that the answer reaches a caller who is still sending
    req.resume();
    throw toBodyError(error, limits);
  } finally {
    clearTimeout(timer);
  }
}

/** Lines of a body of any length, as they are asked for: what is not asked for stays with the sender. */
async function* readLines(req: IncomingMessage, stream: Readable, limits: BodyLimits): AsyncGenerator<Line> {
  try {
    // what a sender says nothing in, the socket's own limit ends
    yield* linesOf(stream, limits.bodyBytes);
  } catch (error) {
    throw toBodyError(error, limits);
  } finally {
    req.resume();
  }
}

function decompress(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return request;
  if (encoding === 'gzip' || encoding === 'x-gzip') return pipeTo(request, createGunzip());
  if (encoding === 'br') return pipeTo(request, createBrotliDecompress());
  throw new FhirError('unsupported-media-type', `The Content-Encoding '${encoding.slice(0, 60)}' is not supported; gzip and br are`, {
    location: 'http.Content-Encoding',
    headers: { 'Accept-Encoding': 'gzip, br' },
  });
}

/** A request that is broken off ends what reads it, which a pipe alone does not see to; the other way round it lives on, to be answered. */
function pipeTo(request: IncomingMessage, decompressor: Transform): Readable {
  request.once('error', (error) => decompressor.destroy(error));
  return request.pipe(decompressor);
}

function toBodyError(error: unknown, limits: BodyLimits): unknown {
  if (error instanceof FhirError) return error;
  const { type, code } = error as { readonly type?: string; readonly code?: string };
  switch (type) {
    case 'entity.too.large':
      return new FhirError('too-large', `The body is larger than ${limits.bodyBytes} bytes`, { cause: error });
    case 'request.size.invalid':
      return new FhirError('malformed-request', 'The body is not as long as its Content-Length says', { cause: error });
    case 'request.aborted':
      return new FhirError('malformed-request', 'The request was broken off before its body was complete', { cause: error });
    default:
      if (code === 'ECONNRESET') {
        return new FhirError('malformed-request', 'The request was broken off before its body was complete', { cause: error });
      }
      if (code?.startsWith('Z_') || code?.startsWith('ERR__ERROR_') || code?.startsWith('ERR_BROTLI') || code?.startsWith('ERR_')) {
        return new FhirError('malformed-request', 'The body cannot be decompressed: it is not what its Content-Encoding says', {
          cause: error,
        });
      }
      return error;
  }
}
