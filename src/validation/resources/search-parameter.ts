/** What R4 says of SearchParameters in words: https://hl7.org/fhir/R4/searchparameter.html */
import { faultOfSearchExpression } from '../../conformance/search-parameter-faults.js';
import { at, textOf } from './objects.js';
import type { ResourceRule } from './resource-rule.js';

export const checkSearchParameter: ResourceRule = (run, { expression, base }, { model }) => {
  const text = textOf(expression);
  if (text === undefined) return;
  const bases = Array.isArray(base) ? base.filter((type) => typeof type === 'string') : [];
  const fault = faultOfSearchExpression(text, bases, model);
  if (fault === undefined) return;
  at(run, 'expression', undefined, () =>
    run.error('invalid', 'search-expression', `The expression ${fault}: nothing would be found by it`),
  );
};
