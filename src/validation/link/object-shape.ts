/** What an object (or the `_name` companion of a primitive) may hold: https://hl7.org/fhir/R4/json.html */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { ElementPlan, ProfilePlan } from '../plan.js';
import { PRIMITIVE_CHECKS, type PrimitiveCheck } from '../run/primitive.js';
import type { PathStep, PropertyStep, Run } from '../run/run.js';
import { checkElement, reportMissing } from './element.js';
import type { ItemRule } from './item-rule.js';
import type { LinkedElement, Slot } from './linked-element.js';
import type { Linker } from './linker.js';

/** Slots by JSON property; `_name` leads to the slot of `name`. */
interface ObjectShape {
  readonly slots: ReadonlyMap<string, Slot>;
  /** Elements that may not be absent. */
  readonly required: readonly LinkedElement[];
  readonly isResource: boolean;
  /** Other properties are somebody else's matter: below a choice of types stands only what they have in common. */
  readonly isPartial: boolean;
  readonly definition: string;
  /** Properties in lower case, for who misspells them; made when first wanted. */
  names?: ReadonlyMap<string, string>;
}

export function linkObject(element: ElementPlan, profile: ProfilePlan, linker: Linker): ItemRule {
  const isResource = profile.kind === 'resource' && element === profile.root;
  // below a resource in a profile of what holds it stands only what is said there: its own definition has the rest
  const isPartial = element.types.length > 1 || (element !== profile.root && linker.isResource(element.types[0]?.code ?? ''));
  let shape: ObjectShape | undefined;
  return (run, value) => {
    shape ??= { ...linkShape(element.children, profile, linker), isResource, isPartial };
    if (isJsonObject(value)) walkObject(run, value, shape);
    else reportNoObject(run, value, element);
  };
}

function reportNoObject(run: Run, value: JsonValue | undefined, { elementId }: ElementPlan): void {
  const found = value === undefined || value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  run.error('structure', 'json-type', `A JSON object is wanted for ${elementId}, not ${found}`);
}

function linkShape(children: readonly ElementPlan[], profile: ProfilePlan, linker: Linker): ObjectShape {
  const slots = new Map<string, Slot>();
  const required: LinkedElement[] = [];
  for (const child of children) {
    const linked = linker.linkElement(child, profile);
    for (const slot of linked.slots) {
      slots.set(slot.step.property, slot);
      if (slot.companion !== undefined) slots.set(slot.companion.property, slot);
    }
    if (linked.isRequired) required.push(linked);
  }
  return { slots, required, isResource: false, isPartial: false, definition: profile.canonical };
}

function walkObject(run: Run, object: JsonObject, shape: ObjectShape): void {
  const { slots, required, isResource, isPartial } = shape;
  let hasContent = false;
  let choice: Slot | undefined;
  let choices: Slot[] | undefined;
  for (const key in object) {
    const slot = slots.get(key);
    if (slot === undefined) {
      if (key === 'resourceType' && isResource) continue;
      hasContent = true;
      if (!isPartial) reportUnknown(run, key, shape);
      continue;
    }
    if (key !== 'id') hasContent = true;
    const { property } = slot.step;
    const value = object[property];
    // `_name` is looked at together with `name`
    if (key !== property && value !== undefined) continue;
    const companion = slot.companion === undefined ? undefined : object[slot.companion.property];
    if (slot.element.isChoice) {
      const earlier =
        choice === undefined ? undefined : choice.element === slot.element ? choice : choices?.find((one) => one.element === slot.element);
      if (earlier !== undefined) reportSecondChoice(run, earlier, slot);
      else if (choice === undefined) choice = slot;
      else choices = [...(choices ?? []), slot];
    }
    checkElement(run, slot, value, companion);
  }
  if (!hasContent && !isResource) {
    run.error('structure', 'ele-1', 'An element must have a value or children: fill it, or leave it out');
    return;
  }
  for (let index = 0; index < required.length; index++) {
    const element = required[index] as LinkedElement;
    if (!element.isIn(object)) reportMissing(run, element);
  }
}

function reportUnknown(run: Run, key: string, shape: ObjectShape): void {
  const { slots, definition } = shape;
  const shown = key.length > 64 ? `${key.slice(0, 64)}…` : key;
  shape.names ??= new Map(
    [...slots.values()].filter(({ element }) => !element.isForbidden).map(({ step: { property } }) => [property.toLowerCase(), property]),
  );
  const near = shape.names.get(key.toLowerCase());
  const hint = near === undefined ? undefined : `; did you mean '${near}'?`;
  run.errorOfProperty(
    key,
    'structure',
    'unknown-element',
    `There is no property '${shown}' here${hint ?? ': take it away, or make an extension of it'}`,
    { definition },
  );
}

function reportSecondChoice(run: Run, first: Slot, second: Slot): void {
  const text = `Only one type may be given for ${first.element.plan.elementId}: there are '${first.step.property}' and '${second.step.property}'`;
  run.error('structure', 'choice', text, first.element.origin);
}

/** A primitive: its value, and the id and extensions of its companion. */
export function linkPrimitive(type: string, element: ElementPlan, profile: ProfilePlan, linker: Linker): ItemRule {
  const check = PRIMITIVE_CHECKS[type] as PrimitiveCheck;
  const children = element.children.filter(({ name }) => name !== 'value');
  let shape: ObjectShape | undefined;
  return (run, value, companion) => {
    const hasValue = value !== undefined && value !== null;
    if (hasValue) check(run, value);
    if (companion === undefined && hasValue && children.every(isOptional)) return;
    shape ??= linkShape(children, profile, linker);
    if (companion !== undefined) {
      inCompanion(run, () => walkCompanion(run, companion, hasValue, shape as ObjectShape));
    } else if (hasValue) {
      for (const missing of shape.required) reportMissing(run, missing);
    } else {
      run.error('structure', 'ele-1', 'An element must have a value or extensions: null stands for nothing here');
    }
  };
}

function isOptional({ min, slices }: ElementPlan): boolean {
  return min === 0 && slices.every((slice) => slice.min === 0);
}

function walkCompanion(run: Run, companion: JsonObject, hasValue: boolean, shape: ObjectShape): void {
  const keys = Object.keys(companion);
  // with a value beside it, an id alone is content
  if (hasValue && keys.length > 0 && keys.every((key) => key === 'id')) {
    checkElement(run, shape.slots.get('id') as Slot, companion['id'], undefined);
    for (const missing of shape.required) reportMissing(run, missing);
    return;
  }
  walkObject(run, companion, shape);
}

/** The walk goes on below `_name`. */
function inCompanion(run: Run, walk: () => void): void {
  const { path } = run;
  const at = typeof path[path.length - 1] === 'number' ? path.length - 2 : path.length - 1;
  const step = path[at] as PathStep | undefined;
  if (step === undefined || typeof step === 'number' || step.companion === undefined) {
    walk();
    return;
  }
  path[at] = step.companion as PropertyStep;
  walk();
  path[at] = step;
}
