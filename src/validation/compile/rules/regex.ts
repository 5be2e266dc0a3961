/** The extension regex on an element or its type: https://hl7.org/fhir/R4/extension-regex.html */
import type { ElementDefinition } from 'fhir/r4.js';
import { wholePattern } from '../../../fhir/bounded-pattern.js';
import type { JsonPrimitive } from '../../../fhir/json.js';
import type { ItemRule, RuleScope } from '../../link/item-rule.js';
import type { RulePlan } from '../../plan.js';
import type { Run } from '../../run/run.js';

const REGEX = 'http://hl7.org/fhir/StructureDefinition/regex';

/** Those of the primitive types themselves stand on `value` elements, which `run/primitive.ts` covers. */
export function compileRegex(element: ElementDefinition): readonly RulePlan[] {
  const extensions = [...(element.extension ?? []), ...(element.type ?? []).flatMap(({ extension }) => extension ?? [])];
  return extensions.flatMap(({ url, valueString }) =>
    url === REGEX && valueString !== undefined ? [{ keyword: 'regex', source: valueString }] : [],
  );
}

export function linkRegex(source: string, scope: RuleScope): ItemRule {
  const pattern = wholePattern(source, 's');
  return (run, value) => {
    if (value === undefined || typeof value === 'object') return;
    if (pattern === undefined) {
      const text = `The pattern of ${scope.elementId} is no regular expression and was not checked: ${source}`;
      run.noteOnce(`regex ${scope.definition} ${scope.elementId}`, 'warning', 'not-supported', 'regex', text, scope);
    } else if (!pattern.test(textOf(run, value))) {
      run.error('value', 'regex', `The value does not match the pattern ${source} (${scope.elementId})`, scope);
    }
  };
}

/** As it is written: `1.10` is not `1.1` to a pattern. */
function textOf(run: Run, value: JsonPrimitive): string {
  if (typeof value !== 'number' || !run.document.hasInexactNumbers) return String(value);
  return run.document.numberLiteral(run.jsonPath()) ?? String(value);
}
