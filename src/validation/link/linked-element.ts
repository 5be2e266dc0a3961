/** An element as it is linked: the JSON properties it may appear as, and what is checked of each item. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { ElementPlan } from '../plan.js';
import type { Origin, PropertyStep, Run } from '../run/run.js';
import type { ItemRule } from './item-rule.js';
import type { LinkedSlicing } from './slicing.js';

/** One JSON property that an element may appear as. */
export interface Slot {
  readonly element: LinkedElement;
  readonly step: PropertyStep;
  /** Step of the `_name` companion; undefined for what is no primitive. */
  readonly companion: PropertyStep | undefined;
  /** FHIR type of the items. */
  readonly type: string;
  readonly item: ItemRule;
}

export interface LinkedElement {
  readonly plan: ElementPlan;
  readonly origin: Origin;
  readonly slots: readonly Slot[];
  readonly isChoice: boolean;
  /** `max` is 0. */
  readonly isForbidden: boolean;
  /** The element or one of its slices may not be absent. */
  readonly isRequired: boolean;
  readonly slicing: LinkedSlicing | undefined;
  isIn(object: JsonObject): boolean;
}

export function valueAt(values: readonly (JsonValue | undefined)[] | undefined, index: number): JsonValue | undefined {
  const value = values?.[index];
  return value === null ? undefined : value;
}

/** null in the array of companions stands for none. */
export function companionAt(companions: readonly (JsonValue | undefined)[] | undefined, index: number): JsonObject | undefined {
  const companion = companions?.[index];
  return isJsonObject(companion) ? companion : undefined;
}

export function reportSliceCount(run: Run, slice: ElementPlan, count: number, { definition }: Origin): void {
  const origin = { definition, sliceName: slice.sliceName };
  if (count < slice.min) {
    const text = `${slice.elementId}: at least ${slice.min} required, found ${count} that is this slice`;
    run.error('required', 'cardinality-min', text, origin);
  } else if (slice.max !== '*' && count > slice.max) {
    const text = `${slice.elementId}: at most ${slice.max} allowed, found ${count} that are this slice`;
    run.error('structure', 'cardinality-max', text, origin);
  }
}
