/** Constraints of value sets and code systems: https://hl7.org/fhir/R4/valueset.html, https://hl7.org/fhir/R4/codesystem.html */
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import { child, excludes, hasSome, ofObject } from './child.js';
import { itemsOf } from './items.js';
import type { NativeInvariants } from './native-invariant.js';

const code = child('code');
const concept = child('concept');
const filter = child('filter');
const system = child('system');

/** Every code of `concept`, at any depth, once. */
function hasDistinctCodes(codeSystem: JsonObject): boolean {
  const seen = new Set<string>();
  const areNew = (container: JsonObject): boolean => {
    for (const key in container) {
      const child = container[key];
      if (typeof child !== 'object' || child === null) continue;
      for (const item of itemsOf(child)) {
        if (!isJsonObject(item)) continue;
        const text = item['code'];
        if (key === 'concept' && typeof text === 'string' && seen.size === seen.add(text).size) return false;
        if (!areNew(item)) return false;
      }
    }
    return true;
  };
  return areNew(codeSystem);
}

export const terminologyInvariants: NativeInvariants = {
  // csd-1
  'concept.code.combine($this.descendants().concept.code).isDistinct()': ofObject(hasDistinctCodes),
  // vsd-1
  'valueSet.exists() or system.exists()': hasSome('valueSet', 'system'),
  // vsd-2
  '(concept.exists() or filter.exists()) implies system.exists()': ofObject(
    (include) => system.isIn(include) || !(concept.isIn(include) || filter.isIn(include)),
  ),
  // vsd-3
  'concept.empty() or filter.empty()': excludes('concept', 'filter'),
  // vsd-6
  'code.exists() or display.exists()': hasSome('code', 'display'),
  // vsd-9
  'code.exists() or abstract = true': ofObject((contains) => code.isIn(contains) || contains['abstract'] === true),
};
