/** Items of a sliced element, each put into the first slice whose condition it meets: https://hl7.org/fhir/R4/profiling.html#slicing */
import type { JsonObject, JsonValue } from '../../fhir/json.js';
import type { ElementPlan, ProfilePlan, SlicingPlan } from '../plan.js';
import type { Run } from '../run/run.js';
import { type Condition, linkDiscriminator } from './discriminator.js';
import { companionAt, type LinkedElement, reportSliceCount, type Slot, valueAt } from './linked-element.js';
import type { Linker } from './linker.js';

interface LinkedSlice {
  readonly element: LinkedElement;
  readonly slots: ReadonlyMap<string, Slot>;
  readonly conditions: readonly Condition[];
  /** A slice without discriminators is met by what conforms to it. */
  readonly isMetByConforming: boolean;
  /** Positions of the slices that this one re-slices: its items are theirs too. */
  readonly parents: readonly number[];
  /** Place among the slices of the element, that of the one it re-slices included. */
  readonly order: number;
  /** Whether items that are in no re-slice of this one are refused. */
  readonly isClosed: boolean;
  /** Whether items are held against the sliced element too, as the slice does not repeat all that it says. */
  readonly alsoSliced: boolean;
}

export interface LinkedSlicing {
  readonly plan: SlicingPlan;
  /** Most particular first: re-slices before what they slice. */
  slices(): readonly LinkedSlice[];
  readonly definition: string;
  readonly elementId: string;
}

export function linkSlicing(sliced: ElementPlan, profile: ProfilePlan, linker: Linker): LinkedSlicing {
  const plan = sliced.slicing as SlicingPlan;
  let slices: readonly LinkedSlice[] | undefined;
  return {
    plan,
    slices: () => {
      slices ??= linkSlices(sliced, profile, linker);
      return slices;
    },
    definition: profile.canonical,
    elementId: sliced.elementId,
  };
}

interface PlannedSlice {
  readonly plan: ElementPlan;
  readonly conditions: readonly Condition[];
  readonly isMetByConforming: boolean;
  readonly ancestors: readonly ElementPlan[];
}

function linkSlices(sliced: ElementPlan, profile: ProfilePlan, linker: Linker): readonly LinkedSlice[] {
  const planned = [...planSlices(sliced, [], [], profile, linker)].sort(byDefault);
  return planned.map(({ plan, conditions, isMetByConforming, ancestors }) => {
    // the slice's own slicing is done by its re-slices, which stand in this list
    const element = linker.linkElement({ ...plan, slicing: undefined, slices: [] }, profile);
    return {
      element,
      slots: new Map(element.slots.map((slot) => [slot.step.property, slot])),
      conditions,
      isMetByConforming,
      parents: ancestors.map((ancestor) => planned.findIndex((other) => other.plan === ancestor)),
      order: sliced.slices.indexOf(ancestors.at(-1) ?? plan),
      isClosed: plan.slicing?.rules === 'closed' && plan.slices.length > 0,
      alsoSliced: sliced.children.length > 0 && plan.children.length === 0,
    };
  });
}

/** What is in no other slice: https://hl7.org/fhir/R4/profiling.html#default-slice */
const DEFAULT = '@default';

function byDefault(left: PlannedSlice, right: PlannedSlice): number {
  return Number(left.plan.sliceName === DEFAULT) - Number(right.plan.sliceName === DEFAULT);
}

function planSlices(
  sliced: ElementPlan,
  inherited: readonly Condition[],
  ancestors: readonly ElementPlan[],
  profile: ProfilePlan,
  linker: Linker,
): readonly PlannedSlice[] {
  const discriminators = sliced.slicing?.discriminators ?? [];
  return sliced.slices.flatMap((plan) => {
    const own = discriminators.flatMap((discriminator) => linkDiscriminator(discriminator, plan, profile, linker) ?? []);
    const conditions = [...inherited, ...own];
    const self = { plan, conditions, isMetByConforming: own.length === 0 && plan.sliceName !== DEFAULT, ancestors };
    return plan.slices.length === 0 ? [self] : [...planSlices(plan, conditions, [plan, ...ancestors], profile, linker), self];
  });
}

