/**
 * The expression of a SearchParameter, compiled for one resource type to a walk that makes no nodes.
 * Paths with `as`, `where(x = '…')` and `where(resolve() is T)` are walked directly; the rest is FHIRPath's.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import { type CompiledExpression, type EvaluationContext, FhirPathError, type TypedNode, type TypeModel } from '../fhirpath/fhirpath.js';
import { referencedType, referenceMayBe } from './reference-text.js';

export type CompileExpression = (expression: string, model: TypeModel) => CompiledExpression;

/** Takes each value that the expression selects, with its FHIR type. */
type ValueVisitor = (value: JsonValue, type: string) => void;

/** A step from one value onwards; `visit` gets what lies at the end of the path. */
type Walk = (value: JsonValue, visit: ValueVisitor) => void;

export interface Extractor {
  extract(resource: JsonObject, visit: ValueVisitor): void;
  /** Types that can come out; undefined where FHIRPath evaluates and they are not known beforehand. */
  readonly types: ReadonlySet<string> | undefined;
  /** Element paths (`Encounter.status`) of direct walks. */
  readonly paths: readonly string[];
  /** The children of the focus at which the alternatives begin; `*` where FHIRPath evaluates. */
  readonly starts: ReadonlySet<string>;
}

type Segment =
  | { readonly kind: 'child'; readonly name: string }
  | { readonly kind: 'as'; readonly type: string }
  | { readonly kind: 'equals'; readonly name: string; readonly value: string }
  | { readonly kind: 'refers'; readonly type: string };

/** Undefined when no alternative applies to this type. Throws FhirPathError when one that applies is no FHIRPath. */
export function compileExtractor(
  expression: string,
  focusType: string,
  model: TypeModel,
  compileExpression: CompileExpression,
): Extractor | undefined {
  const walks: Walk[] = [];
  const types = new Set<string>();
  const paths: string[] = [];
  let typesAreKnown = true;
  let applies = false;
  const starts = new Set<string>();
  for (const alternative of splitAlternatives(expression)) {
    if (!appliesTo(alternative, focusType)) continue;
    applies = true;
    const segments = readSegments(alternative, focusType);
    const walk = segments === undefined ? 'open' : buildWalk(focusType, segments, 0, model, types);
    if (walk === 'open') {
      walks.push(evaluatingWalk(compileExpression(alternative, model), focusType, model));
      typesAreKnown = false;
      starts.add('*');
    } else if (walk !== undefined) {
      walks.push(walk);
      const [first] = segments ?? [];
      if (first?.kind === 'child') starts.add(first.name);
      if (segments?.every((segment) => segment.kind === 'child')) paths.push([focusType, ...segments.map(({ name }) => name)].join('.'));
    }
  }
  if (!applies) return undefined;
  return {
    extract: (resource, visit) => {
      for (const walk of walks) walk(resource, visit);
    },
    types: typesAreKnown ? types : undefined,
    paths,
    starts,
  };
}

