/** Arithmetic on exact decimals, quantities and moments: http://hl7.org/fhirpath/N1/#math */
import { Decimal } from 'decimal.js';
import type { BinaryOperator } from './ast.js';
import type { TypedNode } from './fhirpath.js';
import { collection, type Operator } from './operator.js';
import { inSameUnit, type Quantity, quantityOf } from './quantity.js';
import { addDuration } from './temporal.js';
import {
  EMPTY,
  EvaluationFault,
  isDecimalType,
  isQuantityType,
  type Nodes,
  numberNode,
  single,
  systemNode,
  temporalOf,
} from './typed-value.js';

export function arithmeticOperator(operator: BinaryOperator, left: Operator, right: Operator): Operator {
  if (operator === '&') {
    return collection((scope) => {
      const text = textOf(left.evaluate(scope)) + textOf(right.evaluate(scope));
      return [systemNode(text, 'System.String')];
    });
  }
  const general = collection((scope) => {
    const a = single(left.evaluate(scope), `The operator ${operator}`);
    if (a === undefined) return EMPTY;
    const b = single(right.evaluate(scope), `The operator ${operator}`);
    return b === undefined || a.value === undefined || b.value === undefined ? EMPTY : calculate(operator, a, b);
  });
  const { number: leftNumber } = left;
  const { number: rightNumber } = right;
  if (leftNumber === undefined || rightNumber === undefined) return general;
  return {
    ...general,
    number: (scope) => {
      const a = leftNumber(scope);
      const b = rightNumber(scope);
      return a === undefined || b === undefined ? undefined : calculateNumber(operator, a, b);
    },
  };
}

/** `&` takes empty for an empty text. */
function textOf(nodes: Nodes): string {
  const node = single(nodes, 'The operator &');
  if (node === undefined || node.value === undefined) return '';
  if (typeof node.value !== 'string') throw new EvaluationFault(`The operator & takes Strings, but there is a ${node.type}`);
  return node.value;
}

function calculate(operator: BinaryOperator, left: TypedNode, right: TypedNode): Nodes {
  const a = left.value;
  const b = right.value;
  if (typeof a === 'number' && typeof b === 'number') {
    const result = calculateNumber(operator, a, b);
    if (result === undefined) return EMPTY;
    const isDecimal = operator === '/' || (operator !== 'div' && (isDecimalType(left.type) || isDecimalType(right.type)));
    return [numberNode(result, isDecimal ? 'System.Decimal' : undefined)];
  }
  if (operator === '+' || operator === '-') {
    const moment = temporalOf(left);
    if (moment !== undefined) {
      const duration = isQuantityType(right.type) ? quantityOf(right) : undefined;
      if (duration === undefined) throw notCalculable(operator, left, right);
      const text = addDuration(moment, operator === '+' ? duration.value : -duration.value, duration.unit);
      return text === undefined ? EMPTY : [{ value: text, type: left.type }];
    }
    if (operator === '+' && typeof a === 'string' && typeof b === 'string') return [systemNode(a + b, 'System.String')];
  }
  if (isQuantityType(left.type) || isQuantityType(right.type)) return calculateQuantity(operator, quantityOf(left), quantityOf(right));
  throw notCalculable(operator, left, right);
}

function notCalculable(operator: BinaryOperator, left: TypedNode, right: TypedNode): EvaluationFault {
  return new EvaluationFault(`The operator ${operator} cannot take a ${left.type} and a ${right.type}`);
}

function calculateNumber(operator: BinaryOperator, a: number, b: number): number | undefined {
  const isWhole = Number.isSafeInteger(a) && Number.isSafeInteger(b);
  switch (operator) {
    case '+':
      return isWhole ? a + b : Decimal.add(a, b).toNumber();
    case '-':
      return isWhole ? a - b : Decimal.sub(a, b).toNumber();
    case '*':
      return Decimal.mul(a, b).toNumber();
    case '/':
      return b === 0 ? undefined : Decimal.div(a, b).toNumber();
    case 'div':
      return b === 0 ? undefined : Decimal.div(a, b).trunc().toNumber();
    default:
      return b === 0 ? undefined : Decimal.mod(a, b).toNumber();
  }
}

/** Sums in the unit of the first; products and quotients with a plain number, quotients of one unit. */
function calculateQuantity(operator: BinaryOperator, left: Quantity | undefined, right: Quantity | undefined): Nodes {
  if (left === undefined || right === undefined) return EMPTY;
  let unit = left.unit;
  let values = inSameUnit(left, right);
  if (operator === '*') {
    if (left.unit !== '1' && right.unit !== '1') return EMPTY;
    unit = left.unit === '1' ? right.unit : left.unit;
    values = [left.value, right.value];
  } else if (operator === '/') {
    if (right.unit === '1') values = [left.value, right.value];
    else unit = '1';
  } else if (operator !== '+' && operator !== '-') {
    return EMPTY;
  }
  const value = values === undefined ? undefined : calculateNumber(operator, values[0], values[1]);
  return value === undefined ? EMPTY : [{ value: { value, unit }, type: 'System.Quantity' }];
}
