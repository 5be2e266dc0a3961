/** Grows a snapshot's tree where a differential goes into it: children from types, slices from what they slice. */
import type { ElementDefinition, ElementDefinitionConstraint, ElementDefinitionSlicing, ElementDefinitionType } from 'fhir/r4.js';
import { cloneJson } from '../fhir/clone-json.js';
import type { ConformanceRegistry } from './conformance-registry.js';
import { cloneNode, type ElementNode, findSlice, newNode, toElementTree } from './element-tree.js';

export interface ReachedChild {
  readonly node: ElementNode;
  /** Set where the name was that of a choice's type: the slice that is meant, and the type. */
  readonly sliceName?: string;
  readonly type?: ElementDefinitionType;
}

const TYPE_SLICING: ElementDefinitionSlicing = { discriminator: [{ type: 'type', path: '$this' }], ordered: false, rules: 'open' };
const URL_SLICING: ElementDefinitionSlicing = { discriminator: [{ type: 'value', path: 'url' }], ordered: false, rules: 'open' };

export class TreeGrower {
  readonly root: ElementNode;
  /** The tree before the differential: what contentReferences stand for. */
  readonly #base: ElementNode;
  readonly #from: string;
  readonly #registry: ConformanceRegistry;
  /** Paths of what the differential itself closes: it may name slices there. */
  readonly closedHere = new Set<string>();
  /** Choices of which the differential names types only: `valueQuantity`, with no `value[x]` before it. */
  readonly #namedByType = new Set<ElementNode>();

  constructor(root: ElementNode, from: string, registry: ConformanceRegistry) {
    this.root = root;
    this.#base = cloneNode(root);
    this.#from = from;
    this.#registry = registry;
  }

  /** A child by its name; `valueQuantity` is a slice of `value[x]`, or `value[x]` itself where it has no other type. */
  child(parent: ElementNode, name: string): ReachedChild | undefined {
    if (parent.children.length === 0) this.#grow(parent);
    const exact = parent.children.find((child) => child.name === name);
    if (exact !== undefined) return { node: exact };
    for (const node of parent.children) {
      const type = typeOfChoice(node, name);
      if (type === undefined) continue;
      const isOnlyType = node.element.type?.length === 1 && node.element.slicing === undefined;
      return isOnlyType ? { node } : { node, sliceName: name, type };
    }
    return undefined;
  }

  hasSlice(sliced: ElementNode, sliceName: string): boolean {
    return findSlice(sliced, sliceName) !== undefined;
  }

  /**
   * The slice of that name, made where it does not exist: it inherits everything of what it slices but slicing and min. Extensions
   * are always sliced by url, choices by type. An element that is not sliced can bear a name itself, if it does not repeat,
   * or the name is its own (`condition:Condition`, as HL7 has it). A text where there can be no such slice.
   */
  slice(sliced: ElementNode, sliceName: string, type?: ElementDefinitionType): ElementNode | string {
    const existing = findSlice(sliced, sliceName);
    if (existing !== undefined) return existing;
    const sliceType = type ?? typeOfChoice(sliced, sliceName);
    if (sliced.element.slicing === undefined) {
      if (type !== undefined) this.#namedByType.add(sliced);
      if (sliced.name === 'extension' || sliced.name === 'modifierExtension') sliced.element.slicing = cloneJson(URL_SLICING);
      else if (sliceType !== undefined) sliced.element.slicing = cloneJson(TYPE_SLICING);
      else if (sliced.element.sliceName !== undefined || !canBearName(sliced, sliceName)) {
        return `'${sliced.element.path}' is not sliced, so '${sliceName}' can be no slice of it`;
      } else {
        sliced.element.sliceName = sliceName;
        return sliced;
      }
    }
    const isClosed = sliced.element.slicing?.rules === 'closed' && !sliced.name.endsWith('[x]');
    if (isClosed && !this.closedHere.has(sliced.element.path)) {
      return `'${sliced.element.path}' has closed slicing in what this constrains, so '${sliceName}' can be no further slice of it`;
    }
    const { slicing: _slicing, ...inherited } = sliced.element;
    const element: ElementDefinition = Object.assign(cloneJson(inherited), { sliceName, min: 0 });
    if (sliceType !== undefined) element.type = [cloneJson(sliceType)];
    const slice = newNode(sliced.name, sliceName, element);
    slice.children = sliced.children.map(cloneNode);
    sliced.slices.push(slice);
    return slice;
  }

  /** A choice of which the differential names types only has no others, as the publishers of R4 and of HL7's packages read it. */
  closeChoices(): void {
    for (const { element, slices } of this.#namedByType) {
      const named = new Set(slices.map((slice) => slice.element.type?.[0]?.code));
      element.slicing = { ...cloneJson(TYPE_SLICING), rules: 'closed' };
      element.type = (element.type ?? []).filter(({ code }) => named.has(code));
    }
  }

