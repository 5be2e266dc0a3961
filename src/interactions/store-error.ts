/** What callers are told when the store fails. */
import { FhirError } from '../fhir/fhir-error.js';
import { StoreError } from '../storage/store.js';

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
