/** The searches of $everything: what belongs to a resource, since when, and of which time of care. */
import type { ResourcePolicy } from '../conformance/capability-statement.js';
import type { TimeRange } from '../fhir/date-time.js';
import { inCompartment } from '../search/compartment.js';
import type { Api } from '../services.js';
import type { Criterion } from '../storage/store.js';

/** Types that are searched by the same parameters, and so in one search. */
export interface EverythingGroup {
  readonly types: readonly string[];
  readonly criterion: Criterion;
}

/** Dates that are of no care: of a person's life, of money, of what was measured. */
const NO_CARE_DATES: ReadonlySet<string> = new Set(['_lastUpdated', 'birthdate', 'death-date', 'payment-date', 'value-date']);

/** Searches for what belongs to `focus` (`Patient/1`), of these types, in an order that stays. */
export function toGroups(
  { policy }: Api,
  compartment: ReadonlyMap<string, readonly string[]>,
  focus: string,
  { types, since, care, baseUrl }: { types: ReadonlySet<string>; since?: number; care?: TimeRange; baseUrl: string },
): readonly EverythingGroup[] {
  const groups = new Map<string, { readonly types: string[]; readonly criterion: Criterion }>();
  for (const [type, params] of [...compartment].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const resource = policy.resources.get(type);
    if (resource === undefined || !types.has(type)) continue;
    const belongs = inCompartment(params, resource, focus, { baseUrl });
    if (belongs === undefined) continue;
    const dates = care === undefined ? [] : careDates(resource);
    const key = JSON.stringify([belongs, dates]);
    const group = groups.get(key);
    if (group !== undefined) group.types.push(type);
    else groups.set(key, { types: [type], criterion: allOf(belongs, updatedSince(since), inTime(dates, care)) });
  }
  return [...groups.values()];
}

function careDates({ searchParams }: ResourcePolicy): readonly string[] {
  return [...searchParams.values()].filter(({ type, name }) => type === 'date' && !NO_CARE_DATES.has(name)).map(({ name }) => name);
}

function updatedSince(since: number | undefined): readonly Criterion[] {
  return since === undefined ? [] : [{ op: 'lastUpdated', bounds: [{ compare: '>=', value: since }] }];
}

/** Some date of care touches the time, or there is none: what states no date may belong to any. */
function inTime(params: readonly string[], time: TimeRange | undefined): readonly Criterion[] {
  if (time === undefined || params.length === 0) return [];
  const touches = params.map(
    (param): Criterion => ({
      op: 'range',
      param,
      bounds: [
        { side: 'high', compare: '>=', value: time.low },
        { side: 'low', compare: '<=', value: time.high },
      ],
    }),
  );
  const isDated: Criterion = { op: 'or', of: params.map((param): Criterion => ({ op: 'exists', param })) };
  return [{ op: 'or', of: [...touches, { op: 'not', of: isDated }] }];
}

function allOf(first: Criterion, ...more: readonly (readonly Criterion[])[]): Criterion {
  const others = more.flat();
  return others.length === 0 ? first : { op: 'and', of: [first, ...others] };
}