  /** A specialization (a logical model, a new type) has elements that its base has not; what holds for every element holds for them. */
  addOwnElement(parent: ElementNode, { path, min = 0, max = '1', type }: ElementDefinition, name: string): ElementNode {
    const element: ElementDefinition = { path, base: { path, min, max }, min: 0, max: '*' };
    const constraint = this.#constraintsOfEvery(type?.[0]?.code ?? 'Element');
    if (constraint !== undefined) element.constraint = constraint.map((one) => ({ ...one }));
    const node = newNode(name, undefined, element);
    parent.children.push(node);
    return node;
  }

  /** ele-1, and ext-1 for extensions; resources and the values of primitives are no Elements. */
  #constraintsOfEvery(type: string): readonly ElementDefinitionConstraint[] | undefined {
    if (type.startsWith('http://hl7.org/fhirpath/') || this.#registry.findType(type)?.resource.kind === 'resource') return undefined;
    return this.#elementsOf(type === 'Extension' ? type : 'Element')?.[0]?.constraint;
  }

  /** Root of the definition of the extension that an element of the differential stands for. */
  extensionRoot({ type }: ElementDefinition): ElementDefinition | undefined {
    const profile = type?.length === 1 && type[0]?.code === 'Extension' ? onlyProfile(type[0]) : undefined;
    return profile === undefined ? undefined : this.#elementsOf(profile)?.[0];
  }

  /** Gives a node the children of its type, of its type's profile, or of what its contentReference points to. */
  #grow(node: ElementNode): void {
    const { contentReference } = node.element;
    if (contentReference !== undefined) {
      this.#growFromReference(node, contentReference);
      return;
    }
    const types = node.element.type ?? [];
    const [type] = types;
    if (type === undefined) return;
    const profile = types.length === 1 ? onlyProfile(type) : undefined;
    const elements =
      (profile === undefined ? undefined : this.#elementsOf(profile)) ??
      this.#registry.findType(types.length === 1 ? type.code : 'Element')?.resource.snapshot?.element;
    const tree = toElementTree(cloneJson(elements ?? []));
    if (tree !== undefined) node.children = tree.children;
  }

  /**
   * What is said of the referenced element by this profile is not said of the referring one: the children are those before the
   * differential. A specialization refers to elements of its own.
   */
  #growFromReference(node: ElementNode, contentReference: string): void {
    const [url, elementId = ''] = contentReference.split('#');
    const names = elementId.split('.').map((name) => name.replace(/:.*$/, ''));
    const [rootName = ''] = names;
    const trees: (ElementNode | undefined)[] = [];
    if (rootName === this.root.name) trees.push(this.#base, this.root);
    else trees.push(toElementTree(this.#elementsOf(url === '' || url === undefined ? rootName : url) ?? []));
    const target = trees.map((tree) => find(tree, names.slice(1))).find((found) => found !== undefined);
    if (target === undefined) return;
    node.children = target.children.map(cloneNode);
    const { contentReference: _reference, ...element } = node.element;
    node.element = { ...element, ...(target.element.type !== undefined && { type: cloneJson(target.element.type) }) };
  }

  #elementsOf(canonical: string): readonly ElementDefinition[] | undefined {
    const entry = /^[A-Za-z]+$/.test(canonical)
      ? this.#registry.findType(canonical)
      : this.#registry.findStructureDefinition(canonical, this.#from);
    return entry?.resource.snapshot?.element;
  }
}

function find(tree: ElementNode | undefined, names: readonly string[]): ElementNode | undefined {
  return names.reduce<ElementNode | undefined>((node, name) => node?.children.find((child) => child.name === name), tree);
}

/** The type of a choice that a name such as `valueQuantity` says. */
function typeOfChoice({ name, element }: ElementNode, choice: string): ElementDefinitionType | undefined {
  if (!name.endsWith('[x]')) return undefined;
  const stem = name.slice(0, -3);
  return element.type?.find(({ code }) => `${stem}${code.charAt(0).toUpperCase()}${code.slice(1)}` === choice);
}

function canBearName({ name, element }: ElementNode, sliceName: string): boolean {
  return element.max === '1' || sliceName.toLowerCase() === name.toLowerCase();
}

/** A Reference's profiles are those of the reference, not of what it refers to; several profiles say no single set of children. */
function onlyProfile(type: ElementDefinitionType | undefined): string | undefined {
  return type?.profile?.length === 1 ? type.profile[0] : undefined;
}
