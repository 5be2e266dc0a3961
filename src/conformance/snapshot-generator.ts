/**
 * Snapshots from differentials: https://hl7.org/fhir/R4/profiling.html#snapshot
 * The base's snapshot is turned into a tree, each element of the differential is laid onto the node it means, nodes that the
 * differential goes into are grown from their types.
 */
import type { ElementDefinition, StructureDefinition } from 'fhir/r4.js';
import { cloneJson } from '../fhir/clone-json.js';
import type { ConformanceRegistry, DefinitionProblem } from './conformance-registry.js';
import { discriminatorFaults, typeFaults, valueFaults } from './differential-faults.js';
import { mergeElement, mergeExtensionRoot } from './element-merge.js';
import { type ElementNode, type IdStep, newNode, toElementSteps, toElements, toElementTree } from './element-tree.js';
import { isBuiltUpon } from './profile-chain.js';
import { type NamedSlice, takeAwayUntold } from './slice-faults.js';
import { type IsAllowed, keepStricter } from './stricter-statement.js';
import { TreeGrower } from './tree-grower.js';
import { createTypeModel } from './type-model.js';

export interface GeneratedSnapshot {
  readonly snapshot: ElementDefinition[];
  readonly problems: readonly DefinitionProblem[];
  /** What the definition, or one that it is built on, is built upon, and that is not loaded. */
  readonly missingBase?: string | undefined;
}

/** Root of logical models since R5, used with R4 too; it has no elements. */
const BASE = 'http://hl7.org/fhir/StructureDefinition/Base';

const NO_DISCRIMINATOR = {
  message: 'no discriminator says what is in a slice',
  instead: 'it is taken to have what conforms to it',
  isRemark: true,
};

/** Never throws for a differential of R4's shape; what cannot be done is a problem, and the rest of the snapshot stands. */
export function generateSnapshot(definition: StructureDefinition, from: string, registry: ConformanceRegistry): GeneratedSnapshot {
  const problems: DefinitionProblem[] = [];
  const differential = definition.differential?.element ?? [];
  const rootPath = differential[0]?.path.split('.', 1)[0] ?? nameOfType(definition);
  const { baseDefinition } = definition;
  if (baseDefinition === undefined && definition.derivation !== 'constraint') return { snapshot: cloneJson(differential), problems };
  if (definition.differential === undefined)
    problems.push({ elementId: rootPath, message: 'there is neither a differential nor a snapshot' });
  let tree = baseDefinition === undefined ? undefined : readBase(baseDefinition, rootPath, from, registry);
  let missingBase = baseDefinition === undefined ? '' : registry.findStructureDefinition(baseDefinition, from)?.missingBase;
  if (tree === undefined) {
    missingBase = baseDefinition ?? '';
    const message =
      baseDefinition === undefined
        ? 'The definition constrains something, and has no baseDefinition that says what'
        : `The base definition ${baseDefinition} is unknown or has no elements`;
    problems.push({ elementId: rootPath, message });
    // what the type is stands fast, so that the differential says at least what it can
    tree = toElementTree(cloneJson(registry.findType(definition.type)?.resource.snapshot?.element ?? []));
    if (tree === undefined) return { snapshot: cloneJson(differential), problems, missingBase };
  }
  if (definition.derivation === 'specialization') tree.element.base = { path: rootPath, min: 0, max: '*' };
  const grower = new TreeGrower({ ...tree, name: rootPath }, from, registry);
  const steps = toElementSteps(differential);
  const model = createTypeModel(registry);
  // of what is not loaded nobody can say
  const isAllowed: IsAllowed = (canonical, allowed) => isBuiltUpon(canonical, allowed, from, registry) !== false;
  const slices: NamedSlice[] = [];
  differential.forEach((element, index) => {
    const elementId = element.id ?? element.path;
    const found = reach(grower, definition, element, steps[index] as readonly IdStep[]);
    if (typeof found === 'string') {
      problems.push({ elementId, index, message: found });
      return;
    }
    const root = grower.extensionRoot(element);
    const wrongTypes = typeFaults(found.element, element, registry, model);
    // what it constrains keeps its own types then
    const { type: _type, ...typeless } = element;
    const typed: ElementDefinition = wrongTypes.length > 0 ? typeless : element;
    const wrongValues = valueFaults(typed.type === undefined ? found.element : typed, element);
    const { element: kept, faults } = keepStricter(found.element, without(typed, wrongValues), isAllowed);
    if (kept.slicing?.rules === 'closed' && found.element.slicing?.rules !== 'closed') grower.closedHere.add(found.element.path);
    mergeElement(found.element, kept, definition.url);
    for (const property of wrongValues)
      problems.push({ elementId, index, message: `${property} is of no type of the element`, below: [property] });
    if (root !== undefined) mergeExtensionRoot(found.element, root, element);
    if (found.sliceName !== undefined) slices.push({ slice: found, elementId, index });
    for (const message of [...wrongTypes, ...faults]) problems.push({ elementId, index, message });
    for (const fault of discriminatorFaults(element, found.element, model)) problems.push({ elementId, index, ...fault });
    if (element.slicing !== undefined && (found.element.slicing?.discriminator ?? []).length === 0) {
      problems.push({ elementId, index, ...NO_DISCRIMINATOR });
    }
  });
  grower.closeChoices();
  problems.push(...takeAwayUntold(grower.root, slices, from, registry));
  return { snapshot: toElements(grower.root), problems, missingBase };
}

function without(element: ElementDefinition, properties: readonly string[]): ElementDefinition {
  if (properties.length === 0) return element;
  return Object.fromEntries(Object.entries(element).filter(([name]) => !properties.includes(name))) as unknown as ElementDefinition;
}

function readBase(baseDefinition: string, rootPath: string, from: string, registry: ConformanceRegistry): ElementNode | undefined {
  const elements = registry.findStructureDefinition(baseDefinition, from)?.resource.snapshot?.element;
  if (elements !== undefined) return toElementTree(cloneJson(elements));
  return baseDefinition === BASE ? newNode(rootPath, undefined, { path: rootPath, min: 0, max: '*' }) : undefined;
}

/** A logical model's type is a url. */
function nameOfType({ type, url }: StructureDefinition): string {
  return (type ?? url).replace(/^.*\//, '');
}

/** The node that a differential's element means, grown where it does not exist yet; a text when there can be none. */
function reach(
  grower: TreeGrower,
  definition: StructureDefinition,
  element: ElementDefinition,
  steps: readonly IdStep[],
): ElementNode | string {
  let node = grower.root;
  if (steps[0]?.name !== node.name) return `Every path of this definition begins with '${node.name}'`;
  for (let at = 1; at < steps.length; at++) {
    const step = steps[at] as IdStep;
    const child = grower.child(node, step.name);
    if (child === undefined) {
      const isOwn = definition.derivation === 'specialization' && at === steps.length - 1;
      return isOwn ? grower.addOwnElement(node, element, step.name) : `There is no element '${step.name}' in '${node.element.path}'`;
    }
    node = child.node;
    const slices = step.slices.length > 0 || child.sliceName === undefined ? step.slices : [child.sliceName];
    for (const [index, sliceName] of slices.entries()) {
      // `a/b` is a re-slice only where there is a slice `a`
      if (index < slices.length - 1 && !grower.hasSlice(node, sliceName)) continue;
      const slice = grower.slice(node, sliceName, child.type);
      if (typeof slice === 'string') return slice;
      node = slice;
    }
  }
  return node;
}
