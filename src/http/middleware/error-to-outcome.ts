/** The only catch-all: whatever is thrown below becomes an OperationOutcome. */
import { toOperationOutcome } from '../../fhir/operation-outcome.js';
import { toFhirError } from '../../interactions/store-error.js';
import type { Logger } from '../../observability/logger.js';
import type { HttpMiddleware } from '../request-state.js';

const FHIR_JSON = 'application/fhir+json; charset=utf-8';

export function errorToOutcome(logger: Logger): HttpMiddleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const fault = toFhirError(error, ctx.state.requestId);
      // what an operator must look into (501 is the caller's affair); the caller is told no more than the request id
      if (fault.status >= 500 && fault.code !== 'not-implemented')
        logger.error({ requestId: ctx.state.requestId, err: error }, fault.message);
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
