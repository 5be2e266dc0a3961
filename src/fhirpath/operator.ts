/** What a part of an expression compiles to, and the scope in which it runs. */
import type { EvaluationContext, TypedNode } from './fhirpath.js';
import { booleanNodes, EMPTY, type Nodes, numberNode, truthOf } from './typed-value.js';

/** `$this` and what surrounds it. A scope is changed for each item of where(), all() and the like: results are never lazy. */
export interface Scope {
  node: TypedNode;
  /** Set where `$this` is a collection (arguments of iif). */
  all: Nodes | undefined;
  index: number;
  total: Nodes;
  readonly context: EvaluationContext;
  readonly memo: Memo;
}

/** Lives as long as one evaluation. */
export interface Memo {
  /** `%context`. */
  readonly focus: TypedNode;
  descendantsOf: TypedNode | undefined;
  descendants: Nodes;
}

/**
 * The same result asked for in several ways, so that `a.b.exists()` makes no nodes and `a and b` no collections. An operator
 * states the way that it knows best; the makers below derive the others.
 */
export interface Operator {
  evaluate(scope: Scope): Nodes;
  /** Whether there is any item. */
  exists(scope: Scope): boolean;
  count(scope: Scope): number;
  /** As a Boolean: undefined for empty. */
  truth(scope: Scope): boolean | undefined;
  /** Present where the result is always a number or empty. */
  readonly number?: (scope: Scope) => number | undefined;
  /** True where the result is always a Boolean or empty. */
  readonly isBoolean?: true;
  /** Present where `= 'text'` can be answered without making nodes; several items equal no text. */
  readonly equalsText?: (scope: Scope, text: string) => boolean | undefined;
  /** Present where the result never changes. */
  readonly constant?: Nodes;
}

export function newScope(node: TypedNode, context: EvaluationContext): Scope {
  return { node, all: undefined, index: 0, total: EMPTY, context, memo: { focus: node, descendantsOf: undefined, descendants: EMPTY } };
}

/** The scope of a function's argument, to be moved over the items of its input. */
export function innerScope(outer: Scope): Scope {
  return { node: outer.node, all: undefined, index: 0, total: outer.total, context: outer.context, memo: outer.memo };
}

export function collection(evaluate: (scope: Scope) => Nodes): Operator {
  return {
    evaluate,
    exists: (scope) => evaluate(scope).length > 0,
    count: (scope) => evaluate(scope).length,
    truth: (scope) => truthOf(evaluate(scope)),
  };
}

export function predicate(truth: (scope: Scope) => boolean | undefined): Operator {
  return {
    evaluate: (scope) => booleanNodes(truth(scope)),
    exists: (scope) => truth(scope) !== undefined,
    count: (scope) => (truth(scope) === undefined ? 0 : 1),
    truth,
    isBoolean: true,
  };
}

export function numeric(number: (scope: Scope) => number | undefined, type?: 'System.Integer' | 'System.Decimal'): Operator {
  return {
    evaluate: (scope) => {
      const value = number(scope);
      return value === undefined ? EMPTY : [numberNode(value, type)];
    },
    exists: (scope) => number(scope) !== undefined,
    count: (scope) => (number(scope) === undefined ? 0 : 1),
    truth: (scope) => (number(scope) === undefined ? undefined : true),
    number,
  };
}

export function constant(nodes: Nodes): Operator {
  const value = nodes[0]?.value;
  const base = { ...collection(() => nodes), constant: nodes };
  return nodes.length === 1 && typeof value === 'number' ? { ...base, number: () => value } : base;
}
