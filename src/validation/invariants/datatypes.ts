/** Constraints of data types: https://hl7.org/fhir/R4/datatypes.html */
import type { JsonValue } from '../../fhir/json.js';
import { compareNodes } from '../../fhirpath/equality.js';
import { child, isPresent, ofObject, requires } from './child.js';
import type { NativeInvariants } from './native-invariant.js';

const UCUM = 'http://unitsofmeasure.org';
const code = child('code');
const value = child('value');

/**
 * `earlier <= later` of dates in FHIRPath's sense: where precisions or time zones leave the order open it does not hold, and
 * the reference validator says so too. What is no text is no date, which is reported as such.
 */
export function isNotAfter(earlier: JsonValue | undefined, later: JsonValue | undefined): boolean {
  if (typeof earlier !== 'string' || typeof later !== 'string') return earlier !== undefined && later !== undefined;
  const difference = compareNodes({ value: earlier, type: 'dateTime' }, { value: later, type: 'dateTime' });
  return difference !== undefined && difference <= 0;
}

function hasValue(primitive: JsonValue | undefined): boolean {
  return primitive !== undefined && typeof primitive !== 'object';
}

/** `low <= high` of quantities, converted where their units differ. */
function isNotAbove(low: JsonValue | undefined, high: JsonValue | undefined): boolean {
  const difference = compareNodes({ value: low, type: 'Quantity' }, { value: high, type: 'Quantity' });
  return difference !== undefined && difference <= 0;
}

export const datatypeInvariants: NativeInvariants = {
  // att-1
  'data.empty() or contentType.exists()': requires('data', 'contentType'),
  // cpt-2
  'value.empty() or system.exists()': requires('value', 'system'),
  // drt-1
  'code.exists() implies ((system = %ucum) and value.exists())': ofObject(
    (quantity) => !code.isIn(quantity) || (quantity['system'] === UCUM && value.isIn(quantity)),
  ),
  // per-1
  'start.hasValue().not() or end.hasValue().not() or (start <= end)': ofObject(
    ({ start, end }) => !hasValue(start) || !hasValue(end) || isNotAfter(start, end),
  ),
  // qty-3
  'code.empty() or system.exists()': requires('code', 'system'),
  // rat-1
  '(numerator.empty() xor denominator.exists()) and (numerator.exists() or extension.exists())': ofObject((ratio) => {
    const hasNumerator = isPresent(ratio['numerator']);
    return hasNumerator === isPresent(ratio['denominator']) && (hasNumerator || isPresent(ratio['extension']));
  }),
  // rng-2
  'low.empty() or high.empty() or (low <= high)': ofObject(({ low, high }) => !isPresent(low) || !isPresent(high) || isNotAbove(low, high)),
};
