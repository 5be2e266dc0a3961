/** http://hl7.org/fhirpath/N1/#existence */
import type { Call, FunctionTable } from '../compiler.js';
import { DistinctNodes } from '../equality.js';
import type { TypedNode } from '../fhirpath.js';
import { collection, innerScope, numeric, type Operator, predicate, type Scope } from '../operator.js';
import { EvaluationFault, type Nodes, truthOf } from '../typed-value.js';

export const existenceFunctions: FunctionTable = {
  empty: { min: 0, max: 0, compile: ({ input }) => predicate((scope) => !input.exists(scope)) },
  exists: { min: 0, max: 1, compile: exists },
  not: {
    min: 0,
    max: 0,
    compile: ({ input }) =>
      predicate((scope) => {
        const truth = input.truth(scope);
        return truth === undefined ? undefined : !truth;
      }),
  },
  all: { min: 1, max: 1, compile: all },
  allTrue: { min: 0, max: 0, compile: ({ input }) => predicate((scope) => booleansOf(input.evaluate(scope)).every((item) => item)) },
  anyTrue: { min: 0, max: 0, compile: ({ input }) => predicate((scope) => booleansOf(input.evaluate(scope)).some((item) => item)) },
  allFalse: { min: 0, max: 0, compile: ({ input }) => predicate((scope) => booleansOf(input.evaluate(scope)).every((item) => !item)) },
  anyFalse: { min: 0, max: 0, compile: ({ input }) => predicate((scope) => booleansOf(input.evaluate(scope)).some((item) => !item)) },
  subsetOf: {
    min: 1,
    max: 1,
    compile: (call) => {
      const other = call.argument(0);
      return predicate((scope) => isSubset(call.input.evaluate(scope), other.evaluate(scope)));
    },
  },
  supersetOf: {
    min: 1,
    max: 1,
    compile: (call) => {
      const other = call.argument(0);
      return predicate((scope) => isSubset(other.evaluate(scope), call.input.evaluate(scope)));
    },
  },
  count: { min: 0, max: 0, compile: ({ input }) => numeric((scope) => input.count(scope), 'System.Integer') },
  distinct: { min: 0, max: 0, compile: ({ input }) => collection((scope) => distinct(input.evaluate(scope))) },
  isDistinct: { min: 0, max: 0, compile: ({ input }) => predicate((scope) => isDistinct(input.evaluate(scope))) },
};

function exists(call: Call): Operator {
  const { input } = call;
  if (call.args.length === 0) return predicate((scope) => input.exists(scope));
  const criterion = call.argument(0);
  return predicate((scope) => anyHolds(input, criterion, scope));
}

/** Whether the criterion is true of some item. */
export function anyHolds(input: Operator, criterion: Operator, scope: Scope): boolean {
  const nodes = input.evaluate(scope);
  if (nodes.length === 0) return false;
  const inner = innerScope(scope);
  for (let index = 0; index < nodes.length; index++) {
    inner.node = nodes[index] as TypedNode;
    inner.index = index;
    if (criterion.truth(inner) === true) return true;
  }
  return false;
}

function all(call: Call): Operator {
  const { input } = call;
  const criterion = call.argument(0);
  return predicate((scope) => {
    const nodes = input.evaluate(scope);
    if (nodes.length === 0) return true;
    const inner = innerScope(scope);
    for (let index = 0; index < nodes.length; index++) {
      inner.node = nodes[index] as TypedNode;
      inner.index = index;
      if (criterion.truth(inner) !== true) return false;
    }
    return true;
  });
}

function booleansOf(nodes: Nodes): readonly boolean[] {
  return nodes.map((node) => {
    if (typeof node.value !== 'boolean') throw new EvaluationFault(`A Boolean was expected, but there is a ${node.type}`);
    return truthOf([node]) === true;
  });
}

function isSubset(nodes: Nodes, of: Nodes): boolean {
  if (nodes.length === 0) return true;
  const set = new DistinctNodes().addAll(of);
  return nodes.every((node) => set.has(node));
}

function distinct(nodes: Nodes): Nodes {
  return nodes.length < 2 ? nodes : new DistinctNodes().addAll(nodes).items;
}

function isDistinct(nodes: Nodes): boolean {
  if (nodes.length < 2) return true;
  const seen = new DistinctNodes();
  return nodes.every((node) => seen.add(node));
}
