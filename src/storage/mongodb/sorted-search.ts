/** Sorts by any keys: their values are found in each match by MongoDB, which sorts and cuts; O(matches), for they are in no index's order. */
import type { Document } from 'mongodb';
import type { Position, SortValue } from '../cursor.js';
import type { SortKey } from '../store.js';
import { fromKey, keyOf } from './documents.js';
import { prefixBounds, termPrefix } from './index-keys.js';

/** `s0`… are the values of the sort keys, `f0`… 1 where there is none, so that those come last. */
export interface SortedKey {
  readonly _id: string;
  readonly c: string;
  readonly [field: `s${number}`]: string | number | null;
}

/** Stages that leave `_id`, `c` and the values of those matches that come after the position, in order. */
export function sortStages(namespace: string, sort: readonly SortKey[], after: Position | undefined): readonly Document[] {
  const values = sort.map((key, index) => [`s${index}`, sortValue(key)] as const);
  const flags = sort.map((_, index) => [`f${index}`, { $cond: [{ $eq: [{ $ifNull: [`$s${index}`, null] }, null] }, 1, 0] }] as const);
  const order = sort.flatMap(({ descending }, index) => [[`f${index}`, 1] as const, [`s${index}`, descending ? -1 : 1] as const]);
  return [
    { $project: { c: 1, ...Object.fromEntries(values) } },
    { $set: Object.fromEntries(flags) },
    ...(after === undefined ? [] : [{ $match: behind(namespace, sort, after) }]),
    { $sort: { ...Object.fromEntries(order), _id: 1 } },
  ];
}

/** The value that the key is sorted by; null where there is none. */
function sortValue({ param, kind, descending }: SortKey): Document | string {
  if (kind === 'id') return { $substrBytes: ['$_id', { $add: [{ $strLenBytes: '$c' }, 1] }, -1] };
  if (kind === 'lastUpdated') return '$u';
  const extreme = descending ? '$max' : '$min';
  if (kind === 'range') {
    const ranges = { $filter: { input: { $ifNull: ['$d', []] }, cond: { $eq: ['$$this.p', { $literal: param }] } } };
    return { [extreme]: { $map: { input: ranges, in: descending ? '$$this.h' : '$$this.l' } } };
  }
  const [from, to] = prefixBounds(termPrefix(kind, param));
  const isOfParam = { $and: [{ $gte: ['$$this', { $literal: from }] }, { $lt: ['$$this', { $literal: to }] }] };
  return { [extreme]: { $filter: { input: { $ifNull: ['$x', []] }, cond: isOfParam } } };
}

function behind(namespace: string, sort: readonly SortKey[], { values, type, id }: Position): Document {
  const alternatives: Document[] = [];
  const equal: Document = {};
  for (const [index, key] of sort.entries()) {
    const value = toStored(key, values[index] ?? null);
    const [field, flag] = [`s${index}`, `f${index}`];
    if (value === null) {
      equal[flag] = 1;
      continue;
    }
    alternatives.push({ ...equal, [flag]: 1 });
    equal[flag] = 0;
    alternatives.push({ ...equal, [field]: { [key.descending ? '$lt' : '$gt']: value } });
    equal[field] = value;
  }
  alternatives.push({ ...equal, _id: { $gt: keyOf(namespace, type, id) } });
  return { $or: alternatives };
}

function toStored({ kind, param }: SortKey, value: SortValue): SortValue {
  return value !== null && (kind === 'term' || kind === 'string') ? `${termPrefix(kind, param)}${value}` : value;
}

export function positionOf(sort: readonly SortKey[], found: SortedKey): Position {
  const values = sort.map(({ kind, param }, index): SortValue => {
    const value = found[`s${index}`] ?? null;
    return typeof value === 'string' && kind !== 'id' ? value.slice(termPrefix(kind === 'term' ? 'term' : 'string', param).length) : value;
  });
  return { values, ...fromKey(found._id, found.c) };
}
