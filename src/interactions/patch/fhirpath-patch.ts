/** FHIRPath Patch: https://hl7.org/fhir/R4/fhirpatch.html. What the path selects must be there as R4 wants it, else nothing is changed. */
import type { ConformanceRegistry } from '../../conformance/conformance-registry.js';
import { createTypeModel } from '../../conformance/type-model.js';
import { FhirError } from '../../fhir/fhir-error.js';
import { isJsonTree, type JsonTree } from '../../fhir/json-tree.js';
import { compileExpression } from '../../fhirpath/compile-expression.js';
import { type CompiledExpression, FhirPathError, type TypeModel } from '../../fhirpath/fhirpath.js';
import { type ElementItem, isList, prune, readItems, writeItems } from './element-items.js';
import { choicesOf, type ElementChild, findChoice, isRepeating } from './element-model.js';
import { type ElementPlace, ElementPlaces } from './element-places.js';
import { type FhirPathPatchOperation, operationName } from './fhirpath-patch-operation.js';
import type { PatchLimits } from './patch-limits.js';
import { buildItem, ValueFault } from './patch-value.js';

type Operation<T extends FhirPathPatchOperation['type']> = Extract<FhirPathPatchOperation, { readonly type: T }>;

type Place = ElementPlace | 'resource';

/** What cannot be done with this resource, as half a sentence. */
class ResourceFault extends Error {}

/** Changes the resource. Throws 400 for an operation that fits no resource of the type, 422 for one that does not fit this one. */
export async function applyFhirPathPatch(
  resource: JsonTree,
  operations: readonly FhirPathPatchOperation[],
  conformance: ConformanceRegistry,
  limits: PatchLimits,
): Promise<void> {
  const patching = new Patching(resource, conformance, limits);
  for (const operation of operations) {
    try {
      patching.apply(operation);
    } catch (error) {
      throw toFhirError(error, operation);
    }
    await limits.breathe();
  }
  prune(resource);
}

function toFhirError(error: unknown, { index, type, path }: FhirPathPatchOperation): unknown {
  if (!(error instanceof ResourceFault || error instanceof ValueFault)) return error;
  const shown = path.length > 120 ? `${path.slice(0, 120)}…` : path;
  return new FhirError(
    error instanceof ResourceFault ? 'patch-failed' : 'malformed-request',
    `${operationName(index)}, ${type} '${shown}': ${error.message}`,
    { expression: `Parameters.parameter[${index}]`, cause: error },
  );
}

class Patching {
  readonly #resource: JsonTree;
  readonly #type: string;
  readonly #conformance: ConformanceRegistry;
  readonly #model: TypeModel;
  readonly #limits: PatchLimits;
  readonly #found: ElementPlaces;

  constructor(resource: JsonTree, conformance: ConformanceRegistry, limits: PatchLimits) {
    this.#resource = resource;
    this.#type = String(resource['resourceType']);
    this.#conformance = conformance;
    this.#model = createTypeModel(conformance);
    this.#limits = limits;
    this.#found = new ElementPlaces(resource, this.#type, this.#model, limits.depth);
  }

  apply(operation: FhirPathPatchOperation): void {
    switch (operation.type) {
      case 'add':
        this.#add(operation);
        return;
      case 'insert':
        this.#insert(operation);
        return;
      case 'delete':
        this.#delete(operation);
        return;
      case 'replace':
        this.#replace(operation);
        return;
      case 'move':
        this.#move(operation);
        return;
    }
  }

  #add({ path, name, value }: Operation<'add'>): void {
    const place = requireOne(this.#places(path));
    const owner = place === 'resource' ? this.#type : place.type;
    const holder = place === 'resource' ? this.#resource : this.#elementOf(place);
    const choices = this.#model.children(owner, name);
    if (choices === undefined) throw new ValueFault(`${owner} has no element '${name.slice(0, 64)}'`);
    const child = findChoice(choices, value.kind === 'value' ? value.suffix : undefined);
    if (child === undefined) throw new ValueFault(`the value is of no type that ${owner}.${name.slice(0, 64)} may have`);
    const list = isRepeating(this.#conformance, owner, child.property) || isList(holder, child.property);
    const others = list ? [] : choicesOf(this.#model, owner, child).filter(({ property }) => readItems(holder, property).length > 0);
    if (others[0] !== undefined) {
      throw new ResourceFault(`there is a '${others[0].property}' already, and it may stand once only: replace it`);
    }
    this.#write(holder, child.property, [...readItems(holder, child.property), this.#item(child.type, value)], list);
  }

  #insert({ path, value, at }: Operation<'insert'>): void {
    const { holder, property, type, items } = this.#list(path);
    if (at > items.length) throw new ResourceFault(`there is no index ${at}: the list has ${items.length} items`);
    this.#write(holder, property, items.toSpliced(at, 0, this.#item(type, value)), true);
  }

  /** What is not there need not be deleted. */
  #delete({ path }: Operation<'delete'>): void {
    const places = this.#places(path);
    if (places.length === 0) return;
    const { holder, property, index } = requireElement(requireOne(places));
    this.#write(holder, property, readItems(holder, property).toSpliced(index, 1), isList(holder, property));
  }

