/** A criterion as a function over a version's exact index entries: nothing leaves a search that this has not seen. */

import { compareValues, type SortValue } from '../cursor.js';
import { holds } from '../match-criterion.js';
import type { Criterion, SortKey } from '../store.js';
import { EntryReader, RANGE, STRING, TERM } from './entry-codec.js';
import type { Candidate } from './view.js';

export type Matcher = (candidate: Candidate) => boolean;

/** Above this a set of texts is quicker than comparing bytes with one value after the other. */
const FEW_VALUES = 8;

const reader = new EntryReader(Buffer.alloc(0));

export function compileMatcher(criterion: Criterion): Matcher {
  switch (criterion.op) {
    case 'and': {
      const parts = criterion.of.map(compileMatcher);
      return (candidate) => parts.every((part) => part(candidate));
    }
    case 'or': {
      const parts = criterion.of.map(compileMatcher);
      return (candidate) => parts.some((part) => part(candidate));
    }
    case 'not': {
      const part = compileMatcher(criterion.of);
      return (candidate) => !part(candidate);
    }
    case 'term':
      return someEntry(TERM, criterion.param, valueTest(criterion.values));
    case 'string':
      return someEntry(STRING, criterion.param, textTest(criterion.match, Buffer.from(criterion.value)));
    case 'range': {
      const { bounds } = criterion;
      return someEntry(RANGE, criterion.param, () =>
        bounds.every((bound) => holds(bound.side === 'low' ? reader.low : reader.high, bound)),
      );
    }
    case 'exists':
      return someEntry(undefined, criterion.param, () => true);
    case 'id': {
      const ids = new Set(criterion.ids);
      return ({ id }) => ids.has(id);
    }
    case 'lastUpdated': {
      const { bounds } = criterion;
      return ({ updated }) => bounds.every((bound) => holds(updated, bound));
    }
  }
}

/** `test` looks at the entry that the reader stands on. */
function someEntry(kind: number | undefined, param: string, test: () => boolean): Matcher {
  const bytes = Buffer.from(param);
  return ({ entries }) => {
    reader.restart(entries);
    while (reader.next()) {
      if ((kind === undefined || reader.kind === kind) && reader.hasParam(bytes) && test()) return true;
    }
    return false;
  };
}

function valueTest(values: readonly string[]): () => boolean {
  if (values.length > FEW_VALUES) {
    const set = new Set(values);
    return () => set.has(reader.text());
  }
  const all = values.map((value) => Buffer.from(value));
  return () => all.some((value) => reader.hasValue(value));
}

function textTest(match: 'equals' | 'starts' | 'contains', value: Buffer): () => boolean {
  if (match === 'equals') return () => reader.hasValue(value);
  if (match === 'contains') return () => reader.value().includes(value);
  return () => startsWith(reader.value(), value);
}

export function startsWith(text: Buffer, prefix: Buffer): boolean {
  return text.length >= prefix.length && text.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}

export type SortReader = (candidate: Candidate) => SortValue;

/** Reads what a sort key compares. */
export function compileSortReader({ param, kind, descending }: SortKey): SortReader {
  if (kind === 'id') return ({ id }) => id;
  if (kind === 'lastUpdated') return ({ updated }) => updated;
  const wanted = kind === 'term' ? TERM : kind === 'string' ? STRING : RANGE;
  const bytes = Buffer.from(param);
  return ({ entries }) => {
    let best: SortValue = null;
    reader.restart(entries);
    while (reader.next()) {
      if (reader.kind !== wanted || !reader.hasParam(bytes)) continue;
      const value = wanted !== RANGE ? reader.text() : descending ? reader.high : reader.low;
      if (best === null || (descending ? compareValues(value, best) > 0 : compareValues(value, best) < 0)) best = value;
    }
    return best;
  };
}
