/** The pairs of a query -> SearchRequest, or every fault of it at once. https://hl7.org/fhir/R4/search.html */
import type { ResourcePolicy } from '../conformance/capability-statement.js';
import { withoutGeneral } from '../fhir/query.js';
import type { Criterion, SortKey } from '../storage/store.js';
import { parameterTypeOf } from './parameter-types/index.js';
import { allOf } from './parameter-types/parameter-type.js';
import { type CriterionScope, isOffered, parseCriterion } from './parse-criterion.js';
import { parseInclude } from './parse-include.js';
import type { IncludeDirective, SearchJoin, SearchPair, SearchParseOptions, SearchRequest } from './search-engine.js';
import { quote } from './search-fault.js';

export const CURSOR_PARAMETER = '_cursor';
const PAGING: ReadonlySet<string> = new Set(['_count', '_offset', CURSOR_PARAMETER]);
const SUMMARIES: readonly SearchRequest['summary'][] = ['true', 'text', 'data', 'count', 'false'];
const TOTALS: readonly SearchRequest['total'][] = ['none', 'estimate', 'accurate'];

export class SearchRequestParser {
  readonly #scope: CriterionScope;
  readonly #options: SearchParseOptions;
  #types: readonly ResourcePolicy[];
  readonly #criteria: Criterion[] = [];
  readonly #joins: SearchJoin[] = [];
  readonly #sort: SortKey[] = [];
  readonly #includes: IncludeDirective[] = [];
  readonly #understood: SearchPair[] = [];
  /** Parameters that were given once already. */
  readonly #given = new Set<string>();
  readonly #searched = new Set<string>();
  #count: number;
  #offset = 0;
  #cursor: string | undefined;
  #total: SearchRequest['total'] | undefined;
  #summary: SearchRequest['summary'] = 'false';
  #elements: readonly string[] = [];

  constructor(types: readonly ResourcePolicy[], scope: CriterionScope, options: SearchParseOptions) {
    this.#types = types;
    this.#scope = scope;
    this.#options = options;
    this.#count = options.defaultCount;
  }

