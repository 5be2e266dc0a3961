/** Steps from a node to its children over plain JSON: https://hl7.org/fhir/R4/fhirpath.html#choice */
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import type { TypedNode, TypeModel } from './fhirpath.js';
import type { Operator, Scope } from './operator.js';
import { actualType, isOpenType, type Nodes, nodeOf, truthOf } from './typed-value.js';

interface ChildProperty {
  readonly property: string;
  readonly type: string;
  /** `_property`; undefined for children that are no primitives. */
  readonly companion: string | undefined;
}

/** What a name means for one type. */
interface StepChildren {
  readonly list: readonly ChildProperty[];
  /** By property and by companion, where there are so many choices that the value's own keys are fewer (`value` of Extension). */
  readonly byKey: ReadonlyMap<string, ChildProperty> | undefined;
}

const MANY_CHOICES = 6;

/** One name of a path, with what it means for the types met so far. */
class Step {
  readonly name: string;
  readonly #model: TypeModel;
  readonly #byType = new Map<string, StepChildren | undefined>();
  #lastType = '';
  #last: StepChildren | undefined;

  constructor(name: string, model: TypeModel) {
    this.name = name;
    this.#model = model;
  }

  childrenOf(type: string): StepChildren | undefined {
    if (type === this.#lastType) return this.#last;
    let found = this.#byType.get(type);
    if (found === undefined && !this.#byType.has(type)) {
      const children = this.#model.children(type, this.name) ?? childrenOfPrimitive(type, this.name, this.#model);
      found = children === undefined ? undefined : toStepChildren(children, this.#model);
      this.#byType.set(type, found);
    }
    this.#lastType = type;
    this.#last = found;
    return found;
  }
}

function toStepChildren(children: readonly { readonly property: string; readonly type: string }[], model: TypeModel): StepChildren {
  const list = children.map((child) => toChildProperty(child, model));
  if (list.length <= MANY_CHOICES) return { list, byKey: undefined };
  const byKey = new Map<string, ChildProperty>();
  for (const child of list) {
    byKey.set(child.property, child);
    if (child.companion !== undefined) byKey.set(child.companion, child);
  }
  return { list, byKey };
}

const EXTENSION = [{ property: 'extension', type: 'Extension' }];
const ELEMENT_ID = [{ property: 'id', type: 'System.String' }];

/** What every Element has, should the model not say so for primitives. */
function childrenOfPrimitive(type: string, name: string, model: TypeModel): typeof EXTENSION | undefined {
  if (!model.isPrimitive(type)) return undefined;
  return name === 'extension' ? EXTENSION : name === 'id' ? ELEMENT_ID : undefined;
}

function toChildProperty(child: { readonly property: string; readonly type: string }, model: TypeModel): ChildProperty {
  const hasCompanion = model.isPrimitive(child.type) || /^[a-z]/.test(child.type);
  return { property: child.property, type: child.type, companion: hasCompanion ? `_${child.property}` : undefined };
}

/** Where the children of a value stand: an object's in itself, a primitive's in its companion. */
function containerOf(value: JsonValue | undefined, companion: JsonObject | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : companion;
}

/** Takes every node that a path reaches; true ends the walk. */
type Visit = (value: JsonValue | undefined, type: string, companion: JsonObject | undefined) => boolean;

function walk(
  steps: readonly Step[],
  depth: number,
  value: JsonValue | undefined,
  type: string,
  companion: JsonObject | undefined,
  visit: Visit,
): boolean {
  if (depth === steps.length) return visit(value, type, companion);
  const container = containerOf(value, companion);
  if (container === undefined) return false;
  const children = (steps[depth] as Step).childrenOf(type);
  if (children === undefined) return false;
  const { list, byKey } = children;
  if (byKey === undefined) {
    for (let index = 0; index < list.length; index++) {
      if (walkChild(steps, depth, container, list[index] as ChildProperty, visit)) return true;
    }
    return false;
  }
  for (const key in container) {
    const child = byKey.get(key);
    // a companion is walked with its value where there is one
    if (child === undefined || (key === child.companion && container[child.property] !== undefined)) continue;
    if (walkChild(steps, depth, container, child, visit)) return true;
  }
  return false;
}

function walkChild(steps: readonly Step[], depth: number, container: JsonObject, child: ChildProperty, visit: Visit): boolean {
  const found = container[child.property];
  const beside = child.companion === undefined ? undefined : container[child.companion];
  if (found === undefined && beside === undefined) return false;
  if (Array.isArray(found) || Array.isArray(beside)) return walkItems(steps, depth + 1, found, child.type, beside, visit);
  if (found !== undefined && found !== null) {
    const childType = isOpenType(child.type) ? actualType(child.type, found) : child.type;
    return walk(steps, depth + 1, found, childType, isJsonObject(beside) ? beside : undefined, visit);
  }
  return isJsonObject(beside) && walk(steps, depth + 1, undefined, child.type, beside, visit);
}

function walkItems(
  steps: readonly Step[],
  depth: number,
  found: JsonValue | undefined,
  type: string,
  beside: JsonValue | undefined,
  visit: Visit,
): boolean {
  const values = Array.isArray(found) ? found : undefined;
  const companions = Array.isArray(beside) ? beside : undefined;
  const isOpen = isOpenType(type);
  const length = Math.max(values?.length ?? 0, companions?.length ?? 0);
  for (let index = 0; index < length; index++) {
    const value = values?.[index] ?? undefined;
    const companion = companions?.[index];
    const companionObject = isJsonObject(companion) ? companion : undefined;
    if (value === undefined && companionObject === undefined) continue;
    if (walk(steps, depth, value, isOpen ? actualType(type, value) : type, companionObject, visit)) return true;
  }
  return false;
}

const stop: Visit = () => true;

/**
 * `a.b.c` from `$this` or from the items of `input`. With `prefix`, the first name may be that of the focus's own type
 * (`Observation.code`), which then is no step.
 */
export function pathOperator(
  input: Operator | undefined,
  names: readonly string[],
  prefix: string | undefined,
  model: TypeModel,
): Operator {
  const steps = names.map((name) => new Step(name, model));
  const stepsWithPrefix = prefix === undefined ? steps : [new Step(prefix, model), ...steps];
  const stepsFor = prefix === undefined ? () => steps : prefixTest(prefix, steps, stepsWithPrefix, model);

  const visitAll = (scope: Scope, visit: Visit): boolean => {
    if (input === undefined && scope.all === undefined) {
      const node = scope.node;
      return walk(stepsFor(node.type), 0, node.value, node.type, node.companion, visit);
    }
    const nodes = input === undefined ? (scope.all as Nodes) : input.evaluate(scope);
    for (const node of nodes) {
      if (walk(stepsFor(node.type), 0, node.value, node.type, node.companion, visit)) return true;
    }
    return false;
  };

  const evaluate = (scope: Scope): Nodes => {
    const nodes: TypedNode[] = [];
    visitAll(scope, (value, type, companion) => {
      nodes.push(nodeOf(value, type, companion));
      return false;
    });
    return nodes;
  };
  // a walk runs none of the expression's other parts, so the state of one visitor can serve every evaluation
  let count = 0;
  let last: JsonValue | undefined;
  let lastType = '';
  const countAll: Visit = () => {
    count++;
    return false;
  };
  const lookForTwo: Visit = (value, type) => {
    last = value;
    lastType = type;
    return ++count > 1;
  };
  return {
    evaluate,
    exists: (scope) => visitAll(scope, stop),
    count: (scope) => {
      count = 0;
      visitAll(scope, countAll);
      return count;
    },
    truth: (scope) => {
      count = 0;
      visitAll(scope, lookForTwo);
      if (count === 0) return undefined;
      if (count === 1 && typeof last === 'boolean') return last;
      return count === 1 && lastType !== 'boolean' ? true : truthOf(evaluate(scope));
    },
    equalsText: (scope, text) => {
      count = 0;
      visitAll(scope, lookForTwo);
      return count === 0 ? undefined : count === 1 && last === text;
    },
  };
}

function prefixTest(
  prefix: string,
  steps: readonly Step[],
  stepsWithPrefix: readonly Step[],
  model: TypeModel,
): (type: string) => readonly Step[] {
  let lastType = '';
  let last = steps;
  return (type) => {
    if (type === lastType) return last;
    lastType = type;
    last = type === prefix || model.isSubtype(type, prefix) ? steps : stepsWithPrefix;
    return last;
  };
}

/** Types of all properties of a type, for children() and descendants(). */
export class ChildTypes {
  readonly #model: TypeModel;
  readonly #byType = new Map<string, ReadonlyMap<string, string>>();

  constructor(model: TypeModel) {
    this.#model = model;
  }

  of(type: string): ReadonlyMap<string, string> {
    let types = this.#byType.get(type);
    if (types === undefined) {
      types = new Map(this.#model.properties(type).map((child) => [child.property, child.type]));
      if (this.#model.isPrimitive(type)) types = new Map([['id', 'System.String'], ['extension', 'Extension'], ...types]);
      this.#byType.set(type, types);
    }
    return types;
  }
}

function isCompanionOnly(container: JsonObject, key: string): boolean {
  return key.charCodeAt(0) === 95 && container[key.slice(1)] === undefined;
}

/** How many children a node has, without making them. */
export function countChildren(node: TypedNode): number {
  const container = containerOf(node.value, node.companion);
  if (container === undefined) return 0;
  let count = 0;
  for (const key in container) {
    if (key === 'resourceType' || (key.charCodeAt(0) === 95 && !isCompanionOnly(container, key))) continue;
    const child = container[key];
    count += Array.isArray(child) ? child.length : 1;
  }
  return count;
}

/** Appends the children of a node, in the order of the JSON. */
export function addChildren(node: TypedNode, types: ChildTypes, nodes: TypedNode[]): void {
  const container = containerOf(node.value, node.companion);
  if (container === undefined) return;
  const childTypes = types.of(node.type);
  for (const key in container) {
    let property = key;
    if (key.charCodeAt(0) === 95) {
      if (!isCompanionOnly(container, key)) continue;
      property = key.slice(1);
    }
    const type = childTypes.get(property);
    if (type === undefined) continue;
    const value = container[property];
    const companion = container[`_${property}`];
    if (Array.isArray(value) || Array.isArray(companion)) {
      walkItems([], 0, value, type, companion, (item, itemType, beside) => {
        nodes.push(nodeOf(item, itemType, beside));
        return false;
      });
    } else if (value !== undefined && value !== null) {
      nodes.push(nodeOf(value, actualType(type, value), isJsonObject(companion) ? companion : undefined));
    } else if (isJsonObject(companion)) {
      nodes.push(nodeOf(undefined, type, companion));
    }
  }
}

export function addDescendants(node: TypedNode, types: ChildTypes, nodes: TypedNode[]): void {
  let next = nodes.length;
  addChildren(node, types, nodes);
  for (; next < nodes.length; next++) {
    const child = nodes[next] as TypedNode;
    if (child.companion !== undefined || typeof child.value === 'object') addChildren(child, types, nodes);
  }
}