/** The items of the element, at the path of the element. */
export function checkSliced(
  run: Run,
  slot: Slot,
  slicing: LinkedSlicing,
  values: readonly (JsonValue | undefined)[],
  companions: readonly (JsonValue | undefined)[],
): void {
  const slices = slicing.slices();
  const counts = new Array<number>(slices.length).fill(0);
  const { isArray } = slot.element.plan;
  const count = Math.max(values.length, companions.length);
  let lastOrder = -1;
  let firstUnmatched = -1;
  for (let index = 0; index < count; index++) {
    if (isArray) run.path.push(index);
    const value = valueAt(values, index);
    const companion = companionAt(companions, index);
    const matched = findSlice(run, slices, slot, value, companion);
    const slice = slices[matched];
    if (slice === undefined) {
      if (firstUnmatched < 0) firstUnmatched = index;
      checkUnmatched(run, slicing, slot, value, companion);
    } else {
      counts[matched] = (counts[matched] as number) + 1;
      for (const parent of slice.parents) counts[parent] = (counts[parent] as number) + 1;
      if (slicing.plan.isOrdered && slice.order < lastOrder) {
        run.error(
          'structure',
          'slicing-order',
          `The slices of ${slicing.elementId} stand in the wrong order: wanted are ${namesOf(slicing).join(', ')}`,
          slice.element.origin,
        );
      }
      if (slicing.plan.rules === 'openAtEnd' && firstUnmatched >= 0) {
        const text = `What is in no slice of ${slicing.elementId} must come at its end`;
        run.error('structure', 'slicing-open-at-end', text, slice.element.origin);
      }
      lastOrder = Math.max(lastOrder, slice.order);
      if (slice.isClosed) reportClosed(run, slicing, slice.element.plan.elementId);
      reportOtherMatches(run, slices, matched, slot, value, companion);
      checkInSlice(run, slice, slot, value, companion);
    }
    if (isArray) run.path.pop();
  }
  reportCounts(run, slices, counts, slicing);
}

/** Position of the first slice that the item is in; -1 where it is in none. */
function findSlice(
  run: Run,
  slices: readonly LinkedSlice[],
  slot: Slot,
  value: JsonValue | undefined,
  companion: JsonObject | undefined,
): number {
  for (let index = 0; index < slices.length; index++) {
    const slice = slices[index] as LinkedSlice;
    if (slice.isMetByConforming) {
      const own = slice.slots.get(slot.step.property);
      if (own !== undefined && run.probe(() => own.item(run, value, companion, slot.type))) return index;
    } else if (slice.conditions.every((condition) => condition(run, value, companion, slot.type))) {
      return index;
    }
  }
  return -1;
}

/** Two slices whose discriminators both fit cannot both be meant; the reference validator refuses the item as well. */
function reportOtherMatches(
  run: Run,
  slices: readonly LinkedSlice[],
  matched: number,
  slot: Slot,
  value: JsonValue | undefined,
  companion: JsonObject | undefined,
): void {
  const { parents, element } = slices[matched] as LinkedSlice;
  for (let index = matched + 1; index < slices.length; index++) {
    const other = slices[index] as LinkedSlice;
    if (other.isMetByConforming || other.conditions.length === 0 || parents.includes(index)) continue;
    if (!other.conditions.every((condition) => condition(run, value, companion, slot.type))) continue;
    const text = `This is in more than one slice, and must be in one: ${element.plan.elementId}, ${other.element.plan.elementId}`;
    run.error('invalid', 'slicing-ambiguous', text, element.origin);
  }
}

function checkInSlice(run: Run, slice: LinkedSlice, slot: Slot, value: JsonValue | undefined, companion: JsonObject | undefined): void {
  const own = slice.slots.get(slot.step.property);
  const outer = run.sliceName;
  run.sliceName = slice.element.plan.sliceName;
  if (slice.alsoSliced || own === undefined) slot.item(run, value, companion, slot.type);
  own?.item(run, value, companion, slot.type);
  run.sliceName = outer;
}

function checkUnmatched(
  run: Run,
  slicing: LinkedSlicing,
  slot: Slot,
  value: JsonValue | undefined,
  companion: JsonObject | undefined,
): void {
  // of a type that the element has not its own rule tells
  const { name, types } = slot.element.plan;
  const isRefused = name.endsWith('[x]') && !types.some(({ code }) => code === slot.type);
  if (slicing.plan.rules === 'closed' && !isRefused) reportClosed(run, slicing, slicing.elementId);
  slot.item(run, value, companion, slot.type);
}

function reportClosed(run: Run, slicing: LinkedSlicing, elementId: string): void {
  const { definition } = slicing;
  const text = `This is in no slice of ${elementId}, which allows nothing else (its slicing is closed): ${describeSlices(slicing)}`;
  run.error('structure', 'slicing-closed', text, { definition });
}

/** `its slices are nhi, mr, told apart by value of system` */
function describeSlices(slicing: LinkedSlicing): string {
  const by = slicing.plan.discriminators.map(({ type, path }) => `${type} of ${path}`).join(' and ');
  return `its slices are ${namesOf(slicing).join(', ')}${by === '' ? '' : `, told apart by ${by}`}`;
}

/** In the order of the profile, re-slices after what they re-slice. */
function namesOf(slicing: LinkedSlicing): readonly string[] {
  const inOrder = [...slicing.slices()].sort((left, right) => left.order - right.order || left.parents.length - right.parents.length);
  return inOrder.flatMap(({ element: { plan } }) => plan.sliceName ?? []);
}

/** Said of the element's parent, as of any cardinality. */
function reportCounts(run: Run, slices: readonly LinkedSlice[], counts: readonly number[], slicing: LinkedSlicing): void {
  const step = run.path.pop();
  for (let index = 0; index < slices.length; index++) {
    reportSliceCount(run, (slices[index] as LinkedSlice).element.plan, counts[index] as number, slicing);
  }
  if (step !== undefined) run.path.push(step);
}
