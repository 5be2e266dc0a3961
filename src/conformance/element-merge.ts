/** Lays an element of a differential onto the element it constrains: https://hl7.org/fhir/R4/elementdefinition.html#interpretation */

import type { ElementDefinition, ElementDefinitionConstraint } from 'fhir/r4.js';
import { cloneJson } from '../fhir/clone-json.js';

const NEVER_TAKEN = new Set(['id', 'path', 'base', 'constraint', 'condition', 'alias', 'mapping', 'slicing']);
/** Keywords of which an element has one, whatever type its name ends in. */
const ONE_OF = /^(fixed|pattern|minValue|maxValue|defaultValue)(?=[A-Z])/;

/** Changes `target`; tells how the differential asks for less than what it is laid onto, or for something else. */
export function mergeElement(target: ElementDefinition, differential: ElementDefinition, profileUrl: string): readonly string[] {
  const problems: string[] = [...looseningOf(target, differential), ...contradictionsOf(target, differential)];
  const properties = target as unknown as Record<string, unknown>;
  for (const [key, value] of Object.entries(differential)) {
    if (NEVER_TAKEN.has(key)) continue;
    const stem = ONE_OF.exec(key)?.[1];
    if (stem !== undefined) dropOthers(properties, stem, key);
    properties[key] = cloneJson(value);
  }
  addConstraints(
    target,
    (differential.constraint ?? []).map((constraint) => ({ source: profileUrl, ...cloneJson(constraint) })),
  );
  if (differential.condition !== undefined) target.condition = [...new Set([...(target.condition ?? []), ...differential.condition])];
  if (!isWithin(String(target.min ?? 0), target.max) && (differential.min ?? 0) > 0) {
    problems.push(`min ${target.min} is more than max ${target.max}: nothing can be both`);
  }
  if (differential.slicing !== undefined) target.slicing = { ...target.slicing, ...cloneJson(differential.slicing) };
  return problems;
}

/** The root of an extension's definition says how often it may stand, and whether it modifies, where the differential does not. */
export function mergeExtensionRoot(target: ElementDefinition, root: ElementDefinition, differential: ElementDefinition): void {
  if (differential.min === undefined && root.min !== undefined) target.min = root.min;
  if (differential.max === undefined && root.max !== undefined && isWithin(root.max, target.max)) target.max = root.max;
  if (root.isModifier !== true) return;
  target.isModifier = true;
  if (root.isModifierReason !== undefined) target.isModifierReason = root.isModifierReason;
}

/** Constraints accumulate; one with the key of an inherited one takes its place. */
function addConstraints(target: ElementDefinition, added: readonly ElementDefinitionConstraint[]): void {
  if (added.length === 0) return;
  const keys = new Set(added.map(({ key }) => key));
  target.constraint = [...(target.constraint ?? []).filter(({ key }) => !keys.has(key)), ...added];
}

/** A profile may say a pattern where its base had none of that type, never two. */
function dropOthers(properties: Record<string, unknown>, stem: string, key: string): void {
  for (const other of Object.keys(properties)) if (other !== key && ONE_OF.exec(other)?.[1] === stem) delete properties[other];
}

function looseningOf(base: ElementDefinition, { min, max }: ElementDefinition): readonly string[] {
  const problems: string[] = [];
  if (min !== undefined && min < (base.min ?? 0)) problems.push(`min ${min} is less than the ${base.min} of what it constrains`);
  if (max !== undefined && !isWithin(max, base.max)) problems.push(`max ${max} is more than the ${base.max} of what it constrains`);
  return problems;
}

/** A fixed value is fixed for every profile upon it. */
function contradictionsOf(base: ElementDefinition, differential: ElementDefinition): readonly string[] {
  const fixed = base as unknown as Record<string, unknown>;
  return Object.entries(differential).flatMap(([key, value]) => {
    if (!/^fixed[A-Z]/.test(key) || fixed[key] === undefined || isEqual(fixed[key], value)) return [];
    return [`${key} ${JSON.stringify(value)} is not the ${JSON.stringify(fixed[key])} of what it constrains`];
  });
}

function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && isEqual(left[key], right[key]));
}

function isWithin(max: string, base: string | undefined): boolean {
  return base === undefined || base === '*' || (max !== '*' && Number(max) <= Number(base));
}
