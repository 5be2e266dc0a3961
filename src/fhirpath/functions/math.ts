/** http://hl7.org/fhirpath/N1/#math-1 */
import { Decimal } from 'decimal.js';
import { isJsonObject } from '../../fhir/json.js';
import type { Call, FunctionTable } from '../compiler.js';
import { collection, numeric, type Operator } from '../operator.js';
import { EMPTY, numberNode, numberOf, single } from '../typed-value.js';

export const mathFunctions: FunctionTable = {
  abs: { min: 0, max: 0, compile: abs },
  ceiling: { min: 0, max: 0, compile: (call) => whole(call, Math.ceil) },
  floor: { min: 0, max: 0, compile: (call) => whole(call, Math.floor) },
  truncate: { min: 0, max: 0, compile: (call) => whole(call, Math.trunc) },
  exp: { min: 0, max: 0, compile: (call) => decimal(call, Math.exp) },
  ln: { min: 0, max: 0, compile: (call) => decimal(call, Math.log) },
  sqrt: { min: 0, max: 0, compile: (call) => decimal(call, Math.sqrt) },
  log: { min: 1, max: 1, compile: (call) => decimalOfTwo(call, (value, base) => Math.log(value) / Math.log(base)) },
  power: { min: 1, max: 1, compile: power },
  round: { min: 0, max: 1, compile: round },
};

/** What is no real number is empty. */
function real(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function whole(call: Call, change: (value: number) => number): Operator {
  return numeric((scope) => {
    const value = numberOf(call.input.evaluate(scope), `${call.name}()`);
    return value === undefined ? undefined : change(value) + 0;
  }, 'System.Integer');
}

function decimal(call: Call, change: (value: number) => number): Operator {
  return numeric((scope) => {
    const value = numberOf(call.input.evaluate(scope), `${call.name}()`);
    return value === undefined ? undefined : real(change(value));
  }, 'System.Decimal');
}

function decimalOfTwo(call: Call, change: (value: number, argument: number) => number): Operator {
  const argument = call.argument(0);
  return numeric((scope) => {
    const value = numberOf(call.input.evaluate(scope), `${call.name}()`);
    const other = numberOf(argument.evaluate(scope), `${call.name}()`);
    return value === undefined || other === undefined ? undefined : real(change(value, other));
  }, 'System.Decimal');
}

/** An Integer to the power of an Integer is an Integer. */
function power(call: Call): Operator {
  const argument = call.argument(0);
  return numeric((scope) => {
    const value = numberOf(call.input.evaluate(scope), 'power()');
    const exponent = numberOf(argument.evaluate(scope), 'power()');
    return value === undefined || exponent === undefined ? undefined : real(value ** exponent);
  });
}

function round(call: Call): Operator {
  const argument = call.args.length > 0 ? call.argument(0) : undefined;
  return numeric((scope) => {
    const value = numberOf(call.input.evaluate(scope), 'round()');
    const digits = argument === undefined ? 0 : numberOf(argument.evaluate(scope), 'round()');
    return value === undefined || digits === undefined ? undefined : new Decimal(value).toDecimalPlaces(digits).toNumber();
  }, 'System.Decimal');
}

function abs(call: Call): Operator {
  return collection((scope) => {
    const nodes = call.input.evaluate(scope);
    const node = single(nodes, 'abs()');
    if (node?.type === 'System.Quantity' && isJsonObject(node.value)) {
      return [{ value: { ...node.value, value: Math.abs(Number(node.value['value'])) }, type: node.type }];
    }
    const value = numberOf(nodes, 'abs()');
    return value === undefined ? EMPTY : [numberNode(Math.abs(value))];
  });
}
