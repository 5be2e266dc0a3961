/** Criteria as MongoDB's filters on documents of resources. */
import type { Document } from 'mongodb';
import type { Criterion, Namespace, RangeBound, StoreQuery } from '../store.js';
import { keyOf, scopeOf } from './documents.js';
import { paramBounds, prefixBounds, termKey, termPrefix } from './index-keys.js';

const COMPARISONS = { '<': '$lt', '<=': '$lte', '>': '$gt', '>=': '$gte' } as const;
const NOTHING: Document = { _id: { $in: [] } };

/** Current resources of the query's types that fulfil its criterion. */
export function queryFilter({ namespace, types, criterion }: Pick<StoreQuery, 'namespace' | 'types' | 'criterion'>): Document {
  const scopes = [...new Set(types)].map((type) => scopeOf(namespace, type));
  const [scope] = scopes;
  const inScope = { k: scopes.length === 1 ? scope : { $in: scopes } };
  return criterion === undefined ? inScope : { $and: [inScope, toFilter(criterion, namespace, types)] };
}

function toFilter(criterion: Criterion, namespace: Namespace, types: readonly string[]): Document {
  switch (criterion.op) {
    case 'and':
      return criterion.of.length === 0 ? {} : { $and: criterion.of.map((part) => toFilter(part, namespace, types)) };
    case 'or':
      return criterion.of.length === 0 ? NOTHING : { $or: criterion.of.map((part) => toFilter(part, namespace, types)) };
    case 'not':
      return { $nor: [toFilter(criterion.of, namespace, types)] };
    case 'term':
      return { x: { $in: criterion.values.map((value) => termKey('term', criterion.param, value)) } };
    case 'string':
      return stringFilter(criterion);
    case 'range':
      return rangeFilter(criterion);
    case 'exists':
      return { $or: [{ x: between(paramBounds(criterion.param)) }, { 'd.p': criterion.param }] };
    case 'id':
      return { _id: { $in: types.flatMap((type) => criterion.ids.map((id) => keyOf(namespace, type, id))) } };
    case 'lastUpdated':
      return all(criterion.bounds.map((bound) => ({ u: comparison(bound) })));
  }
}

/** Some text of the array lies between both: not one above the lower and another below the upper bound. */
function between([from, to]: readonly [string, string]): Document {
  return { $elemMatch: { $gte: from, $lt: to } };
}

function stringFilter({ param, match, value }: Extract<Criterion, { readonly op: 'string' }>): Document {
  if (match === 'equals') return { x: termKey('string', param, value) };
  const prefix = termPrefix('string', param);
  if (value === '') return { x: between(prefixBounds(prefix)) };
  if (match === 'starts') return { x: startsWith(`${prefix}${value}`) };
  const [from, to] = prefixBounds(prefix);
  return { x: { $elemMatch: { $gte: from, $lt: to, $regex: `^${quote(prefix)}.*${quote(value)}`, $options: 's' } } };
}

/** By the bound of the last character that has a follower. */
function startsWith(text: string): Document {
  const points = [...text.toWellFormed()];
  while (points.length > 0) {
    const point = points.pop()?.codePointAt(0) ?? 0;
    // the follower of U+D7FF is U+E000: what lies between is half of a pair
    if (point < 0x10ffff) return between([text, `${points.join('')}${String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1)}`]);
  }
  return { $elemMatch: { $gte: text } };
}

/** By number, as a pattern can hold no NUL and much that has a meaning in it. */
function quote(text: string): string {
  return Array.from(text.toWellFormed(), (point) =>
    /[0-9A-Za-z]/.test(point) ? point : `\\x{${(point.codePointAt(0) ?? 0).toString(16)}}`,
  ).join('');
}

function rangeFilter({ param, bounds }: Extract<Criterion, { readonly op: 'range' }>): Document {
  if (bounds.length === 0) return { 'd.p': param };
  const held = bounds.map((bound) => ({ [bound.side === 'low' ? 'l' : 'h']: comparison(bound) }));
  return { d: { $elemMatch: { $and: [{ p: param }, ...held] } } };
}

/** Nothing compares with what is no number; to MongoDB it would be the least one. */
function comparison({ compare, value }: Omit<RangeBound, 'side'>): Document {
  return Number.isNaN(value) ? { $in: [] } : { [COMPARISONS[compare]]: value };
}

function all(filters: readonly Document[]): Document {
  return filters.length === 0 ? {} : { $and: filters };
}
