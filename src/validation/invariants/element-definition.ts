/** Constraints of ElementDefinition: https://hl7.org/fhir/R4/elementdefinition.html#constraints */
import type { JsonObject } from '../../fhir/json.js';
import { child, excludes, hasSome, ofObject, requires } from './child.js';
import { areDistinct, itemsOf } from './items.js';
import type { NativeInvariants } from './native-invariant.js';

const aggregation = child('aggregation');
const contentReference = child('contentReference');
const fixed = child('fixed');
const isModifier = child('isModifier');
const isModifierReason = child('isModifierReason');
const max = child('max');
const min = child('min');
const pattern = child('pattern');
const sliceName = child('sliceName');
const targetProfile = child('targetProfile');
const valueSet = child('valueSet');

/** What an element with a contentReference takes from there. */
const contents = ['type', 'defaultValue', 'fixed', 'pattern', 'example', 'minValue', 'maxValue', 'maxLength', 'binding'].map(child);

const NAME = String.raw`[^\s.,:;'"/|?!@#$%&*()\[\]{}]{1,64}`;
const PATH = new RegExp(String.raw`^${NAME}(\.${NAME}(\[x\])?(:[^\s.]+)?)*$`, 'u');
const PLAIN_PATH = /^[A-Za-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*(\[x\])?)*$/u;
const SLICE_NAME = /^[a-zA-Z0-9/\-_[\]@]+$/u;
const INTEGER = /^[+-]?\d+$/;

function isReference({ code }: JsonObject): boolean {
  return code === 'Reference' || code === 'canonical';
}

function isMinWithinMax(element: JsonObject): boolean {
  if (element['max'] === '*' || !min.isIn(element) || !max.isIn(element)) return true;
  const { min: lowest, max: highest } = element;
  return typeof lowest === 'number' && typeof highest === 'string' && INTEGER.test(highest) && lowest <= Number(highest);
}

export const elementDefinitionInvariants: NativeInvariants = {
  // eld-2
  "min.empty() or max.empty() or (max = '*') or iif(max != '*', min <= max.toInteger())": ofObject(isMinWithinMax),
  // eld-3
  "empty() or ($this = '*') or (toInteger() >= 0)": (value) =>
    value === '*' || (typeof value === 'string' ? INTEGER.test(value) && Number(value) >= 0 : value !== undefined),
  // eld-4
  "aggregation.empty() or (code = 'Reference') or (code = 'canonical')": ofObject((type) => !aggregation.isIn(type) || isReference(type)),
  // eld-5
  'contentReference.empty() or (type.empty() and defaultValue.empty() and fixed.empty() and pattern.empty() and example.empty() and minValue.empty() and maxValue.empty() and maxLength.empty() and binding.empty())':
    ofObject((element) => !contentReference.isIn(element) || !contents.some((one) => one.isIn(element))),
  // eld-6
  'fixed.empty() or (type.count() <= 1)': ofObject((element) => itemsOf(element['type']).length < 2 || !fixed.isIn(element)),
  // eld-7
  'pattern.empty() or (type.count() <= 1)': ofObject((element) => itemsOf(element['type']).length < 2 || !pattern.isIn(element)),
  // eld-8
  'pattern.empty() or fixed.empty()': excludes('pattern', 'fixed'),
  // eld-11. Any code makes the selection exist, whether it is among the named ones or not: it always holds, in the reference validator too.
  "binding.empty() or type.code.empty() or type.select((code = 'code') or (code = 'Coding') or (code='CodeableConcept') or (code = 'Quantity') or (code = 'string') or (code = 'uri')).exists()":
    () => true,
  // eld-12
  "valueSet.exists() implies (valueSet.startsWith('http:') or valueSet.startsWith('https') or valueSet.startsWith('urn:'))": ofObject(
    (binding) => {
      const url = binding['valueSet'];
      return typeof url === 'string' ? /^(http:|https|urn:)/.test(url) : url !== undefined || !valueSet.isIn(binding);
    },
  ),
  // eld-13
  'type.select(code).isDistinct()': ofObject((element) => areDistinct(itemsOf(element['type']), 'code')),
  // eld-14
  'constraint.select(key).isDistinct()': ofObject((element) => areDistinct(itemsOf(element['constraint']), 'key')),
  // eld-15
  'defaultValue.empty() or meaningWhenMissing.empty()': excludes('meaningWhenMissing', 'defaultValue'),
  // eld-16
  "sliceName.empty() or sliceName.matches('^[a-zA-Z0-9\\\\/\\\\-_\\\\[\\\\]\\\\@]+$')": ofObject((element) => {
    const name = element['sliceName'];
    return typeof name === 'string' ? SLICE_NAME.test(name) : name !== undefined || !sliceName.isIn(element);
  }),
  // eld-17
  "(code='Reference' or code = 'canonical') or targetProfile.empty()": ofObject((type) => isReference(type) || !targetProfile.isIn(type)),
  // eld-18
  '(isModifier.exists() and isModifier) implies isModifierReason.exists()': ofObject(
    (element) => element['isModifier'] === false || !isModifier.isIn(element) || isModifierReason.isIn(element),
  ),
  // eld-19. Published without anchors, so that any letter would do; the reference validator takes the whole path.
  "path.matches('[^\\\\s\\\\.,:;\\\\\\'\"\\\\/|?!@#$%&*()\\\\[\\\\]{}]{1,64}(\\\\.[^\\\\s\\\\.,:;\\\\\\'\"\\\\/|?!@#$%&*()\\\\[\\\\]{}]{1,64}(\\\\[x\\\\])?(\\\\:[^\\\\s\\\\.]+)?)*')":
    ofObject(({ path }) => (typeof path === 'string' ? PATH.test(path) : path !== undefined)),
  // eld-20, a best practice, likewise
  "path.matches('[A-Za-z][A-Za-z0-9]*(\\\\.[a-z][A-Za-z0-9]*(\\\\[x])?)*')": ofObject(({ path }) =>
    typeof path === 'string' ? PLAIN_PATH.test(path) : path !== undefined,
  ),
  // eld-21, a best practice
  'expression.exists()': hasSome('expression'),
  // eld-22
  'sliceIsConstraining.exists() implies sliceName.exists()': requires('sliceIsConstraining', 'sliceName'),
};