  #replace({ path, value }: Operation<'replace'>): void {
    const place = requireElement(requireOne(this.#places(path)));
    const { holder, owner, property, index } = place;
    const choices = choicesOf(this.#model, owner, place);
    const child: ElementChild | undefined = value.kind === 'value' ? findChoice(choices, value.suffix) : place;
    if (child === undefined) throw new ValueFault(`the value is of no type that may stand in the place of '${property}'`);
    const item = this.#item(child.property === property ? place.type : child.type, value);
    const list = isList(holder, property);
    const items = readItems(holder, property);
    if (child.property !== property) this.#write(holder, property, [], list);
    this.#write(holder, child.property, items.with(index, item), list);
  }

  #move({ path, source, destination }: Operation<'move'>): void {
    const { holder, property, items } = this.#list(path);
    for (const index of [source, destination]) {
      if (index >= items.length) throw new ResourceFault(`there is no index ${index}: the list has ${items.length} items`);
    }
    const moved = items.toSpliced(source, 1).toSpliced(destination, 0, items[source] as ElementItem);
    this.#write(holder, property, moved, true);
  }

  #write(holder: JsonTree, property: string, items: readonly ElementItem[], list: boolean): void {
    writeItems(holder, property, items, list);
    this.#found.forget(holder);
  }

  /** The element as an object; of a primitive what is said beside it, which is made where there is nothing yet. */
  #elementOf({ holder, property, index }: ElementPlace): JsonTree {
    const items = readItems(holder, property);
    const { value, companion } = items[index] as ElementItem;
    if (isJsonTree(value)) return value;
    if (companion !== undefined) return companion;
    const made: JsonTree = {};
    this.#write(holder, property, items.with(index, { value, companion: made }), isList(holder, property));
    return made;
  }

  #item(type: string, value: Operation<'add'>['value']): ElementItem {
    return buildItem(value, type, this.#model, this.#conformance);
  }

  /** The list that the path selects, which must be all of it. */
  #list(path: string): ElementPlace & { readonly items: readonly ElementItem[] } {
    const places = this.#places(path);
    const [first] = places;
    if (first === undefined) throw new ResourceFault('nothing is there that the path selects: add the first item by an add to its parent');
    if (first === 'resource') throw new ResourceFault('the path selects the resource itself, which is no list');
    const isOneList = places.every((place) => place !== 'resource' && place.holder === first.holder && place.property === first.property);
    if (!isOneList) throw new ResourceFault('the path selects items of several lists: make it select those of one');
    const items = readItems(first.holder, first.property);
    if (!isList(first.holder, first.property)) throw new ResourceFault(`'${first.property}' is no list`);
    if (items.length !== places.length) {
      throw new ResourceFault(`the path selects ${places.length} of the ${items.length} items of the list: make it select them all`);
    }
    return { ...first, items };
  }

  #places(path: string): readonly Place[] {
    const expression = this.#compile(path);
    const root = this.#found.view();
    if (root === undefined) throw new ResourceFault(`the resource has become nested deeper than ${this.#limits.depth} levels`);
    let nodes: ReturnType<CompiledExpression['evaluate']>;
    try {
      nodes = expression.evaluate(root, { model: this.#model, resource: root, rootResource: root });
    } catch (error) {
      if (!(error instanceof FhirPathError)) throw error;
      throw new ResourceFault(`the path cannot be evaluated: ${error.message}`, { cause: error });
    }
    return nodes.map((node) => {
      const place = this.#found.find(node);
      if (place === undefined) throw new ValueFault('the path computes a value: make it select elements of the resource');
      return place;
    });
  }

  #compile(path: string): CompiledExpression {
    let expression: CompiledExpression;
    try {
      expression = compileExpression(path, this.#model);
    } catch (error) {
      if (!(error instanceof FhirPathError)) throw error;
      throw new ValueFault(`the path is no FHIRPath: ${error.message.slice(0, 300)}`, { cause: error });
    }
    if (expression.native) return expression;
    throw new ValueFault('the path has a function or a constant that selects no elements here: write it without');
  }
}

function requireOne(places: readonly Place[]): Place {
  const [place] = places;
  if (place === undefined) throw new ResourceFault('nothing is there that the path selects');
  if (places.length > 1) throw new ResourceFault(`the path selects ${places.length} elements: make it select one`);
  return place;
}

function requireElement(place: Place): ElementPlace {
  if (place !== 'resource') return place;
  throw new ResourceFault('the path selects the resource itself: make it select one of its elements');
}
