/** https://hl7.org/fhir/R4/search.html#date and https://hl7.org/fhir/R4/search.html#prefix */
import { EARLIEST_TIME, LATEST_TIME, parseDateTime, type TimeRange } from '../../fhir/date-time.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { Criterion, RangeBound } from '../../storage/store.js';
import { unescapeValue } from '../escaping.js';
import type { IndexWriter } from '../index-writer.js';
import type { ParameterType, ValueContext } from './parameter-type.js';
import { type Prefix, splitPrefix } from './prefix.js';

export const date: ParameterType = {
  modifiers: [],
  sortKind: 'range',
  index: (value, type, { code }, writer) => {
    if (typeof value === 'string') indexRange(parseDateTime(value), code, writer);
    else if (!isJsonObject(value)) return;
    else if (type === 'Timing') indexTiming(value, code, writer);
    else if ('start' in value || 'end' in value) indexRange(periodRange(value), code, writer);
  },
  toCriterion: (text, _modifier, { code }, context) => {
    const parsed = parseDateValue(text, context);
    return parsed === undefined ? undefined : dateCriterion(parsed.prefix, parsed.range, code, context);
  },
  indexedAs: ({ code }) => [code],
};

function indexRange(range: TimeRange | undefined, param: string, writer: IndexWriter): void {
  if (range !== undefined && range.low <= range.high) writer.range(param, range.low, range.high);
}

/** An end that is not stated is open. */
function periodRange(period: JsonObject): TimeRange | undefined {
  const { start, end } = period;
  const low = typeof start === 'string' ? parseDateTime(start) : undefined;
  const high = typeof end === 'string' ? parseDateTime(end) : undefined;
  if (low === undefined && high === undefined) return undefined;
  return { low: low?.low ?? EARLIEST_TIME, high: high?.high ?? LATEST_TIME };
}

/** "The specified scheduling details are ignored and only the outer limits matter." */
function indexTiming(timing: JsonObject, param: string, writer: IndexWriter): void {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const widen = (range: TimeRange | undefined): void => {
    if (range === undefined) return;
    low = Math.min(low, range.low);
    high = Math.max(high, range.high);
  };
  const events: JsonValue | undefined = timing['event'];
  if (Array.isArray(events)) for (const event of events) if (typeof event === 'string') widen(parseDateTime(event));
  const repeat = timing['repeat'];
  const bounds = isJsonObject(repeat) ? repeat['boundsPeriod'] : undefined;
  if (isJsonObject(bounds)) widen(periodRange(bounds));
  if (low <= high) writer.range(param, low, high);
  else if (isJsonObject(repeat)) writer.range(param, EARLIEST_TIME, LATEST_TIME);
}

/** A `+` of a zone that arrives unescaped in a query string has become a blank. */
const BLANK_ZONE = / (\d\d:\d\d)$/;

function parseDateValue(text: string, context: ValueContext): { readonly prefix: Prefix; readonly range: TimeRange } | undefined {
  const { prefix, rest } = splitPrefix(unescapeValue(text));
  const range = parseDateTime(rest.replace(BLANK_ZONE, '+$1'));
  if (range === undefined) {
    return context.fault(
      'a date such as 2024, 2024-02, 2024-02-29 or 2024-02-29T10:00:00Z, after eq, ne, gt, lt, ge, le, sa, eb, ap or nothing',
    );
  }
  return { prefix, range };
}

/** Bounds of one entry; a list of several stands for "or". */
function boundsOf(prefix: Prefix, { low, high }: TimeRange, clock: () => number): readonly (readonly RangeBound[])[] {
  const contained: readonly RangeBound[] = [
    { side: 'low', compare: '>=', value: low },
    { side: 'high', compare: '<=', value: high },
  ];
  switch (prefix) {
    case 'eq':
      return [contained];
    case 'ne':
      return [[{ side: 'low', compare: '<', value: low }], [{ side: 'high', compare: '>', value: high }]];
    case 'gt':
      return [[{ side: 'high', compare: '>', value: high }]];
    case 'lt':
      return [[{ side: 'low', compare: '<', value: low }]];
    case 'ge':
      return [[{ side: 'high', compare: '>', value: high }], contained];
    case 'le':
      return [[{ side: 'low', compare: '<', value: low }], contained];
    case 'sa':
      return [[{ side: 'low', compare: '>', value: high }]];
    case 'eb':
      return [[{ side: 'high', compare: '<', value: low }]];
    case 'ap': {
      // a tenth of the time between then and now, as the specification recommends
      const slack = Math.abs(clock() - (low + high) / 2) * 0.1;
      return [
        [
          { side: 'high', compare: '>=', value: low - slack },
          { side: 'low', compare: '<=', value: high + slack },
        ],
      ];
    }
  }
}

function dateCriterion(prefix: Prefix, range: TimeRange, param: string, context: ValueContext): Criterion {
  const of = boundsOf(prefix, range, context.clock).map((bounds): Criterion => ({ op: 'range', param, bounds }));
  return of.length === 1 ? (of[0] as Criterion) : { op: 'or', of };
}

/** `_lastUpdated` is an instant, and a column of the store instead of an entry. */
export function lastUpdatedCriterion(text: string, context: ValueContext): Criterion | undefined {
  const parsed = parseDateValue(text, context);
  if (parsed === undefined) return undefined;
  const { prefix, range } = parsed;
  // an instant has no length, so that "above or within" is one bound
  if (prefix === 'ge') return { op: 'lastUpdated', bounds: [{ compare: '>=', value: range.low }] };
  if (prefix === 'le') return { op: 'lastUpdated', bounds: [{ compare: '<=', value: range.high }] };
  const of = boundsOf(prefix, range, context.clock).map(
    (bounds): Criterion => ({ op: 'lastUpdated', bounds: bounds.map(({ compare, value }) => ({ compare, value })) }),
  );
  return of.length === 1 ? (of[0] as Criterion) : { op: 'or', of };
}
