/** Filtering, projection, subsetting, combining and tree navigation: http://hl7.org/fhirpath/N1/#functions */
import { typeNameOf } from '../ast.js';
import type { Call, FunctionTable } from '../compiler.js';
import { DistinctNodes } from '../equality.js';
import type { TypedNode } from '../fhirpath.js';
import { addChildren, addDescendants, type ChildTypes, countChildren } from '../navigation.js';
import { collection, innerScope, type Operator, type Scope } from '../operator.js';
import { isOperator, ofTypeOperator } from '../type-operators.js';
import { EMPTY, EvaluationFault, integerOf, type Nodes, truthOf } from '../typed-value.js';
import { anyHolds } from './existence.js';

/** Rounds after which repeat() is taken for endless. */
const REPEAT_LIMIT = 100_000;

export const collectionFunctions: FunctionTable = {
  where: { min: 1, max: 1, compile: where },
  select: { min: 1, max: 1, compile: select },
  repeat: { min: 1, max: 1, compile: repeat },
  ofType: { min: 1, max: 1, compile: (call) => ofTypeOperator(call.input, typeNameOf(call.args[0]), call.compiler.model) },
  as: { min: 1, max: 1, compile: (call) => ofTypeOperator(call.input, typeNameOf(call.args[0]), call.compiler.model) },
  is: { min: 1, max: 1, compile: (call) => isOperator(call.input, typeNameOf(call.args[0]), call.compiler.model) },
  single: {
    min: 0,
    max: 0,
    compile: ({ input }) =>
      collection((scope) => {
        const nodes = input.evaluate(scope);
        if (nodes.length > 1) throw new EvaluationFault(`single() takes one item, but there are ${nodes.length}`);
        return nodes;
      }),
  },
  first: { min: 0, max: 0, compile: ({ input }) => subset(input, (nodes) => nodes.slice(0, 1)) },
  last: { min: 0, max: 0, compile: ({ input }) => subset(input, (nodes) => nodes.slice(-1)) },
  tail: { min: 0, max: 0, compile: ({ input }) => subset(input, (nodes) => nodes.slice(1)) },
  skip: { min: 1, max: 1, compile: (call) => sized(call, (nodes, size) => (size <= 0 ? nodes : nodes.slice(size))) },
  take: { min: 1, max: 1, compile: (call) => sized(call, (nodes, size) => (size <= 0 ? EMPTY : nodes.slice(0, size))) },
  combine: { min: 1, max: 1, compile: (call) => combined(call, (a, b) => (a.length === 0 ? b : b.length === 0 ? a : [...a, ...b])) },
  union: { min: 1, max: 1, compile: (call) => combined(call, (a, b) => new DistinctNodes().addAll(a).addAll(b).items) },
  intersect: {
    min: 1,
    max: 1,
    compile: (call) => combined(call, (a, b) => (a.length === 0 || b.length === 0 ? EMPTY : intersection(a, b))),
  },
  exclude: {
    min: 1,
    max: 1,
    compile: (call) =>
      combined(call, (a, b) => {
        if (a.length === 0 || b.length === 0) return a;
        const excluded = new DistinctNodes().addAll(b);
        return a.filter((node) => !excluded.has(node));
      }),
  },
  children: { min: 0, max: 0, compile: children },
  descendants: { min: 0, max: 0, compile: descendants },
  aggregate: { min: 1, max: 2, compile: aggregate },
  iif: { min: 2, max: 3, compile: iif },
  trace: { min: 1, max: 2, compile: ({ input }) => input },
};

function where(call: Call): Operator {
  const { input } = call;
  const criterion = call.argument(0);
  const evaluate = (scope: Scope): Nodes => {
    const nodes = input.evaluate(scope);
    if (nodes.length === 0) return nodes;
    const inner = innerScope(scope);
    const kept: TypedNode[] = [];
    for (let index = 0; index < nodes.length; index++) {
      const node = nodes[index] as TypedNode;
      inner.node = node;
      inner.index = index;
      if (criterion.truth(inner) === true) kept.push(node);
    }
    return kept;
  };
  return { ...collection(evaluate), exists: (scope) => anyHolds(input, criterion, scope) };
}

function select(call: Call): Operator {
  const { input } = call;
  const projection = call.argument(0);
  return collection((scope) => {
    const nodes = input.evaluate(scope);
    if (nodes.length === 0) return nodes;
    const inner = innerScope(scope);
    const result: TypedNode[] = [];
    for (let index = 0; index < nodes.length; index++) {
      inner.node = nodes[index] as TypedNode;
      inner.index = index;
      result.push(...projection.evaluate(inner));
    }
    return result;
  });
}

