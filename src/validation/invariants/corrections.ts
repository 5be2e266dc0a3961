/** Published expressions that say something else than their `human` text, and that the reference validator replaces as well. */
import { isPresent, OPEN_TYPES, ofObject } from './child.js';
import { itemsOf } from './items.js';
import type { NativeInvariants } from './native-invariant.js';

function isNoDatatype(type: string): boolean {
  return type === 'Reference' || (/^[A-Z]/.test(type) && !OPEN_TYPES.includes(type));
}

export const correctedInvariants: NativeInvariants = {
  // que-12: «if there are more than one enableWhen», so from the second one on
  'enableWhen.count() > 2 implies enableBehavior.exists()': ofObject(
    (item) => itemsOf(item['enableWhen']).length < 2 || isPresent(item['enableBehavior'], item['_enableBehavior']),
  ),
  // opd-3: a parameter whose type is a resource may name profiles too, as R5 says
  "targetProfile.exists() implies (type = 'Reference' or type = 'canonical')": ofObject(
    ({ targetProfile, _targetProfile, type }) =>
      !isPresent(targetProfile, _targetProfile) || type === 'canonical' || (typeof type === 'string' && isNoDatatype(type)),
  ),
  // ras-2: empty, and so not holding, for a prediction without a probability
  'probability is decimal implies (probability as decimal) <= 100': ofObject(({ probabilityDecimal }) =>
    typeof probabilityDecimal === 'number' ? probabilityDecimal <= 100 : true,
  ),
};
