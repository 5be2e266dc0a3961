/** An element of an object: its cardinality, its items, and its slices. https://hl7.org/fhir/R4/elementdefinition.html#interpretation */
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import type { ElementPlan, ProfilePlan, TypePlan } from '../plan.js';
import type { Origin, PropertyStep, Run } from '../run/run.js';
import type { ItemRule } from './item-rule.js';
import { companionAt, type LinkedElement, reportSliceCount, type Slot, valueAt } from './linked-element.js';
import type { Linker } from './linker.js';
import { checkSliced, linkSlicing } from './slicing.js';

const IDS: ReadonlySet<string> = new Set(['Resource.id', 'Element.id']);

export function linkElement(plan: ElementPlan, profile: ProfilePlan, linker: Linker): LinkedElement {
  const slots: Slot[] = [];
  const properties: string[] = [];
  const element: LinkedElement = {
    plan,
    origin: { definition: profile.canonical, sliceName: plan.sliceName },
    slots,
    isChoice: plan.name.endsWith('[x]'),
    isForbidden: plan.max === 0,
    isRequired: plan.min > 0 || plan.slices.some(isNeeded),
    slicing: plan.slicing === undefined || plan.slices.length === 0 ? undefined : linkSlicing(plan, profile, linker),
    isIn: (object) => properties.some((property) => object[property] !== undefined),
  };
  for (const slot of slotsOf(element, profile, linker)) {
    slots.push(slot);
    properties.push(slot.step.property);
    if (slot.companion !== undefined) properties.push(slot.companion.property);
  }
  return element;
}

function slotsOf(element: LinkedElement, profile: ProfilePlan, linker: Linker): readonly Slot[] {
  const { plan } = element;
  if (!element.isChoice) {
    const [type] = plan.types;
    const item = linker.linkItem(plan, type, profile);
    return [toSlot(element, plan.name, plan.name, type, IDS.has(plan.basePath) ? withoutCompanion(item, element) : item, linker)];
  }
  const stem = plan.name.slice(0, -3);
  const allowed = plan.types.map((type) => {
    const property = choiceProperty(stem, type.code);
    return toSlot(element, property, `${stem}.ofType(${type.code})`, type, linker.linkItem(plan, type, profile), linker);
  });
  return [...allowed, ...forbiddenTypes(element, stem, new Set(plan.types.map(({ code }) => code)), linker)];
}

/** An id is an attribute of its element, and so has no extensions: https://hl7.org/fhir/R4/element.html#id */
function withoutCompanion(item: ItemRule, { plan, origin }: LinkedElement): ItemRule {
  return (run, value, companion, type) => {
    if (companion !== undefined) run.error('business-rule', 'id-extension', `No extensions are allowed on ${plan.elementId}`, origin);
    if (companion === undefined || value !== undefined) item(run, value, undefined, type);
  };
}

function choiceProperty(stem: string, type: string): string {
  return `${stem}${type.charAt(0).toUpperCase()}${type.slice(1)}`;
}

/** Types that the base has and the profile took away: known, so that the fault can be named. */
function forbiddenTypes(element: LinkedElement, stem: string, allowed: ReadonlySet<string>, linker: Linker): readonly Slot[] {
  const { basePath, types } = element.plan;
  const parent = basePath.slice(0, basePath.lastIndexOf('.'));
  const children = linker.services.model.children(parent, stem) ?? [];
  return children.flatMap(({ property, type }) => {
    if (allowed.has(type)) return [];
    const wanted = types.map(({ code }) => code).join(', ');
    const text = `The type ${type} is not allowed for ${element.plan.elementId}: use ${wanted === '' ? 'none' : wanted}`;
    // an extension's value is the extension: the fault is said where the reference validator says it
    const isOfExtension = basePath === 'Extension.value[x]';
    const item: ItemRule = (run) => {
      const step = isOfExtension ? run.path.pop() : undefined;
      run.error('structure', 'type', text, element.origin);
      if (step !== undefined) run.path.push(step);
    };
    return [toSlot(element, property, `${stem}.ofType(${type})`, { code: type, profiles: [], targetProfiles: [] }, item, linker)];
  });
}

function toSlot(
  element: LinkedElement,
  property: string,
  expression: string,
  type: TypePlan | undefined,
  item: ItemRule,
  linker: Linker,
): Slot {
  const { plan } = element;
  const isPrimitive = type !== undefined && linker.isPrimitive(type.code);
  const nodeType = linker.nodeType(plan, type);
  const where = { basePath: plan.basePath, type: nodeType };
  const companion = isPrimitive ? { property: `_${property}`, expression, ...where } : undefined;
  const step = companion === undefined ? { property, expression, ...where } : { property, expression, companion, ...where };
  return { element, step, companion, type: nodeType, item };
}

