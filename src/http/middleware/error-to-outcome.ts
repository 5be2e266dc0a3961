/** The only catch-all: whatever is thrown below becomes an OperationOutcome. */
import { FhirError } from '../../fhir/fhir-error.js';
import { toOperationOutcome } from '../../fhir/operation-outcome.js';
import type { Logger } from '../../observability/logger.js';
import { StoreError } from '../../storage/store.js';
import type { HttpMiddleware } from '../request-state.js';

export const FHIR_JSON = 'application/fhir+json; charset=utf-8';

export function errorToOutcome(logger: Logger): HttpMiddleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const fault = toFhirError(error, ctx.state.requestId);
      // what an operator must look into; the caller is told no more than the request id
      if (fault.status >= 500) logger.error({ requestId: ctx.state.requestId, err: error }, fault.message);
      const codes = fault.issues.map((issue) => issue.code);
      ctx.state.issueCodes = codes.length > 1 ? [...new Set(codes)] : codes;
      ctx.status = fault.status;
      if (fault.headers !== undefined) ctx.set({ ...fault.headers });
      ctx.set('Content-Type', ctx.state.contentType ?? FHIR_JSON);
      ctx.set('Cache-Control', 'no-store');
      const issueCode = ctx.state.api?.config.validation.issueCode;
      const outcome = toOperationOutcome(fault.issues, issueCode === undefined ? {} : { validationIssueCode: issueCode });
      ctx.body = JSON.stringify(outcome, null, ctx.state.pretty === true ? 2 : undefined);
    }
  };
}

function toFhirError(error: unknown, requestId: string): FhirError {
  if (error instanceof FhirError) return error;
  if (error instanceof StoreError) return fromStoreError(error);
  return new FhirError('internal-error', `An unexpected error occurred; the server's log has it under the request id ${requestId}`, {
    cause: error,
  });
}

function fromStoreError(error: StoreError): FhirError {
  switch (error.code) {
    case 'too-large':
      return new FhirError('too-large', 'The store cannot take a request of this size: send it in smaller parts', { cause: error });
    case 'bad-cursor':
      return new FhirError('invalid-parameter', 'The page that the link names does not exist: start the search again', { cause: error });
    case 'unavailable':
    case 'locked':
      return new FhirError('store-unavailable', 'The store is busy: send the request again shortly', {
        headers: { 'Retry-After': '1' },
        cause: error,
      });
    default:
      return new FhirError('store-unavailable', 'The store cannot be used at the moment', {
        headers: { 'Retry-After': '30' },
        cause: error,
      });
  }
}
