/** A StructureDefinition's elements as a tree: children by name, slices beside the element they slice. */
import type { ElementDefinition } from 'fhir/r4.js';
import { cloneJson } from '../fhir/clone-json.js';

export interface ElementNode {
  /** Last step of the path: `identifier`, `value[x]`. */
  readonly name: string;
  /** Undefined for an element that is no slice, though its ElementDefinition may bear a sliceName without being sliced. */
  readonly sliceName: string | undefined;
  element: ElementDefinition;
  children: ElementNode[];
  /** Slices of this element, in order; re-slices stand in the slices of the slice that they slice. */
  slices: ElementNode[];
}

export interface IdStep {
  readonly name: string;
  /** `nhi/old` -> `nhi`, `nhi/old`. */
  readonly slices: readonly string[];
}

/** `Patient.identifier:nhi/old.system` -> steps with their slice names. */
function parseElementId(id: string): readonly IdStep[] {
  return id.split('.').map((part) => {
    const colon = part.indexOf(':');
    return colon < 0 ? { name: part, slices: [] } : { name: part.slice(0, colon), slices: toSlices(part.slice(colon + 1)) };
  });
}

function toSlices(sliceName: string): readonly string[] {
  const names = sliceName.split('/');
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

/**
 * Where each element stands: what its id says, or, where that is missing or contradicts the path, what path and slice name say
 * of elements in their order.
 */
export function toElementSteps(elements: readonly ElementDefinition[]): readonly (readonly IdStep[])[] {
  /** Slice that was entered last, by path. */
  const entered = new Map<string, string>();
  return elements.map(({ id, path, sliceName }) => {
    for (const known of entered.keys()) if (known === path || known.startsWith(`${path}.`)) entered.delete(known);
    if (sliceName !== undefined) entered.set(path, sliceName);
    const names = path.split('.');
    const byId = id === undefined ? undefined : parseElementId(id);
    if (byId !== undefined && agrees(byId, names, sliceName)) return byId;
    return names.map((name, index) => {
      const slice = entered.get(names.slice(0, index + 1).join('.'));
      return { name, slices: slice === undefined ? [] : toSlices(slice) };
    });
  });
}

/** Ids say `value[x]:valueQuantity` where paths may say `valueQuantity`. */
function agrees(steps: readonly IdStep[], names: readonly string[], sliceName: string | undefined): boolean {
  if (steps.length !== names.length || (sliceName !== undefined && steps.at(-1)?.slices.length === 0)) return false;
  return steps.every((step, index) => {
    const name = names[index] as string;
    return step.name === name || (step.name.endsWith('[x]') && name.startsWith(step.name.slice(0, -3)));
  });
}

export function toElementTree(elements: readonly ElementDefinition[]): ElementNode | undefined {
  const first = elements[0];
  if (first === undefined) return undefined;
  const root = newNode(first.path, undefined, first);
  const steps = toElementSteps(elements);
  for (let index = 1; index < elements.length; index++)
    place(root, steps[index] as readonly IdStep[], elements[index] as ElementDefinition);
  return root;
}

function place(root: ElementNode, steps: readonly IdStep[], element: ElementDefinition): void {
  let node = root;
  for (const step of steps.slice(1)) {
    let child = node.children.find(({ name }) => name === step.name);
    if (child === undefined) {
      child = newNode(step.name, undefined, element);
      node.children.push(child);
    }
    node = child;
    step.slices.forEach((sliceName, index) => {
      let slice = findSlice(node, sliceName);
      // `a/b` is a re-slice only where there is a slice `a`
      if (slice === undefined && index < step.slices.length - 1) return;
      if (slice === undefined) {
        slice = newNode(step.name, sliceName, element);
        node.slices.push(slice);
      }
      node = slice;
    });
  }
  node.element = element;
}

export function newNode(name: string, sliceName: string | undefined, element: ElementDefinition): ElementNode {
  return { name, sliceName, element, children: [], slices: [] };
}

/** The slice of that name, which is the element itself where it bears the name without being sliced. */
export function findSlice(node: ElementNode, sliceName: string): ElementNode | undefined {
  if (node.element.sliceName === sliceName) return node;
  const { slices } = node;
  if (slices.length < WORTH_AN_INDEX) return slices.find((slice) => slice.sliceName === sliceName);
  let index = sliceIndexes.get(slices);
  if (index === undefined) {
    index = { read: 0, byName: new Map() };
    sliceIndexes.set(slices, index);
  }
  // slices are only ever added; of two with one name the first counts
  for (; index.read < slices.length; index.read++) {
    const slice = slices[index.read] as ElementNode;
    const name = slice.sliceName ?? '';
    if (!index.byName.has(name)) index.byName.set(name, slice);
  }
  return index.byName.get(sliceName);
}

const WORTH_AN_INDEX = 16;
const sliceIndexes = new WeakMap<readonly ElementNode[], { read: number; readonly byName: Map<string, ElementNode> }>();

/** The tree's elements in snapshot order; they take the ids and paths that follow from where they stand. */
export function toElements(root: ElementNode): ElementDefinition[] {
  const elements: ElementDefinition[] = [];
  const visit = (node: ElementNode, id: string, path: string): void => {
    elements.push(Object.assign(node.element, { id, path }));
    for (const child of node.children) {
      const childId = `${id}.${child.name}`;
      const childPath = `${path}.${child.name}`;
      visit(child, child.element.sliceName === undefined ? childId : `${childId}:${child.element.sliceName}`, childPath);
      visitSlices(child, childId, childPath);
    }
  };
  const visitSlices = (node: ElementNode, id: string, path: string): void => {
    for (const slice of node.slices) {
      visit(slice, `${id}:${slice.sliceName}`, path);
      visitSlices(slice, id, path);
    }
  };
  visit(root, root.name, root.name);
  return elements;
}

export function cloneNode(node: ElementNode): ElementNode {
  return {
    name: node.name,
    sliceName: node.sliceName,
    element: cloneJson(node.element),
    children: node.children.map(cloneNode),
    slices: node.slices.map(cloneNode),
  };
}
