/** Constraints of Timing.repeat: https://hl7.org/fhir/R4/datatypes.html#Timing */
import { child, excludes, isPresent, ofObject, requires } from './child.js';
import { itemsOf } from './items.js';
import type { NativeInvariant, NativeInvariants } from './native-invariant.js';

const offset = child('offset');
const when = child('when');
const MEALS: readonly unknown[] = ['C', 'CM', 'CD', 'CV'];

/** `name.exists() implies name >= 0`. */
function isNotNegative(name: string): NativeInvariant {
  const companion = `_${name}`;
  return ofObject((repeat) => {
    const number = repeat[name];
    return isPresent(number) ? typeof number !== 'number' || number >= 0 : !isPresent(undefined, repeat[companion]);
  });
}

const offsetNeedsWhen = ofObject(
  (repeat) => !offset.isIn(repeat) || (when.isIn(repeat) && !itemsOf(repeat['when']).some((item) => MEALS.includes(item))),
);

export const timingInvariants: NativeInvariants = {
  // tim-1
  'duration.empty() or durationUnit.exists()': requires('duration', 'durationUnit'),
  // tim-2
  'period.empty() or periodUnit.exists()': requires('period', 'periodUnit'),
  // tim-4
  'duration.exists() implies duration >= 0': isNotNegative('duration'),
  // tim-5
  'period.exists() implies period >= 0': isNotNegative('period'),
  // tim-6
  'periodMax.empty() or period.exists()': requires('periodMax', 'period'),
  // tim-7
  'durationMax.empty() or duration.exists()': requires('durationMax', 'duration'),
  // tim-8
  'countMax.empty() or count.exists()': requires('countMax', 'count'),
  // tim-9, of which R4 has two texts: the second fails for two codes in `when`, and means the same
  "offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV')).allFalse())": offsetNeedsWhen,
  "offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))": offsetNeedsWhen,
  // tim-10
  'timeOfDay.empty() or when.empty()': excludes('timeOfDay', 'when'),
};
