/**
 * Snapshots from differentials: https://hl7.org/fhir/R4/profiling.html#snapshot
 * The base's snapshot is turned into a tree, each element of the differential is laid onto the node it means, nodes that the
 * differential goes into are grown from their types.
 */
import type { ElementDefinition, StructureDefinition } from 'fhir/r4.js';
import type { ConformanceRegistry } from './conformance-registry.js';
import { mergeElement } from './element-merge.js';
import { cloneNode, type ElementNode, type IdStep, parseElementId, toElements, toElementTree } from './element-tree.js';

export interface SnapshotProblem {
  readonly elementId: string;
  readonly message: string;
}

export interface GeneratedSnapshot {
  readonly snapshot: ElementDefinition[];
  readonly problems: readonly SnapshotProblem[];
}

/** Never throws for a differential; what cannot be done is a problem, and the rest of the snapshot stands. */
export function generateSnapshot(definition: StructureDefinition, from: string, registry: ConformanceRegistry): GeneratedSnapshot {
  const problems: SnapshotProblem[] = [];
  const differential = definition.differential?.element ?? [];
  const rootId = differential[0]?.id ?? definition.type;
  if (definition.baseDefinition === undefined) return { snapshot: structuredClone(differential), problems };
  const base = registry.findStructureDefinition(definition.baseDefinition, from);
  const tree = toElementTree(structuredClone(base?.resource.snapshot?.element ?? []));
  if (tree === undefined) {
    problems.push({ elementId: rootId, message: `The base definition ${definition.baseDefinition} is unknown or has no elements` });
    return { snapshot: structuredClone(differential), problems };
  }
  const root: ElementNode = { ...tree, name: definition.type };
  const grower = new TreeGrower(definition, from, registry, root);
  for (const element of differential) {
    const node = grower.reach(element);
    if (typeof node === 'string') problems.push({ elementId: element.id ?? element.path, message: node });
    else mergeElement(node, element, definition.url);
  }
  return { snapshot: toElements(root), problems };
}

class TreeGrower {
  readonly #definition: StructureDefinition;
  readonly #from: string;
  readonly #registry: ConformanceRegistry;
  readonly #root: ElementNode;

  constructor(definition: StructureDefinition, from: string, registry: ConformanceRegistry, root: ElementNode) {
    this.#definition = definition;
    this.#from = from;
    this.#registry = registry;
    this.#root = root;
  }

  /** The node that a differential's element means, grown where it does not exist yet; a text when there can be none. */
  reach(differential: ElementDefinition): ElementNode | string {
    const steps = parseElementId(differential.id ?? differential.path);
    let node = this.#root;
    for (let at = 1; at < steps.length; at++) {
      const step = steps[at] as IdStep;
      const child = this.#child(node, step.name);
      if (child === undefined) {
        return this.#addOwnElement(node, differential, steps, at) ?? `There is no element '${step.name}' in '${node.element.path}'`;
      }
      node = child.node;
      const slices = child.sliceName === undefined ? step.slices : [child.sliceName];
      if (slices.length === 0 && at === steps.length - 1 && differential.sliceName !== undefined && differential.id === undefined) {
        node = this.#slice(node, differential.sliceName);
      }
      for (const sliceName of slices) node = this.#slice(node, sliceName);
    }
    return node;
  }

  /** A child by its name; `valueQuantity` is the slice of `value[x]` of that name. */
  #child(parent: ElementNode, name: string): { readonly node: ElementNode; readonly sliceName?: string } | undefined {
    if (parent.children.length === 0) this.#grow(parent);
    const exact = parent.children.find((child) => child.name === name);
    if (exact !== undefined) return { node: exact };
    for (const child of parent.children) {
      if (!child.name.endsWith('[x]')) continue;
      const stem = child.name.slice(0, -3);
      const isChoice = (type: string): boolean => `${stem}${type.charAt(0).toUpperCase()}${type.slice(1)}` === name;
      const type = child.element.type?.find(({ code }) => isChoice(code));
      if (type === undefined) continue;
      if (child.element.slicing === undefined) {
        child.element.slicing = { discriminator: [{ type: 'type', path: '$this' }], ordered: false, rules: 'open' };
      }
      const slice = this.#slice(child, name);
      slice.element.type = [structuredClone(type)];
      return { node: child, sliceName: name };
    }
    return undefined;
  }

  #slice(sliced: ElementNode, sliceName: string): ElementNode {
    const existing = sliced.slices.find((slice) => slice.sliceName === sliceName);
    if (existing !== undefined) return existing;
    const { slicing: _slicing, ...element } = structuredClone(sliced.element);
    const slice: ElementNode = { ...cloneNode(sliced, sliceName), element: { ...element, sliceName, min: 0 }, slices: [] };
    sliced.slices.push(slice);
    return slice;
  }

  /** Gives a node the children of its type, of its type's profile, or of what its contentReference points to. */
  #grow(node: ElementNode): void {
    const { contentReference } = node.element;
    if (contentReference !== undefined) {
      const target = this.#findById(contentReference.slice(contentReference.indexOf('#') + 1));
      if (target === undefined) return;
      node.children = target.children.map((child) => cloneNode(child));
      const { contentReference: _reference, ...element } = node.element;
      node.element = { ...element, ...(target.element.type !== undefined && { type: structuredClone(target.element.type) }) };
      return;
    }
    const types = node.element.type ?? [];
    const [type] = types;
    if (type === undefined) return;
    const profile = types.length === 1 ? type.profile?.[0] : undefined;
    const source =
      profile !== undefined
        ? (this.#registry.findStructureDefinition(profile, this.#from) ?? this.#registry.findType(type.code))
        : this.#registry.findType(types.length === 1 ? type.code : 'Element');
    const tree = toElementTree(structuredClone(source?.resource.snapshot?.element ?? []));
    if (tree !== undefined) node.children = tree.children;
  }

  #findById(elementId: string): ElementNode | undefined {
    let node: ElementNode | undefined = this.#root;
    for (const step of parseElementId(elementId).slice(1)) {
      node = node?.children.find((child) => child.name === step.name);
      for (const sliceName of step.slices) node = node?.slices.find((slice) => slice.sliceName === sliceName);
    }
    return node;
  }

  /** A specialization (a logical model, a new type) may add elements of its own. */
  #addOwnElement(parent: ElementNode, element: ElementDefinition, steps: readonly IdStep[], at: number): ElementNode | undefined {
    if (this.#definition.derivation !== 'specialization' || at !== steps.length - 1) return undefined;
    const node: ElementNode = {
      name: (steps[at] as IdStep).name,
      sliceName: undefined,
      element: structuredClone(element),
      children: [],
      slices: [],
    };
    parent.children.push(node);
    return node;
  }
}
