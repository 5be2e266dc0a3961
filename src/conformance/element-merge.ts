/** Lays an element of a differential onto the element it constrains: https://hl7.org/fhir/R4/elementdefinition.html#interpretation */
import type { ElementDefinition, ElementDefinitionConstraint } from 'fhir/r4.js';
import { cloneJson } from '../fhir/clone-json.js';
import { isWithin } from './stricter-statement.js';

const NEVER_TAKEN = new Set(['id', 'path', 'base', 'constraint', 'condition', 'alias', 'mapping', 'slicing']);
/** Keywords of which an element has one, whatever type its name ends in. */
const ONE_OF = /^(fixed|pattern|minValue|maxValue|defaultValue)(?=[A-Z])/;

/** Changes `target`. What the differential cannot ask for was taken out of it before. */
export function mergeElement(target: ElementDefinition, differential: ElementDefinition, profileUrl: string): void {
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
  if (differential.slicing !== undefined) target.slicing = { ...target.slicing, ...cloneJson(differential.slicing) };
}

/** The root of an extension's definition says how often it may stand, and whether it modifies, where the differential does not. */
export function mergeExtensionRoot(target: ElementDefinition, root: ElementDefinition, differential: ElementDefinition): void {
  if (differential.min === undefined && root.min !== undefined) target.min = Math.max(root.min, target.min ?? 0);
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
