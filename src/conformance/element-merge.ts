/** Lays an element of a differential onto the element it constrains: https://hl7.org/fhir/R4/elementdefinition.html#interpretation */
import type { ElementDefinition, ElementDefinitionConstraint } from 'fhir/r4.js';
import type { ElementNode } from './element-tree.js';

const NEVER_TAKEN = new Set(['id', 'path', 'base', 'constraint', 'condition', 'alias', 'mapping', 'slicing']);

export function mergeElement(node: ElementNode, differential: ElementDefinition, profileUrl: string): void {
  const target = node.element as unknown as Record<string, unknown>;
  for (const [key, value] of Object.entries(differential)) {
    if (NEVER_TAKEN.has(key)) continue;
    if (/^(fixed|pattern|minValue|maxValue|defaultValue)[A-Z]/.test(key)) dropOthers(target, key);
    target[key] = structuredClone(value);
  }
  node.element.constraint = mergeConstraints(node.element.constraint, differential.constraint, profileUrl);
  if (node.element.constraint === undefined) delete node.element.constraint;
  if (differential.condition !== undefined)
    node.element.condition = [...new Set([...(node.element.condition ?? []), ...differential.condition])];
  if (differential.slicing !== undefined) node.element.slicing = { ...node.element.slicing, ...structuredClone(differential.slicing) };
}

/** A profile may say a pattern where its base had none of that type, never two. */
function dropOthers(target: Record<string, unknown>, key: string): void {
  const stem = /^[a-z]+(?:Value)?/.exec(key)?.[0] ?? key;
  for (const other of Object.keys(target)) {
    if (other !== key && other.startsWith(stem) && /[A-Z]/.test(other.charAt(stem.length))) delete target[other];
  }
}

function mergeConstraints(
  inherited: ElementDefinitionConstraint[] | undefined,
  own: ElementDefinitionConstraint[] | undefined,
  profileUrl: string,
): ElementDefinitionConstraint[] | undefined {
  if (own === undefined) return inherited;
  const added = own.map((constraint) => ({ source: profileUrl, ...structuredClone(constraint) }));
  const keys = new Set(added.map((constraint) => constraint.key));
  return [...(inherited ?? []).filter((constraint) => !keys.has(constraint.key)), ...added];
}