/** The element as it stands in the object: value and companion, at least one of them there. */
export function checkElement(run: Run, slot: Slot, value: JsonValue | undefined, companion: JsonValue | undefined): void {
  const { element, step } = slot;
  if (element.plan.isArray) {
    checkArray(run, slot, value, companion);
    return;
  }
  if (element.isForbidden) reportTooMany(run, element, 1);
  run.path.push(step);
  if (Array.isArray(value) || Array.isArray(companion)) {
    run.error('structure', 'json-type', `${element.plan.elementId} does not repeat: give the value itself, not an array`, element.origin);
  } else if (companion !== undefined && !isJsonObject(companion)) {
    run.error('structure', 'json-type', `_${step.property} is an object with the id and extensions of ${step.property}`);
  } else if (value === null) {
    run.error('structure', 'json-type', 'null is no value: leave the element out');
  } else if (element.slicing === undefined) {
    slot.item(run, value, companion, slot.type);
  } else {
    checkSliced(run, slot, element.slicing, [value], [companion]);
  }
  run.path.pop();
}

function checkArray(run: Run, slot: Slot, value: JsonValue | undefined, companion: JsonValue | undefined): void {
  const { element, step } = slot;
  const { min, max } = element.plan;
  const isArray = Array.isArray(value);
  const count = isArray || value === undefined ? Math.max(isArray ? value.length : 0, Array.isArray(companion) ? companion.length : 0) : 1;
  if (max !== '*' && count > max) reportTooMany(run, element, count);
  else if (count < min && count > 0) reportTooFew(run, element, count);
  run.path.push(step);
  if (value === null) {
    run.error('structure', 'json-type', 'null is no value: leave the element out');
  } else if ((value !== undefined && !isArray) || (companion !== undefined && !Array.isArray(companion))) {
    run.error('structure', 'json-type', `${element.plan.elementId} may repeat: give an array, even for one value`, element.origin);
    // one value is looked at all the same
    if (value !== undefined && !isArray && companion === undefined) slot.item(run, value, undefined, slot.type);
  } else if (count === 0 || companion?.length === 0) {
    run.error('structure', 'empty-array', 'An array cannot be empty: leave the property out');
  } else {
    if (companion !== undefined) checkCompanions(run, companion, step);
    if (element.slicing === undefined) checkItems(run, slot, value, companion, count);
    else checkSliced(run, slot, element.slicing, value ?? [], companion ?? []);
  }
  run.path.pop();
}

function checkCompanions(run: Run, companions: readonly JsonValue[], { property }: PropertyStep): void {
  companions.forEach((companion, index) => {
    if (companion === null || isJsonObject(companion)) return;
    run.path.push(index);
    run.error(
      'structure',
      'json-type',
      `Each item of _${property} is null, or an object with the id and extensions of that of ${property}`,
    );
    run.path.pop();
  });
}

function checkItems(run: Run, slot: Slot, values: JsonValue[] | undefined, companions: JsonValue[] | undefined, count: number): void {
  for (let index = 0; index < count; index++) {
    run.path.push(index);
    const companion = companionAt(companions, index);
    slot.item(run, valueAt(values, index), companion, slot.type);
    run.path.pop();
  }
}

/** Said of the element that should have it: what is missing has no place of its own. */
export function reportMissing(run: Run, element: LinkedElement): void {
  const { plan, origin } = element;
  if (plan.min > 0) {
    run.error('required', 'cardinality-min', `${plan.elementId} is missing: at least ${plan.min} is required`, origin, plan.name);
  }
  reportMissingSlices(run, plan.slices, origin);
}

function reportMissingSlices(run: Run, slices: readonly ElementPlan[], origin: Origin): void {
  for (const slice of slices) {
    if (slice.min > 0) reportSliceCount(run, slice, 0, origin);
    reportMissingSlices(run, slice.slices, origin);
  }
}

/** Whether a slice, or a re-slice of it, may not be absent. */
function isNeeded({ min, slices }: ElementPlan): boolean {
  return min > 0 || slices.some(isNeeded);
}

function reportTooFew(run: Run, { plan, origin }: LinkedElement, count: number): void {
  run.error('required', 'cardinality-min', `${plan.elementId}: at least ${plan.min} are required, found ${count}`, origin, plan.name);
}

function reportTooMany(run: Run, { plan, origin }: LinkedElement, count: number): void {
  const text = plan.max === 0 ? `${plan.elementId} is not allowed here` : `${plan.elementId}: at most ${plan.max} allowed, found ${count}`;
  run.error('structure', 'cardinality-max', text, origin, plan.name);
}
