/** What a patch may ask of the server. */
import { FhirError } from '../../fhir/fhir-error.js';
import type { Breather } from '../transaction/breather.js';

export interface PatchLimits {
  /** Deepest nesting of objects and arrays in the result. */
  readonly depth: number;
  /** Bytes of the result; about as much may be copied on the way. */
  readonly bytes: number;
  readonly breathe: Breather;
}

/** Each is done by itself, on the whole resource. */
const MOST_OPERATIONS = 1000;

export function requireFew(count: number): void {
  if (count <= MOST_OPERATIONS) return;
  throw new FhirError(
    'too-many-entries',
    `The patch has ${count} operations; at most ${MOST_OPERATIONS} are allowed: send several patches`,
  );
}

export function tooLarge(bytes: number): FhirError {
  return new FhirError('too-large', `The patched resource would be larger than ${bytes} bytes`);
}
