/** The types of search parameters that there are: https://hl7.org/fhir/R4/search.html#ptypes. `special` is answered as not supported. */
import type { SearchParameter } from 'fhir/r4.js';
import { createComposite } from './composite.js';
import { date } from './date.js';
import { number } from './number.js';
import type { ParameterPlan, ParameterType } from './parameter-type.js';
import { quantity } from './quantity.js';
import { reference } from './reference.js';
import { string } from './string.js';
import { token } from './token.js';
import { uri } from './uri.js';

const simple: Readonly<Record<string, ParameterType>> = { date, number, quantity, reference, string, token, uri };
const composite = createComposite(parameterTypeOf);

export const SEARCH_PARAMETER_TYPES: ReadonlySet<string> = new Set([...Object.keys(simple), 'composite']);

/** Within an element that repeats no more than two values can be combined: the four such parameters of MolecularSequence have three. */
export function isSearchable({ type, expression, base, component }: SearchParameter): boolean {
  if (type !== 'composite') return type in simple;
  return (component ?? []).length <= 2 || base.some((resourceType) => resourceType === expression);
}

export function parameterTypeOf(plan: Pick<ParameterPlan, 'type'>): ParameterType {
  return plan.type === 'composite' ? composite : (simple[plan.type] as ParameterType);
}