/** Alternatives at the top level: not those inside parentheses or quotes. */
function splitAlternatives(expression: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let index = 0; index < expression.length; index += 1) {
    const character = expression[index];
    if (quoted) {
      if (character === '\\') index += 1;
      else if (character === "'") quoted = false;
    } else if (character === "'") quoted = true;
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === '|' && depth === 0) {
      parts.push(expression.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(expression.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** An alternative that starts at the name of another type has nothing to say of this one. */
function appliesTo(alternative: string, focusType: string): boolean {
  const start = /^\(*\s*([A-Z]\w*)/.exec(alternative)?.[1];
  return start === undefined || start === focusType || start === 'Resource' || start === 'DomainResource';
}

const SEGMENT =
  /^(?:(?:as|ofType)\(\s*(?:FHIR\.)?(\w+)\s*\)|where\(\s*resolve\(\)\s+is\s+(?:FHIR\.)?(\w+)\s*\)|where\(\s*(\w+)\s*=\s*'([^'\\]*)'\s*\)|([a-zA-Z]\w*)(?![\w(]))(?:\.|$)/;

/** The path after the focus; undefined when it holds anything else than the segments above. */
function readSegments(alternative: string, focusType: string): readonly Segment[] | undefined {
  let rest = alternative
    .replace(/^\(\s*([\w.]+)\s+as\s+(\w+)\s*\)/, '$1.as($2)')
    .replace(/^([\w.]+)\s+as\s+(\w+)$/, '$1.as($2)')
    .replace(/^\(\s*([\w.]+)\s*\)$/, '$1');
  const segments: Segment[] = [];
  let isFirst = true;
  while (rest !== '') {
    const match = SEGMENT.exec(rest);
    if (match === null) return undefined;
    const [whole, asType, refersType, name, value, child] = match;
    if (asType !== undefined) segments.push({ kind: 'as', type: asType });
    else if (refersType !== undefined) segments.push({ kind: 'refers', type: refersType });
    else if (name !== undefined && value !== undefined) segments.push({ kind: 'equals', name, value });
    else if (child !== undefined && !(isFirst && isFocusName(child, focusType))) segments.push({ kind: 'child', name: child });
    isFirst = false;
    rest = rest.slice(whole.length);
    if (whole.endsWith('.') && rest === '') return undefined;
  }
  return segments;
}

function isFocusName(name: string, focusType: string): boolean {
  return name === focusType || name === 'Resource' || name === 'DomainResource';
}

/** 'open' where the types further down depend on the resource (contained resources); undefined where the path leads nowhere. */
function buildWalk(
  type: string,
  segments: readonly Segment[],
  at: number,
  model: TypeModel,
  types: Set<string>,
): Walk | 'open' | undefined {
  const segment = segments[at];
  if (segment === undefined) {
    types.add(type);
    return (value, visit) => visit(value, type);
  }
  if (segment.kind === 'child') return buildChildWalk(type, segment.name, segments, at, model, types);
  // R4 writes one of them as `DateTime`
  if (segment.kind === 'as' && segment.type.toLowerCase() !== type.toLowerCase() && !model.isSubtype(type, segment.type)) return undefined;
  const next = buildWalk(type, segments, at + 1, model, types);
  if (typeof next !== 'function' || segment.kind === 'as') return next;
  if (segment.kind === 'equals') {
    const { name, value: wanted } = segment;
    return (value, visit) => {
      if (isJsonObject(value) && value[name] === wanted) next(value, visit);
    };
  }
  const { type: target } = segment;
  return (value, visit) => {
    if (referenceMayBe(value, target)) next(value, visit);
  };
}

interface ChildWalk {
  readonly property: string;
  readonly walk: Walk;
}

function buildChildWalk(
  type: string,
  name: string,
  segments: readonly Segment[],
  at: number,
  model: TypeModel,
  types: Set<string>,
): Walk | 'open' | undefined {
  const children: ChildWalk[] = [];
  for (const child of model.children(type, name) ?? []) {
    if (child.type === 'Resource' || child.type === 'DomainResource') return 'open';
    const walk = buildWalk(child.type, segments, at + 1, model, types);
    if (walk === 'open') return 'open';
    if (walk !== undefined) children.push({ property: child.property, walk });
  }
  const [only] = children;
  if (only === undefined) return undefined;
  if (children.length === 1) return (value, visit) => walkProperty(value, only, visit);
  if (children.length < 8) {
    return (value, visit) => {
      for (const child of children) walkProperty(value, child, visit);
    };
  }
  // `value` of an extension has fifty types, an extension three keys
  const byProperty = new Map(children.map((child) => [child.property, child]));
  return (value, visit) => {
    if (!isJsonObject(value)) return;
    for (const key in value) {
      const child = byProperty.get(key);
      if (child !== undefined) walkProperty(value, child, visit);
    }
  };
}

function walkProperty(value: JsonValue, child: ChildWalk, visit: ValueVisitor): void {
  if (!isJsonObject(value)) return;
  const inner = value[child.property];
  if (inner === undefined || inner === null) return;
  if (!Array.isArray(inner)) {
    child.walk(inner, visit);
    return;
  }
  for (const item of inner) if (item !== null) child.walk(item, visit);
}

function evaluatingWalk(compiled: CompiledExpression, focusType: string, model: TypeModel): Walk {
  return (value, visit) => {
    const focus: TypedNode = { value, type: focusType };
    const context: EvaluationContext = { model, resource: focus, rootResource: focus, resolveReference: resolveToType };
    let nodes: readonly TypedNode[];
    try {
      nodes = compiled.evaluate(focus, context);
    } catch (error) {
      // an expression that this resource breaks (`single()` of two) selects nothing of it
      if (error instanceof FhirPathError) return;
      throw error;
    }
    for (const node of nodes) if (node.value !== undefined && node.value !== null) visit(node.value, node.type);
  };
}

/** `resolve()` in a search parameter only asks for the type, which the reference's text tells. */
function resolveToType(reference: string): TypedNode | undefined {
  const type = referencedType(reference);
  return type === undefined ? undefined : { value: { resourceType: type }, type };
}