function repeat(call: Call): Operator {
  const { input } = call;
  const projection = call.argument(0);
  return collection((scope) => {
    const inner = innerScope(scope);
    const found = new DistinctNodes();
    let next = input.evaluate(scope);
    for (let index = 0; next.length > 0; ) {
      const added: TypedNode[] = [];
      for (const node of next) {
        inner.node = node;
        inner.index = index++;
        for (const result of projection.evaluate(inner)) {
          if (found.add(result)) added.push(result);
        }
      }
      if (found.items.length > REPEAT_LIMIT) throw new EvaluationFault(`repeat() found more than ${REPEAT_LIMIT} items`);
      next = added;
    }
    return found.items;
  });
}

function subset(input: Operator, take: (nodes: Nodes) => Nodes): Operator {
  return collection((scope) => take(input.evaluate(scope)));
}

function sized(call: Call, take: (nodes: Nodes, size: number) => Nodes): Operator {
  const size = call.argument(0);
  return collection((scope) => {
    const number = integerOf(size.evaluate(scope), `${call.name}()`);
    return number === undefined ? EMPTY : take(call.input.evaluate(scope), number);
  });
}

function combined(call: Call, combine: (left: Nodes, right: Nodes) => Nodes): Operator {
  const other = call.argument(0);
  return collection((scope) => combine(call.input.evaluate(scope), other.evaluate(scope)));
}

function intersection(left: Nodes, right: Nodes): Nodes {
  const others = new DistinctNodes().addAll(right);
  const shared = new DistinctNodes();
  for (const node of left) {
    if (others.has(node)) shared.add(node);
  }
  return shared.items;
}

function children(call: Call): Operator {
  const { input } = call;
  const types = call.compiler.childTypes;
  const evaluate = (scope: Scope): Nodes => {
    const nodes: TypedNode[] = [];
    for (const node of input.evaluate(scope)) addChildren(node, types, nodes);
    return nodes;
  };
  const count = (scope: Scope): number => {
    if (call.isRoot && scope.all === undefined) return countChildren(scope.node);
    return input.evaluate(scope).reduce((sum, node) => sum + countChildren(node), 0);
  };
  return { evaluate, count, exists: (scope) => count(scope) > 0, truth: (scope) => truthOf(evaluate(scope)) };
}

function descendants(call: Call): Operator {
  const types = call.compiler.childTypes;
  return collection((scope) => {
    const nodes = call.input.evaluate(scope);
    const root = nodes[0];
    if (root === undefined) return EMPTY;
    return nodes.length === 1 ? descendantsOf(root, types, scope) : nodes.flatMap((node) => descendantsOf(node, types, scope));
  });
}

/** dom-3 asks several times for each contained resource what stands below the same root: the last answer is kept. */
function descendantsOf(node: TypedNode, types: ChildTypes, scope: Scope): Nodes {
  const { memo } = scope;
  if (memo.descendantsOf?.value === node.value && memo.descendantsOf?.type === node.type && typeof node.value === 'object') {
    return memo.descendants;
  }
  const found: TypedNode[] = [];
  addDescendants(node, types, found);
  if (node.value === scope.context.resource.value) {
    memo.descendantsOf = node;
    memo.descendants = found;
  }
  return found;
}

function aggregate(call: Call): Operator {
  const aggregator = call.argument(0);
  const initial = call.args.length > 1 ? call.argument(1) : undefined;
  return collection((scope) => {
    const inner = innerScope(scope);
    inner.total = initial === undefined ? EMPTY : initial.evaluate(scope);
    const nodes = call.input.evaluate(scope);
    for (let index = 0; index < nodes.length; index++) {
      inner.node = nodes[index] as TypedNode;
      inner.index = index;
      inner.total = aggregator.evaluate(inner);
    }
    return inner.total;
  });
}

/** `$this` of the arguments is the whole input: `resolve().iif(empty(), …)`. */
function iif(call: Call): Operator {
  const criterion = call.argument(0);
  const then = call.argument(1);
  const otherwise = call.args.length > 2 ? call.argument(2) : undefined;
  const scopeOf = (scope: Scope): Scope => {
    if (call.isRoot) return scope;
    const nodes = call.input.evaluate(scope);
    const inner = innerScope(scope);
    inner.index = scope.index;
    if (nodes.length === 1) inner.node = nodes[0] as TypedNode;
    else inner.all = nodes;
    return inner;
  };
  return {
    evaluate: (scope) => {
      const inner = scopeOf(scope);
      return criterion.truth(inner) === true ? then.evaluate(inner) : (otherwise?.evaluate(inner) ?? EMPTY);
    },
    exists: (scope) => {
      const inner = scopeOf(scope);
      return criterion.truth(inner) === true ? then.exists(inner) : (otherwise?.exists(inner) ?? false);
    },
    count: (scope) => {
      const inner = scopeOf(scope);
      return criterion.truth(inner) === true ? then.count(inner) : (otherwise?.count(inner) ?? 0);
    },
    truth: (scope) => {
      const inner = scopeOf(scope);
      return criterion.truth(inner) === true ? then.truth(inner) : otherwise?.truth(inner);
    },
  };
}
