/** What callers are told when the store, or the program, fails. */
import { FhirError } from '../fhir/fhir-error.js';
import { StoreError } from '../storage/store.js';

/** What a caller is told of whatever was thrown: of a fault of the program only that the log has it. */
export function toFhirError(error: unknown, requestId: string): FhirError {
  const known = fromStoreError(error);
  if (known instanceof FhirError) return known;
  return new FhirError('internal-error', `An unexpected error occurred; the server's log has it under the request id ${requestId}`, {
    cause: error,
  });
}

/** Anything that is no StoreError comes back as it is. */
export function fromStoreError(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  switch (error.code) {
    case 'too-large':
      return new FhirError('too-large', error.advice ?? 'The store cannot take a request of this size: send it in smaller parts', {
        cause: error,
      });
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
