/** A StructureDefinition's elements as a tree: children by name, slices beside the element they slice. */
import type { ElementDefinition } from 'fhir/r4.js';

export interface ElementNode {
  /** Last step of the path: `identifier`, `value[x]`. */
  readonly name: string;
  readonly sliceName: string | undefined;
  element: ElementDefinition;
  children: ElementNode[];
  /** Slices of this element, in order; re-slices stand in the slices of the slice that they slice. */
  slices: ElementNode[];
}

export interface IdStep {
  readonly name: string;
  readonly slices: readonly string[];
}

/** `Patient.identifier:nhi/old.system` -> steps with their slice names (`nhi`, `nhi/old`). */
export function parseElementId(id: string): readonly IdStep[] {
  return id.split('.').map((part) => {
    const colon = part.indexOf(':');
    if (colon < 0) return { name: part, slices: [] };
    const names = part.slice(colon + 1).split('/');
    return { name: part.slice(0, colon), slices: names.map((_, index) => names.slice(0, index + 1).join('/')) };
  });
}

export function toElementTree(elements: readonly ElementDefinition[]): ElementNode | undefined {
  const [first, ...rest] = elements;
  if (first === undefined) return undefined;
  const root: ElementNode = { name: first.path, sliceName: undefined, element: first, children: [], slices: [] };
  for (const element of rest) {
    const steps = parseElementId(element.id ?? element.path);
    let parent = root;
    steps.slice(1).forEach((step, index) => {
      const isLast = index === steps.length - 2;
      let node = parent.children.find((child) => child.name === step.name);
      if (node === undefined) {
        node = { name: step.name, sliceName: undefined, element, children: [], slices: [] };
        parent.children.push(node);
      }
      step.slices.forEach((sliceName) => {
        let slice = node?.slices.find((other) => other.sliceName === sliceName);
        if (slice === undefined) {
          slice = { name: step.name, sliceName, element, children: [], slices: [] };
          node?.slices.push(slice);
        }
        node = slice;
      });
      if (isLast) node.element = element;
      parent = node;
    });
  }
  return root;
}

/** Elements in snapshot order, with ids and paths that follow from where they stand. */
export function toElements(root: ElementNode): ElementDefinition[] {
  const elements: ElementDefinition[] = [];
  const visit = (node: ElementNode, id: string, path: string): void => {
    elements.push({ ...node.element, id, path });
    for (const child of node.children) {
      visit(child, `${id}.${child.name}`, `${path}.${child.name}`);
      visitSlices(child, `${id}.${child.name}`, `${path}.${child.name}`);
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

export function cloneNode(node: ElementNode, sliceName: string | undefined = node.sliceName): ElementNode {
  return {
    name: node.name,
    sliceName,
    element: structuredClone(node.element),
    children: node.children.map((child) => cloneNode(child)),
    slices: node.slices.map((slice) => cloneNode(slice)),
  };
}
