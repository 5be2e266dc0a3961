/**
 * The one error that interactions throw, and the table of its codes. Keeps koa's error contract (status, expose,
 * headers), so that even an error that bypasses our middleware ends well.
 */
import type { Issue, IssueType } from './operation-outcome.js';

interface ErrorKind {
  readonly status: number;
  readonly issue: IssueType;
}

/** Error code -> status and issue type. README's error table is checked against this one. */
export const ERROR_KINDS = {
  'malformed-request': { status: 400, issue: 'structure' },
  'invalid-parameter': { status: 400, issue: 'invalid' },
  'unsupported-parameter': { status: 400, issue: 'not-supported' },
  'missing-parameter': { status: 400, issue: 'required' },
  'invalid-request-context': { status: 400, issue: 'invalid' },
  'invalid-reference': { status: 400, issue: 'value' },
  'unknown-profile': { status: 400, issue: 'not-found' },
  'duplicate-entry': { status: 400, issue: 'duplicate' },
  'too-many-entries': { status: 400, issue: 'too-costly' },
  'resource-invalid': { status: 422, issue: 'invalid' },
  'too-costly': { status: 422, issue: 'too-costly' },
  'patch-failed': { status: 422, issue: 'processing' },
  unauthorized: { status: 401, issue: 'login' },
  forbidden: { status: 403, issue: 'forbidden' },
  'resource-not-found': { status: 404, issue: 'not-found' },
  'method-not-allowed': { status: 405, issue: 'not-supported' },
  'not-acceptable': { status: 406, issue: 'not-supported' },
  'request-timeout': { status: 408, issue: 'timeout' },
  'version-conflict': { status: 409, issue: 'conflict' },
  'duplicate-identifier': { status: 409, issue: 'duplicate' },
  'resource-deleted': { status: 410, issue: 'deleted' },
  'precondition-failed': { status: 412, issue: 'conflict' },
  'multiple-matches': { status: 412, issue: 'multiple-matches' },
  'too-large': { status: 413, issue: 'too-long' },
  'unsupported-media-type': { status: 415, issue: 'not-supported' },
  'internal-error': { status: 500, issue: 'exception' },
  'not-implemented': { status: 501, issue: 'not-supported' },
  'store-unavailable': { status: 503, issue: 'transient' },
  'issuer-unavailable': { status: 503, issue: 'transient' },
  'terminology-unavailable': { status: 503, issue: 'transient' },
  'validator-unavailable': { status: 503, issue: 'transient' },
} as const satisfies Record<string, ErrorKind>;

export type FhirErrorCode = keyof typeof ERROR_KINDS;

export interface FhirErrorOptions {
  /** Instead of the table's status (an API may answer 400 for an invalid resource). */
  readonly status?: number;
  /** Replaces the single issue made of code and message. */
  readonly issues?: readonly Issue[];
  readonly expression?: string;
  readonly location?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export class FhirError extends Error {
  readonly code: FhirErrorCode;
  readonly status: number;
  readonly issues: readonly Issue[];
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly expose = true;

  constructor(code: FhirErrorCode, message: string, options: FhirErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FhirError';
    this.code = code;
    const kind: ErrorKind = ERROR_KINDS[code];
    this.status = options.status ?? kind.status;
    this.headers = options.headers;
    this.issues = options.issues ?? [
      {
        severity: 'error',
        code: kind.issue,
        diagnostics: message,
        ...(options.expression !== undefined && { expression: options.expression }),
        ...(options.location !== undefined && { location: options.location }),
      },
    ];
  }
}
