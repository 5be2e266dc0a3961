/** http://hl7.org/fhirpath/N1/#conversion */
import { isJsonObject } from '../../fhir/json.js';
import type { Call, FunctionDefinition, FunctionTable } from '../compiler.js';
import type { TypedNode } from '../fhirpath.js';
import { collection, type Operator, predicate } from '../operator.js';
import { quantityOf } from '../quantity.js';
import { parseDateTime, parseTime } from '../temporal.js';
import { EMPTY, isDateTimeType, isQuantityType, isTimeType, numberNode, single, systemNode } from '../typed-value.js';

type Convert = (node: TypedNode) => TypedNode | undefined;

const CONVERSIONS: Readonly<Record<string, Convert>> = {
  Boolean: toBoolean,
  Integer: toInteger,
  Decimal: toDecimal,
  String: toText,
  Date: (node) => toDateTime(node, 'System.Date'),
  DateTime: (node) => toDateTime(node, 'System.DateTime'),
  Time: toTime,
  Quantity: toQuantity,
};

export const conversionFunctions: FunctionTable = Object.fromEntries(
  Object.entries(CONVERSIONS).flatMap(([type, convert]): [string, FunctionDefinition][] => [
    [`to${type}`, { min: 0, max: 0, compile: (call) => converted(call, convert) }],
    [`convertsTo${type}`, { min: 0, max: 0, compile: (call) => convertible(call, convert) }],
  ]),
);

function converted(call: Call, convert: Convert): Operator {
  return collection((scope) => {
    const node = single(call.input.evaluate(scope), `${call.name}()`);
    const result = node === undefined || node.value === undefined ? undefined : convert(node);
    return result === undefined ? EMPTY : [result];
  });
}

function convertible(call: Call, convert: Convert): Operator {
  return predicate((scope) => {
    const node = single(call.input.evaluate(scope), `${call.name}()`);
    return node === undefined ? undefined : node.value !== undefined && convert(node) !== undefined;
  });
}

const TRUE_TEXT = /^(true|t|yes|y|1|1\.0)$/i;
const FALSE_TEXT = /^(false|f|no|n|0|0\.0)$/i;

function toBoolean({ value }: TypedNode): TypedNode | undefined {
  const text = String(value);
  if (typeof value === 'object' || (typeof value === 'number' && value !== 0 && value !== 1)) return undefined;
  if (TRUE_TEXT.test(text)) return systemNode(true, 'System.Boolean');
  return FALSE_TEXT.test(text) ? systemNode(false, 'System.Boolean') : undefined;
}

function toInteger({ value }: TypedNode): TypedNode | undefined {
  if (typeof value === 'boolean') return numberNode(value ? 1 : 0);
  const number = typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? numberNode(number, 'System.Integer') : undefined;
}

function toDecimal({ value }: TypedNode): TypedNode | undefined {
  if (typeof value === 'boolean') return numberNode(value ? 1 : 0, 'System.Decimal');
  const number = typeof value === 'string' && /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof number === 'number' ? numberNode(number, 'System.Decimal') : undefined;
}

function toText(node: TypedNode): TypedNode | undefined {
  const { value } = node;
  if (typeof value !== 'object') return systemNode(String(value), 'System.String');
  const quantity = isQuantityType(node.type) ? quantityOf(node) : undefined;
  if (quantity === undefined) return undefined;
  const isWord =
    node.type === 'System.Quantity' &&
    isJsonObject(value) &&
    /^(year|month|week|day|hour|minute|second|millisecond)s?$/.test(String(value['unit']));
  const unit = isWord && isJsonObject(value) ? String(value['unit']) : `'${quantity.unit}'`;
  return systemNode(`${quantity.value} ${unit}`, 'System.String');
}

function toDateTime(node: TypedNode, type: 'System.Date' | 'System.DateTime'): TypedNode | undefined {
  const { value } = node;
  if (typeof value !== 'string' || isTimeType(node.type)) return undefined;
  const moment = parseDateTime(value);
  if (moment === undefined) return undefined;
  if (type === 'System.DateTime') return systemNode(value, type);
  // a dateTime has a date, a text of a dateTime is no text of a date
  if (moment.precision > 3 && !isDateTimeType(node.type)) return undefined;
  return systemNode(value.slice(0, 10), type);
}

function toTime(node: TypedNode): TypedNode | undefined {
  const { value } = node;
  if (typeof value !== 'string' || isDateTimeType(node.type) || parseTime(value) === undefined) return undefined;
  return systemNode(value.replace(/^T/, ''), 'System.Time');
}

const QUANTITY_TEXT = /^([+-]?\d+(?:\.\d+)?)\s*(?:'([^']+)'|(years?|months?|weeks?|days?|hours?|minutes?|seconds?|milliseconds?))?$/;

function toQuantity(node: TypedNode): TypedNode | undefined {
  const { value } = node;
  if (typeof value === 'boolean') return { value: { value: value ? 1 : 0, unit: '1' }, type: 'System.Quantity' };
  if (typeof value === 'number' || isQuantityType(node.type)) {
    const quantity = quantityOf(node);
    return quantity === undefined ? undefined : { value: { value: quantity.value, unit: quantity.unit }, type: 'System.Quantity' };
  }
  const match = typeof value === 'string' ? QUANTITY_TEXT.exec(value) : null;
  if (match === null) return undefined;
  return { value: { value: Number(match[1]), unit: match[2] ?? match[3] ?? '1' }, type: 'System.Quantity' };
}
