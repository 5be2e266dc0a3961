/** The 403 of an access token that lacks a scope: https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
import { FhirError } from './fhir-error.js';

/** `scope`: one that would do, for the client to ask for; `diagnostics` names it as well. */
export function insufficientScope(diagnostics: string, scope: string): FhirError {
  return new FhirError('forbidden', diagnostics, {
    location: 'http.Authorization',
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}
