/**
 * Index entries as MongoDB keeps them: terms and strings as texts in one array with a multikey index, ranges as small
 * documents in another. A text is the param, a NUL, the kind and the value: texts of one param and kind lie together.
 */
import type { IndexEntry } from '../store.js';

export interface RangeKey {
  readonly p: string;
  readonly l: number;
  readonly h: number;
}

export function indexTerms(index: readonly IndexEntry[]): { readonly terms: readonly string[]; readonly ranges: readonly RangeKey[] } {
  const terms = new Set<string>();
  const ranges: RangeKey[] = [];
  for (const entry of index) {
    if (entry.kind === 'range') ranges.push({ p: entry.param, l: entry.low, h: entry.high });
    else terms.add(termKey(entry.kind, entry.param, entry.value));
  }
  return { terms: [...terms], ranges };
}

/** The entries again. */
export function toEntries(terms: readonly string[], ranges: readonly RangeKey[]): readonly IndexEntry[] {
  return [...terms.map(toTermEntry), ...ranges.map(({ p, l, h }): IndexEntry => ({ kind: 'range', param: p, low: l, high: h }))];
}

function toTermEntry(key: string): IndexEntry {
  // a NUL of the param's own has U+0001 behind it
  let end = key.indexOf('\u0000');
  while (key[end + 1] === '\u0001') end = key.indexOf('\u0000', end + 1);
  const param = key.slice(0, end).replaceAll('\u0000\u0001', '\u0000');
  return { kind: key[end + 1] === 't' ? 'term' : 'string', param, value: key.slice(end + 2) };
}

export function termKey(kind: 'term' | 'string', param: string, value: string): string {
  return `${termPrefix(kind, param)}${value}`;
}

export function termPrefix(kind: 'term' | 'string', param: string): string {
  return `${paramPrefix(param)}${kind === 'term' ? 't' : 's'}`;
}

/** Texts with this prefix are those from the first text on, below the second. */
export function prefixBounds(prefix: string): readonly [string, string] {
  const last = prefix.length - 1;
  return [prefix, `${prefix.slice(0, last)}${String.fromCharCode(prefix.charCodeAt(last) + 1)}`];
}

/** The bounds of all texts of a param, whatever their kind: `s` and `t` are neighbours. */
export function paramBounds(param: string): readonly [string, string] {
  return [`${paramPrefix(param)}s`, `${paramPrefix(param)}u`];
}

function paramPrefix(param: string): string {
  // a NUL of the param's own must not be taken for the one that ends it
  return `${param.includes('\u0000') ? param.replaceAll('\u0000', '\u0000\u0001') : param}\u0000`;
}
