/** Requests that Node's parser cannot read never reach the app: what is wrong is answered here, on the bare socket. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { FhirError } from '../fhir/fhir-error.js';
import { toOperationOutcome } from '../fhir/operation-outcome.js';
import type { Logger } from '../observability/logger.js';

export interface ClientErrorOptions {
  readonly headerBytes: number;
  readonly requestTimeoutMs: number;
  readonly logger: Logger;
  /** Whether an answer has begun on this socket that another one would break into. */
  readonly isAnswering: (socket: Duplex) => boolean;
}

/** What Node's parser and its timeouts say. */
interface ClientError extends Error {
  readonly code?: string;
  /** A constant of the parser's, nothing that was sent. */
  readonly reason?: string;
  readonly rawPacket?: Uint8Array;
  /** Offset of the fault in it. */
  readonly bytesParsed?: number;
}

/** Time in which a caller who is still sending may read the answer: a socket that is closed at once takes it back. */
const LINGER_MS = 1_000;
/** What breaks before there is a connection to answer on: https://nodejs.org/api/errors.html */
const HANDSHAKE_FAULT = /^(?:ERR_SSL|ERR_TLS|EPROTO)/;

/** A handler of the server's `clientError`: an OperationOutcome, and the end of the connection. */
export function createClientErrorHandler(options: ClientErrorOptions): (error: ClientError, socket: Duplex) => void {
  const ended = new WeakSet<Duplex>();
  return (error, socket) => {
    // what comes after the fault is a fault again
    if (ended.has(socket)) return;
    ended.add(socket);
    if (HANDSHAKE_FAULT.test(error.code ?? '')) {
      options.logger.info({ fault: error.code }, 'a TLS handshake failed');
      socket.destroy();
      return;
    }
    if (!socket.writable || error.code === 'ECONNRESET' || options.isAnswering(socket)) {
      socket.destroy();
      return;
    }
    const requestId = randomUUID();
    const fault = describeClientError(error, options);
    const issues = fault.issues.map(({ code }) => code);
    options.logger.info({ requestId, status: fault.status, fault: error.code, issues }, 'a request could not be read');
    socket.end(toResponse(fault, requestId));
    const cut = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(cut));
    socket.resume();
  };
}

/** Says nothing of what was sent: a URL may hold a patient's name. */
export function describeClientError(
  { code, reason, rawPacket, bytesParsed = 0 }: ClientError,
  { headerBytes, requestTimeoutMs }: Pick<ClientErrorOptions, 'headerBytes' | 'requestTimeoutMs'>,
): FhirError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new FhirError('too-large', `The URL and the headers are larger than ${headerBytes} bytes together`, { status: 431 });
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new FhirError('too-large', 'The extensions of the chunks of the body are too large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new FhirError('request-timeout', `The headers of the request did not arrive within ${requestTimeoutMs} ms`);
    case 'HPE_INVALID_EOF_STATE':
      return new FhirError('malformed-request', 'The request was broken off before it was complete');
    default:
      break;
  }
  if (code === 'HPE_INVALID_URL' && (rawPacket?.[bytesParsed] ?? 0) > 0x7f) {
    const message = 'The URL has characters beyond ASCII as they are: each must be percent-encoded as UTF-8, such as %C4%81 for ā';
    return new FhirError('malformed-request', message, { location: 'http.url' });
  }
  const because = reason === undefined ? '' : `: ${reason}`;
  return new FhirError('malformed-request', `The request is no HTTP/1.1 that can be read${because}`, {
    ...(code === 'HPE_INVALID_URL' && { location: 'http.url' }),
  });
}

function toResponse(fault: FhirError, requestId: string): string {
  const { status } = fault;
  const body = JSON.stringify(toOperationOutcome(fault.issues));
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/fhir+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    `Date: ${new Date().toUTCString()}`,
    'Connection: close',
  ];
  return `${headers.join('\r\n')}\r\n\r\n${body}`;
}
