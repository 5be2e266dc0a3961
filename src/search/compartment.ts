/** What belongs to a resource, by R4's CompartmentDefinitions: https://hl7.org/fhir/R4/compartmentdefinition.html */
import type { CompartmentDefinition } from 'fhir/r4.js';
import type { CapabilityPolicy, ResourcePolicy } from '../conformance/capability-statement.js';
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import type { TimeRange } from '../fhir/date-time.js';
import type { Criterion } from '../storage/store.js';
import { localForms } from './parameter-types/reference.js';

/** Types that are searched by the same parameters, and so in one search. */
export interface CompartmentGroup {
  readonly types: readonly string[];
  readonly criterion: Criterion;
}

interface CompartmentApi {
  readonly conformance: ConformanceRegistry;
  readonly policy: CapabilityPolicy;
}

/** Dates that are of no care: of a person's life, of money, of what was measured. */
const NO_CARE_DATES: ReadonlySet<string> = new Set(['_lastUpdated', 'birthdate', 'death-date', 'payment-date', 'value-date']);

/**
 * Resource type -> the search parameters by which its resources belong to one of `type`, by the definition that the API lists or R4's own;
 * those of other types belong to none.
 */
export function compartmentOf({ conformance, policy }: CompartmentApi, type: string): ReadonlyMap<string, readonly string[]> {
  const url = policy.compartments.get(type) ?? `http://hl7.org/fhir/CompartmentDefinition/${type.charAt(0).toLowerCase()}${type.slice(1)}`;
  const definition = conformance.find('CompartmentDefinition', url)?.resource as unknown as CompartmentDefinition | undefined;
  const members = new Map<string, readonly string[]>();
  for (const { code, param = [] } of definition?.resource ?? []) if (param.length > 0) members.set(code, param);
  return members;
}

/** Searches for what belongs to `focus` (`Patient/1`), of these types, in an order that stays. */
export function toGroups(
  { policy }: { readonly policy: CapabilityPolicy },
  compartment: ReadonlyMap<string, readonly string[]>,
  focus: string,
  { types, since, care, baseUrl }: { types: ReadonlySet<string>; since?: number; care?: TimeRange; baseUrl: string },
): readonly CompartmentGroup[] {
  const values = localForms(focus, { baseUrl });
  const groups = new Map<string, { readonly types: string[]; readonly criterion: Criterion }>();
  for (const [type, params] of [...compartment].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const resource = policy.resources.get(type);
    if (resource === undefined || !types.has(type)) continue;
    // what the API has no search parameter for, it has no index of
    const indexed = params.filter((param) => resource.searchParams.has(param));
    if (indexed.length === 0) continue;
    const dates = care === undefined ? [] : careDates(resource);
    const key = JSON.stringify([indexed, dates]);
    const group = groups.get(key);
    if (group !== undefined) group.types.push(type);
    else groups.set(key, { types: [type], criterion: allOf(belongsTo(indexed, values), updatedSince(since), inTime(dates, care)) });
  }
  return [...groups.values()];
}

function careDates({ searchParams }: ResourcePolicy): readonly string[] {
  return [...searchParams.values()].filter(({ type, name }) => type === 'date' && !NO_CARE_DATES.has(name)).map(({ name }) => name);
}

/** What of a type belongs to `focus`; undefined where nothing of the type can, or the API has no search parameter that tells. */
export function inCompartment(
  params: readonly string[] | undefined,
  { searchParams }: ResourcePolicy,
  focus: string,
  { baseUrl }: { readonly baseUrl: string },
): Criterion | undefined {
  const indexed = (params ?? []).filter((param) => searchParams.has(param));
  return indexed.length === 0 ? undefined : belongsTo(indexed, localForms(focus, { baseUrl }));
}

function belongsTo(params: readonly string[], values: readonly string[]): Criterion {
  return { op: 'or', of: params.map((param): Criterion => ({ op: 'term', param, values })) };
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
