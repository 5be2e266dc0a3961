/** UCUM's codes, and quantities in its base units, so that 5.4 g and 5400 mg compare: https://ucum.org/ucum */
import { type BaseUnits, UcumLhcUtils } from '@lhncbc/ucum-lhc';
import { LRUCache } from 'lru-cache';
import { quietly } from './quietly.js';

export const UCUM_SYSTEM = 'http://unitsofmeasure.org';

export interface CanonicalQuantity {
  readonly value: number;
  /** The dimension in base units, such as `g.m-3`; `1` for a pure number. */
  readonly unit: string;
}

interface UnitConversion {
  readonly unit: string;
  /** Base units in one of this unit; undefined where a factor does not do (degrees Celsius). */
  readonly factor: number | undefined;
}

/** The parser takes longer the more terms a unit has, and no unit of use has so many. */
const LONGEST_CODE = 200;
/** Codes come from callers: only so many are remembered. */
const conversions = new LRUCache<string, { readonly conversion: UnitConversion | undefined }>({ max: 2000 });
const validity = new LRUCache<string, boolean>({ max: 2000 });

/** Undefined when UCUM has no such code, or the value lies outside what a double holds. */
export function toCanonicalQuantity(value: number, code: string): CanonicalQuantity | undefined {
  if (code.length > LONGEST_CODE) return undefined;
  let known = conversions.get(code);
  if (known === undefined) {
    known = { conversion: findConversion(code) };
    conversions.set(code, known);
  }
  const { conversion } = known;
  if (conversion === undefined) return undefined;
  const magnitude = conversion.factor === undefined ? convert(code, value)?.magnitude : value * conversion.factor;
  // sixteen digits of a product of factors are not all true: twelve are enough for any measurement
  return typeof magnitude === 'number' && Number.isFinite(magnitude)
    ? { value: Number(magnitude.toPrecision(12)), unit: conversion.unit }
    : undefined;
}

/** Whether a text is a UCUM code, to the letter. */
export function isUcumCode(code: string): boolean {
  if (code.length > LONGEST_CODE) return false;
  let known = validity.get(code);
  if (known === undefined) {
    known = checkCode(code);
    validity.set(code, known);
  }
  return known;
}

function checkCode(code: string): boolean {
  // the library looks names up in plain objects, which have some of their own
  if (code.match(/[A-Za-z_]+/g)?.some((name) => name in Object.prototype) === true) return false;
  try {
    const { status, ucumCode } = quietly(() => UcumLhcUtils.getInstance().validateUnitString(code, false));
    // it forgives spaces around the code
    return status === 'valid' && ucumCode === code;
  } catch {
    // its parser throws on some texts that are no units
    return false;
  }
}

function findConversion(code: string): UnitConversion | undefined {
  const one = convert(code, 1);
  if (one === undefined || one.magnitude === null) return undefined;
  const unit = Object.entries(one.unitToExp ?? {})
    .filter(([, exponent]) => exponent !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, exponent]) => (exponent === 1 ? name : `${name}${exponent}`))
    .join('.');
  return { unit: unit === '' ? '1' : unit, factor: one.fromUnitIsSpecial ? undefined : one.magnitude };
}

function convert(code: string, value: number): BaseUnits | undefined {
  try {
    const converted = quietly(() => UcumLhcUtils.getInstance().convertToBaseUnits(code, value));
    return converted.status === 'succeeded' ? converted : undefined;
  } catch {
    // the parser of the library throws on some texts that are no units
    return undefined;
  }
}
