/** The values of a parameter, which commas part: https://hl7.org/fhir/R4/search.html#combining */
import type { Criterion } from '../storage/store.js';
import { splitUnescaped } from './escaping.js';
import type { ValueContext } from './parameter-types/parameter-type.js';
import { type FaultList, quote } from './search-fault.js';

export interface ValueScope extends Omit<ValueContext, 'fault'> {
  readonly faults: FaultList;
  readonly limits: { readonly orValues: number };
}

export type ParseValue = (text: string, context: ValueContext) => Criterion | undefined;

/** A criterion for each value; undefined after a fault, which names the parameter as the query does. */
export function parseValues(
  name: string,
  code: string,
  value: string,
  scope: ValueScope,
  parse: ParseValue,
): readonly Criterion[] | undefined {
  const { faults, limits, baseUrl, clock, resourceTypes } = scope;
  const texts = splitUnescaped(value, ',');
  if (texts.length > limits.orValues) {
    return faults.error('too-costly', name, `${quote(code)} has ${texts.length} values; at most ${limits.orValues} are allowed`);
  }
  const criteria: Criterion[] = [];
  for (const text of texts) {
    const context: ValueContext = {
      baseUrl,
      clock,
      resourceTypes,
      fault: (wanted) => faults.error('value', name, `${quote(name)} has the value ${quote(text)}; wanted is ${wanted}`),
    };
    const criterion = text.trim() === '' ? context.fault('a value') : parse(text, context);
    if (criterion === undefined) return undefined;
    criteria.push(criterion);
  }
  return criteria;
}
