/** What a kind of search parameter is: how it indexes a value, and what Criterion a searched text makes. */
import type { SearchParameter } from 'fhir/r4.js';
import type { JsonValue } from '../../fhir/json.js';
import type { Criterion, IndexEntry } from '../../storage/store.js';
import type { Extractor } from '../extractor.js';
import type { IndexWriter } from '../index-writer.js';

/** A SearchParameter made ready for one resource type. */
export interface ParameterPlan {
  readonly code: string;
  readonly type: SearchParameter['type'];
  /** The resource type, or the backbone path for a component of a composite. */
  readonly focusType: string;
  readonly definition: SearchParameter;
  readonly extractor: Extractor;
  /** Types that a reference can point at; all of them where the definition names none. */
  readonly targets: readonly string[];
  /** Code systems of the value sets that elements of type code are bound to. */
  readonly implicitSystems: () => ReadonlySet<string>;
  /** Codes of these systems, in lower case; empty where one of them is not at hand. */
  readonly implicitCodes: () => ReadonlySet<string>;
  /**
   * Of a composite, in order, for one of the types that its expression selects: at the resource itself the parameters that the
   * components name, else plans of the components' own expressions. Empty where they cannot be combined.
   */
  readonly components: (type: string) => readonly ParameterPlan[];
}

export interface ValueContext {
  /** Own base URL without a slash at the end. */
  readonly baseUrl: string;
  readonly clock: () => number;
  readonly resourceTypes: ReadonlySet<string>;
  /** Says what is wanted instead; the parser adds the parameter's name and the value. */
  fault(wanted: string): undefined;
}

export interface ParameterType {
  /** Modifiers beyond :missing. */
  readonly modifiers: readonly string[];
  /** Entries of one value that the parameter's expression selected. Whatever stands there is no error; the writer's overflow is. */
  index(value: JsonValue, type: string, plan: ParameterPlan, writer: IndexWriter): void;
  /** One of the values between commas, escapes still in it; undefined after `context.fault`. */
  toCriterion(text: string, modifier: string | undefined, plan: ParameterPlan, context: ValueContext): Criterion | undefined;
  /** Every param under which `index` may write, for :missing. */
  indexedAs(plan: ParameterPlan): readonly string[];
  /** Undefined where there is no order. */
  readonly sortKind: IndexEntry['kind'] | undefined;
}

/** Nothing matches. */
export const NOTHING: Criterion = { op: 'id', ids: [] };

/** One of these. Terms of one param become one lookup. */
export function anyOf(criteria: readonly Criterion[]): Criterion {
  const merged: Criterion[] = [];
  for (const criterion of criteria) {
    const last = merged.at(-1);
    if (criterion.op === 'term' && last?.op === 'term' && last.param === criterion.param) {
      const values = [...last.values];
      for (const value of criterion.values) if (!values.includes(value)) values.push(value);
      merged[merged.length - 1] = { op: 'term', param: last.param, values };
    } else if (criterion.op === 'id' && last?.op === 'id') {
      merged[merged.length - 1] = { op: 'id', ids: [...new Set([...last.ids, ...criterion.ids])] };
    } else {
      merged.push(criterion);
    }
  }
  return merged.length === 1 ? (merged[0] as Criterion) : merged.length === 0 ? NOTHING : { op: 'or', of: merged };
}

export function allOf(criteria: readonly Criterion[]): Criterion | undefined {
  return criteria.length > 1 ? { op: 'and', of: criteria } : criteria[0];
}
