/** https://www.rfc-editor.org/rfc/rfc9112#section-3.2: Node would refuse these itself, without a word. */
import { FhirError } from '../../fhir/fhir-error.js';
import type { HttpMiddleware } from '../request-state.js';

export function requireHost(): HttpMiddleware {
  return ({ req }, next) => {
    if (req.httpVersion === '1.1' && req.headers.host === undefined) {
      throw new FhirError('malformed-request', 'The request has no Host header', {
        location: 'http.Host',
        headers: { Connection: 'close' },
      });
    }
    return next();
  };
}
