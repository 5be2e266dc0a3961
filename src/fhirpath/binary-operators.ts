/** Operators between two expressions: http://hl7.org/fhirpath/N1/#operations */
import { arithmeticOperator } from './arithmetic.js';
import type { BinaryOperator } from './ast.js';
import { collectionsEqual, collectionsEquivalent, compareNodes, DistinctNodes, nodesEqual } from './equality.js';
import type { TypedNode } from './fhirpath.js';
import { collection, constant, type Operator, predicate, type Scope } from './operator.js';
import { EMPTY, isTemporalType, type Nodes, single } from './typed-value.js';

export function binaryOperator(operator: BinaryOperator, left: Operator, right: Operator): Operator {
  switch (operator) {
    case 'and':
      return predicate((scope) => {
        const a = left.truth(scope);
        if (a === false) return false;
        const b = right.truth(scope);
        return b === false ? false : a === undefined || b === undefined ? undefined : true;
      });
    case 'or':
      return predicate((scope) => {
        const a = left.truth(scope);
        if (a === true) return true;
        const b = right.truth(scope);
        return b === true ? true : a === undefined || b === undefined ? undefined : false;
      });
    case 'xor':
      return predicate((scope) => {
        const a = left.truth(scope);
        if (a === undefined) return undefined;
        const b = right.truth(scope);
        return b === undefined ? undefined : a !== b;
      });
    case 'implies':
      return predicate((scope) => {
        const a = left.truth(scope);
        if (a === false) return true;
        const b = right.truth(scope);
        return b === true ? true : a === undefined || b === undefined ? undefined : false;
      });
    case '=':
      return equals(left, right);
    case '!=': {
      const equal = equals(left, right);
      return predicate((scope) => {
        const same = equal.truth(scope);
        return same === undefined ? undefined : !same;
      });
    }
    case '~':
      return predicate((scope) => collectionsEquivalent(left.evaluate(scope), right.evaluate(scope)));
    case '!~':
      return predicate((scope) => !collectionsEquivalent(left.evaluate(scope), right.evaluate(scope)));
    case '<':
      return comparison(left, right, (difference) => difference < 0);
    case '<=':
      return comparison(left, right, (difference) => difference <= 0);
    case '>':
      return comparison(left, right, (difference) => difference > 0);
    case '>=':
      return comparison(left, right, (difference) => difference >= 0);
    case '|':
      return union(left, right);
    case 'in':
      return membership(left, right);
    case 'contains':
      return membership(right, left);
    default:
      return arithmeticOperator(operator, left, right);
  }
}

/** The constant's text where it is one String. */
function constantText(operator: Operator): string | undefined {
  const node = operator.constant?.length === 1 ? operator.constant[0] : undefined;
  return node?.type === 'System.String' && typeof node.value === 'string' ? node.value : undefined;
}

function equals(left: Operator, right: Operator): Operator {
  const text = constantText(right);
  const equalsText = left.equalsText;
  if (text !== undefined && equalsText !== undefined) return predicate((scope) => equalsText(scope, text));
  if (isBooleanValued(left) && isBooleanValued(right)) {
    return predicate((scope) => {
      const a = left.truth(scope);
      const b = right.truth(scope);
      return a === undefined || b === undefined ? undefined : a === b;
    });
  }
  const { number: leftNumber } = left;
  const { number: rightNumber } = right;
  if (leftNumber !== undefined && rightNumber !== undefined) {
    return predicate((scope) => {
      const a = leftNumber(scope);
      const b = rightNumber(scope);
      return a === undefined || b === undefined ? undefined : a === b || Math.abs(a - b) < 5e-9;
    });
  }
  return predicate((scope) => collectionsEqual(left.evaluate(scope), right.evaluate(scope)));
}

function isBooleanValued(operator: Operator): boolean {
  return operator.isBoolean === true;
}

function comparison(left: Operator, right: Operator, accept: (difference: number) => boolean): Operator {
  const { number: leftNumber } = left;
  const { number: rightNumber } = right;
  if (leftNumber !== undefined && rightNumber !== undefined) {
    return predicate((scope) => {
      const a = leftNumber(scope);
      const b = rightNumber(scope);
      return a === undefined || b === undefined ? undefined : accept(a - b);
    });
  }
  return predicate((scope) => {
    const a = single(left.evaluate(scope), 'A comparison');
    if (a === undefined) return undefined;
    const b = single(right.evaluate(scope), 'A comparison');
    if (b === undefined) return undefined;
    const difference = compareNodes(a, b);
    return difference === undefined ? undefined : accept(difference);
  });
}

function union(left: Operator, right: Operator): Operator {
  const evaluate = (scope: Scope): Nodes => {
    const a = left.evaluate(scope);
    const b = right.evaluate(scope);
    if (a.length + b.length < 2) return a.length === 0 ? b : a;
    return new DistinctNodes().addAll(a).addAll(b).items;
  };
  if (left.constant !== undefined && right.constant !== undefined) {
    return constant(new DistinctNodes().addAll(left.constant).addAll(right.constant).items);
  }
  return { ...collection(evaluate), exists: (scope) => left.exists(scope) || right.exists(scope) };
}

/** http://hl7.org/fhirpath/N1/#in-membership */
function membership(item: Operator, list: Operator): Operator {
  const texts = constantTexts(list.constant);
  const isIn = (node: TypedNode, nodes: Nodes): boolean => nodes.some((candidate) => nodesEqual(node, candidate) === true);
  return predicate((scope) => {
    const node = single(item.evaluate(scope), 'in');
    if (node === undefined) return undefined;
    if (texts !== undefined && typeof node.value === 'string' && !isTemporalType(node.type)) return texts.has(node.value);
    return isIn(node, list.evaluate(scope));
  });
}

function constantTexts(nodes: Nodes | undefined): ReadonlySet<string> | undefined {
  if (nodes === undefined || nodes === EMPTY) return undefined;
  const texts = new Set<string>();
  for (const { type, value } of nodes) {
    if (type !== 'System.String' || typeof value !== 'string') return undefined;
    texts.add(value);
  }
  return texts;
}
