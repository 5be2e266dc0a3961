/** Whether one resource fulfils a criterion: the definition of what every store must answer. */
import type { Criterion, IndexEntry, RangeBound } from './store.js';

export interface Indexed {
  readonly id: string;
  readonly lastUpdated: number;
  readonly index: readonly IndexEntry[];
}

export function matchCriterion(criterion: Criterion, resource: Indexed): boolean {
  const { index } = resource;
  switch (criterion.op) {
    case 'and':
      return criterion.of.every((part) => matchCriterion(part, resource));
    case 'or':
      return criterion.of.some((part) => matchCriterion(part, resource));
    case 'not':
      return !matchCriterion(criterion.of, resource);
    case 'term':
      return index.some((entry) => entry.kind === 'term' && entry.param === criterion.param && criterion.values.includes(entry.value));
    case 'string':
      return index.some((entry) => entry.kind === 'string' && entry.param === criterion.param && matchText(entry.value, criterion));
    case 'range':
      return index.some(
        (entry) =>
          entry.kind === 'range' && entry.param === criterion.param && criterion.bounds.every((bound) => holds(entry[bound.side], bound)),
      );
    case 'exists':
      return index.some((entry) => entry.param === criterion.param);
    case 'id':
      return criterion.ids.includes(resource.id);
    case 'lastUpdated':
      return criterion.bounds.every((bound) => holds(resource.lastUpdated, bound));
  }
}

function matchText(text: string, { match, value }: Extract<Criterion, { readonly op: 'string' }>): boolean {
  if (match === 'equals') return text === value;
  return match === 'starts' ? text.startsWith(value) : text.includes(value);
}

/** Whether the number satisfies the bound. */
export function holds(value: number, bound: Omit<RangeBound, 'side'>): boolean {
  switch (bound.compare) {
    case '<':
      return value < bound.value;
    case '<=':
      return value <= bound.value;
    case '>':
      return value > bound.value;
    case '>=':
      return value >= bound.value;
  }
}
