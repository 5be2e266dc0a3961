/** What an interaction is about. */
import { FhirError } from '../fhir/fhir-error.js';
import type { InteractionRequest } from './interaction.js';

export function requireType({ interaction, type }: InteractionRequest): string {
  if (type === undefined) throw new FhirError('malformed-request', `'${interaction}' needs a resource type in its path`);
  return type;
}

export function requireId({ interaction, id }: InteractionRequest): string {
  if (id === undefined) throw new FhirError('malformed-request', `'${interaction}' needs an id in its path`);
  return id;
}