  parse(pairs: readonly SearchPair[]): SearchRequest | undefined {
    const { faults, limits } = this.#scope;
    if (pairs.length > limits.parameters) {
      return faults.error(
        'too-costly',
        pairs[0]?.[0] ?? '',
        `The query has ${pairs.length} parameters; at most ${limits.parameters} are allowed`,
      );
    }
    // the types decide what the other parameters mean
    for (const [name, value] of pairs) if (name === '_type') this.#type(value);
    // those of a condition nobody has looked at before
    for (const pair of withoutGeneral(pairs)) {
      const [name] = pair;
      const found = faults.errors.length + faults.warnings.length;
      this.#parameter(pair);
      if (faults.errors.length + faults.warnings.length === found && !PAGING.has(name)) this.#understood.push(pair);
    }
    this.#requireCombination();
    this.#requireElements();
    if (this.#elements.length > 0 && this.#summary !== 'false')
      faults.error('invalid', '_elements', '_elements and _summary exclude each other');
    const fingerprint = fingerprintOf(this.#types, this.#understood);
    const after = this.#after(fingerprint);
    if (faults.errors.length > 0) return undefined;
    return {
      types: this.#types.map(({ type }) => type),
      criterion: allOf(this.#criteria),
      joins: this.#joins,
      sort: this.#sort,
      count: this.#summary === 'count' ? 0 : this.#count,
      offset: this.#offset,
      after,
      paging: new Set([...this.#given].filter((name) => PAGING.has(name))),
      fingerprint,
      total: this.#total ?? this.#options.defaultTotal ?? 'none',
      summary: this.#count === 0 ? 'count' : this.#summary,
      elements: this.#elements,
      includes: this.#includes,
      understood: this.#understood,
      warnings: faults.warnings,
    };
  }

  #parameter(pair: SearchPair): void {
    const [name, value] = pair;
    switch (name) {
      case '_type':
        return;
      case '_sort':
        if (this.#once(name)) this.#sortBy(value);
        return;
      case '_count':
        if (this.#once(name)) this.#parseCount(value);
        return;
      case '_offset':
        if (this.#once(name)) this.#offset = this.#wholeNumber(name, value) ?? 0;
        return;
      case CURSOR_PARAMETER:
        if (this.#once(name)) this.#cursor = value;
        return;
      case '_total':
        if (this.#once(name)) this.#total = this.#oneOf(name, value, TOTALS);
        return;
      case '_summary':
        if (this.#once(name)) this.#summary = this.#oneOf(name, value, SUMMARIES) ?? 'false';
        return;
      case '_elements':
        this.#elements = [...this.#elements, ...value.split(',').map((element) => element.trim())].filter((element) => element !== '');
        if (this.#elements.length === 0)
          this.#scope.faults.error('value', name, "'_elements' is empty; wanted are names of elements, separated by commas");
        return;
      default:
        if (/^_(rev)?include(:|$)/.test(name)) this.#include(name, value);
        else this.#criterion(name, value);
    }
  }

  #criterion(name: string, value: string): void {
    const parsed = parseCriterion(this.#types, name, value, this.#scope);
    if (parsed === undefined) return;
    if ('join' in parsed) this.#joins.push(parsed.join);
    else this.#criteria.push(parsed.criterion);
    // a chain or a modifier that turns the meaning round does not name the one whose data is asked for
    if (!/:(missing|not)$/.test(name) && !name.includes('.')) this.#searched.add(name.split(':', 1)[0] as string);
  }

  #include(name: string, value: string): void {
    const { faults, limits } = this.#scope;
    if (this.#includes.length >= limits.includes) {
      faults.error('too-costly', name, `A search may have ${limits.includes} includes at most`);
      return;
    }
    this.#includes.push(...parseInclude(name, value, this.#types, this.#scope));
  }

  /** A search of the whole system looks at the types that it names. */
  #type(value: string): void {
    const { faults } = this.#scope;
    const names = value.split(',').filter((name) => name !== '');
    const unknown = names.filter((name) => this.#types.every(({ type }) => type !== name));
    if (names.length === 0 || unknown.length > 0) {
      const offered = this.#types.map(({ type }) => type).join(', ');
      faults.error('value', '_type', `'_type' is ${quote(value)}; wanted are types that can be searched here: ${offered}`);
      return;
    }
    this.#types = this.#types.filter(({ type }) => names.includes(type));
  }

  #sortBy(value: string): void {
    const { faults, catalog, limits } = this.#scope;
    const keys = value.split(',');
    if (keys.length > limits.sortKeys) {
      faults.error('too-costly', '_sort', `'_sort' has ${keys.length} keys; at most ${limits.sortKeys} are allowed`);
      return;
    }
    for (const text of keys) {
      const descending = text.startsWith('-');
      const code = text.replace(/^[-+ ]/, '');
      if (code === '_id' || code === '_lastUpdated') {
        this.#sort.push({ param: code, kind: code === '_id' ? 'id' : 'lastUpdated', descending });
        continue;
      }
      const plans = this.#types.map((type) => (isOffered(type, code, this.#scope) ? catalog.find(type.type, code) : undefined));
      const [plan] = plans;
      const kind = plan === undefined ? undefined : parameterTypeOf(plan).sortKind;
      if (kind === undefined || plans.some((other) => other?.type !== plan?.type)) {
        const types = this.#types.map(({ type }) => type).join(', ');
        faults.unsupported(
          '_sort',
          `${types} cannot be sorted by ${quote(code)}; wanted are _id, _lastUpdated or search parameters that have an order`,
        );
      } else {
        this.#sort.push({ param: code, kind, descending });
      }
    }
  }

  /** A page may have fewer matches than were asked for: https://hl7.org/fhir/R4/search.html#count */
  #parseCount(value: string): void {
    const count = this.#wholeNumber('_count', value);
    if (count !== undefined) this.#count = Math.min(count, this.#options.maxCount);
  }

  #wholeNumber(name: string, value: string): number | undefined {
    if (/^\d{1,9}$/.test(value)) return Number(value);
    const isLarge = /^\d+$/.test(value);
    return this.#scope.faults.error(
      'value',
      name,
      `${quote(name)} is ${quote(value)}; wanted is a ${isLarge ? 'smaller' : 'whole'} number from 0 up`,
    );
  }

  #oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T | undefined {
    const found = allowed.find((candidate) => candidate === value);
    return found ?? this.#scope.faults.error('value', name, `${quote(name)} is ${quote(value)}; wanted is one of ${allowed.join(', ')}`);
  }

  #once(name: string): boolean {
    if (!this.#given.has(name)) {
      this.#given.add(name);
      return true;
    }
    this.#scope.faults.error('invalid', name, `${quote(name)} is given more than once`);
    return false;
  }

  /** Parameters that the CapabilityStatement demands: one of its combinations for each type. */
  #requireCombination(): void {
    for (const { type, requiredCombinations } of this.#types) {
      if (requiredCombinations.length === 0) continue;
      const isMet = requiredCombinations.some((names) => names.every((name) => this.#searched.has(name)));
      if (isMet) continue;
      const wanted = requiredCombinations.map((names) => names.map(quote).join(' and ')).join(', or ');
      const missing = requiredCombinations[0]?.find((name) => !this.#searched.has(name)) ?? '';
      this.#scope.faults.error('required', missing, `A search of ${type} must have the parameter ${wanted}`);
    }
  }

  /** An element that no type searched has may be one of what is included. */
  #requireElements(): void {
    const { faults, isElement } = this.#scope;
    if (this.#includes.length > 0) return;
    const unknown = this.#elements.filter((name) => this.#types.every(({ type }) => !isElement(type, name)));
    if (unknown.length === 0) return;
    const types = this.#types.map(({ type }) => type).join(', ');
    faults.error('value', '_elements', `'_elements' names ${unknown.slice(0, 10).map(quote).join(', ')}, which ${types} does not have`);
  }

  /** A cursor is only good for the query that gave it. */
  #after(fingerprint: string): string | undefined {
    if (this.#cursor === undefined) return undefined;
    const dot = this.#cursor.indexOf('.');
    if (dot > 0 && this.#cursor.slice(0, dot) === fingerprint && dot + 1 < this.#cursor.length) return this.#cursor.slice(dot + 1);
    return this.#scope.faults.error(
      'value',
      CURSOR_PARAMETER,
      `'${CURSOR_PARAMETER}' belongs to another query; take the links of a page as they are`,
    );
  }
}

/** FNV-1a of what is searched for: not a secret, only a guard against a cursor of another query. */
export function fingerprintOf(types: readonly Pick<ResourcePolicy, 'type'>[], understood: readonly SearchPair[]): string {
  let hash = 0x811c9dc5;
  const text = JSON.stringify([types.map(({ type }) => type), understood]);
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(36);
}
