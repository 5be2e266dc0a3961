/** Slices of which nothing tells what is in them: https://hl7.org/fhir/R4/profiling.html#discriminator */
import type { ElementDefinition } from 'fhir/r4.js';
import type { ConformanceRegistry, DefinitionProblem } from './conformance-registry.js';
import { DISCRIMINATORS } from './differential-faults.js';
import { type ElementNode, toElementTree } from './element-tree.js';
import { isBackbone } from './type-model.js';

/** A slice that a differential names. */
export interface NamedSlice {
  readonly slice: ElementNode;
  readonly elementId: string;
  readonly index: number;
}

type Discriminator = NonNullable<NonNullable<ElementDefinition['slicing']>['discriminator']>[number];
interface Definitions {
  readonly from: string;
  readonly registry: ConformanceRegistry;
  /** Those that were looked into, by canonical. */
  readonly trees: Map<string, ElementNode | undefined>;
}

const NAMES = /^[A-Za-z0-9]+(\.[A-Za-z0-9]+)*$/;
/** What is in no other slice. */
const DEFAULT = '@default';

/** Changes the tree: the rules of such a slice would be put on items that are not meant. */
export function takeAwayUntold(
  root: ElementNode,
  slices: readonly NamedSlice[],
  from: string,
  registry: ConformanceRegistry,
): readonly DefinitionProblem[] {
  if (slices.length === 0) return [];
  const slicedOf = new Map<ElementNode, ElementNode>();
  collect(root, slicedOf);
  const definitions: Definitions = { from, registry, trees: new Map() };
  const untold = new Set<ElementNode>();
  const problems = slices.flatMap(({ slice, elementId, index }) => {
    const sliced = slicedOf.get(slice);
    const discriminators = sliced?.element.slicing?.discriminator ?? [];
    if (sliced === undefined || discriminators.length === 0 || slice.sliceName === DEFAULT) return [];
    if (discriminators.some((discriminator) => tellsApart(discriminator, slice, sliced, definitions))) return [];
    untold.add(slice);
    const wanted = discriminators.map(({ type, path }) => `${type} of ${path}`).join(', ');
    const message = `nothing tells what is in this slice: it says nothing of what tells slices apart, ${wanted}`;
    return [{ elementId, index, message, instead: 'the slice is left out, and its rules are applied to nothing' }];
  });
  if (untold.size === 0) return problems;
  for (const sliced of new Set(slicedOf.values())) sliced.slices = sliced.slices.filter((slice) => !untold.has(slice));
  return problems;
}

function collect(node: ElementNode, slicedOf: Map<ElementNode, ElementNode>): void {
  for (const child of node.children) collect(child, slicedOf);
  for (const slice of node.slices) {
    slicedOf.set(slice, node);
    collect(slice, slicedOf);
  }
}

function tellsApart({ type, path }: Discriminator, slice: ElementNode, sliced: ElementNode, definitions: Definitions): boolean {
  // what a reference leads to, and what extensions have, is said in other definitions, which may not be loaded
  if (path !== '$this' && !NAMES.test(path)) return DISCRIMINATORS.has(type);
  const steps = path === '$this' ? [] : path.split('.');
  if (type === 'type') return true;
  if (type === 'exists') {
    const node = walk(slice, steps, definitions);
    return node !== undefined && (node.element.max === '0' || (node.element.min ?? 0) > 0);
  }
  if (type === 'profile') return (walk(slice, steps, definitions)?.element.type ?? []).some(({ profile = [] }) => profile.length > 0);
  if (type !== 'value' && type !== 'pattern') return false;
  if (path === 'url' && (slice.element.type ?? []).some(({ profile = [] }) => profile.length > 0)) return true;
  return saysValue(slice, sliced, steps, definitions);
}

/** A value above what is named says something of it, as does one below it, and what one of its items must have. */
function saysValue(node: ElementNode, general: ElementNode | undefined, steps: readonly string[], definitions: Definitions): boolean {
  if (hasValue(node.element) || isSaidElsewhere(node, definitions)) return true;
  if (node.slices.some((part) => (part.element.min ?? 0) > 0 && saysValue(part, general, steps, definitions))) return true;
  const [step, ...rest] = steps;
  if (step === undefined) return saysBelow(node, MAX_DEPTH) || isBoundOtherwise(node, general);
  const next = child(node, step, definitions);
  return next !== undefined && saysValue(next, general === undefined ? undefined : child(general, step, definitions), rest, definitions);
}

/** By a profile that is not loaded, or an element of one (extension elementdefinition-profile-element). */
function isSaidElsewhere({ element }: ElementNode, { from, registry }: Definitions): boolean {
  return (element.type ?? []).some(({ code, profile = [] }) =>
    profile.some((canonical) => isBackbone(code) || registry.find('StructureDefinition', canonical, from) === undefined),
  );
}

const MAX_DEPTH = 4;

function saysBelow(node: ElementNode, depth: number): boolean {
  if (hasValue(node.element)) return true;
  return depth > 0 && node.children.some((one) => [one, ...one.slices].some((part) => isBoundHere(part) || saysBelow(part, depth - 1)));
}

function hasValue(element: ElementDefinition): boolean {
  return Object.keys(element).some((property) => /^(fixed|pattern)[A-Z]/.test(property));
}

function isBoundHere({ element }: ElementNode): boolean {
  return element.binding?.strength === 'required' && (element.min ?? 0) > 0;
}

/** A required binding tells apart, unless every item has the same. */
function isBoundOtherwise({ element }: ElementNode, general: ElementNode | undefined): boolean {
  const { binding } = element;
  return binding?.strength === 'required' && binding.valueSet !== general?.element.binding?.valueSet;
}

function walk(start: ElementNode, steps: readonly string[], definitions: Definitions): ElementNode | undefined {
  return steps.reduce<ElementNode | undefined>((node, step) => (node === undefined ? undefined : child(node, step, definitions)), start);
}

function child(node: ElementNode, name: string, definitions: Definitions): ElementNode | undefined {
  const find = (children: readonly ElementNode[]) => children.find((one) => one.name === name || one.name === `${name}[x]`);
  const own = find(node.children);
  if (own !== undefined) return own;
  for (const { code, profile = [] } of node.element.type ?? []) {
    for (const canonical of [...profile, code]) {
      const found = find(treeOf(canonical, definitions)?.children ?? []);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function treeOf(canonical: string, { from, registry, trees }: Definitions): ElementNode | undefined {
  if (trees.has(canonical)) return trees.get(canonical);
  const entry = /^[A-Za-z]+$/.test(canonical) ? registry.findType(canonical) : registry.findStructureDefinition(canonical, from);
  const tree = toElementTree(entry?.resource.snapshot?.element ?? []);
  trees.set(canonical, tree);
  return tree;
}
