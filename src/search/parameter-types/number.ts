/** https://hl7.org/fhir/R4/search.html#number */
import { type ParsedDecimal, parseDecimal } from '../../fhir/decimal.js';
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import type { Criterion, RangeBound } from '../../storage/store.js';
import { unescapeValue } from '../escaping.js';
import type { ParameterType } from './parameter-type.js';
import { type Prefix, splitPrefix } from './prefix.js';

/** Open ends of ranges and of values with a comparator. */
export const LEAST_NUMBER = -Number.MAX_VALUE;
export const GREATEST_NUMBER = Number.MAX_VALUE;

export const number: ParameterType = {
  modifiers: [],
  sortKind: 'range',
  index: (value, _type, { code }, writer) => {
    if (typeof value === 'number') writer.range(code, value, value);
    else if (isJsonObject(value) && ('low' in value || 'high' in value)) {
      const low = numberOf(value['low']) ?? LEAST_NUMBER;
      const high = numberOf(value['high']) ?? GREATEST_NUMBER;
      if (low <= high) writer.range(code, low, high);
    }
  },
  toCriterion: (text, _modifier, { code }, context) => {
    const { prefix, rest } = splitPrefix(unescapeValue(text));
    const parsed = parseDecimal(rest);
    if (parsed === undefined)
      return context.fault('a number such as 100, 5.40 or 1e2, after eq, ne, gt, lt, ge, le, sa, eb, ap or nothing');
    return numberCriterion(prefix, parsed, code);
  },
  indexedAs: ({ code }) => [code],
};

/** The value of a Quantity. */
function numberOf(value: JsonValue | undefined): number | undefined {
  const inner = isJsonObject(value) ? value['value'] : undefined;
  return typeof inner === 'number' ? inner : undefined;
}

/**
 * Only eq and ne mind how exactly the number was written: "when a comparison prefix in the set gt, lt, ge, le, sa & eb is
 * provided, the implicit precision of the number is ignored".
 */
export function numberCriterion(prefix: Prefix, { value, low, high }: ParsedDecimal, param: string): Criterion {
  const of = boundsOf(prefix, value, low, high).map((bounds): Criterion => ({ op: 'range', param, bounds }));
  return of.length === 1 ? (of[0] as Criterion) : { op: 'or', of };
}

function boundsOf(prefix: Prefix, value: number, low: number, high: number): readonly (readonly RangeBound[])[] {
  switch (prefix) {
    case 'eq':
      return [
        [
          { side: 'low', compare: '>=', value: low },
          { side: 'high', compare: '<', value: high },
        ],
      ];
    case 'ne':
      return [[{ side: 'low', compare: '<', value: low }], [{ side: 'high', compare: '>=', value: high }]];
    case 'gt':
      return [[{ side: 'high', compare: '>', value }]];
    case 'lt':
      return [[{ side: 'low', compare: '<', value }]];
    case 'ge':
      return [[{ side: 'high', compare: '>=', value }]];
    case 'le':
      return [[{ side: 'low', compare: '<=', value }]];
    case 'sa':
      return [[{ side: 'low', compare: '>', value }]];
    case 'eb':
      return [[{ side: 'high', compare: '<', value }]];
    case 'ap': {
      // ten percent of the value, as the specification recommends, and never less than eq
      const slack = Math.max(Math.abs(value) * 0.1, value - low);
      return [
        [
          { side: 'high', compare: '>=', value: value - slack },
          { side: 'low', compare: '<=', value: value + slack },
        ],
      ];
    }
  }
}
