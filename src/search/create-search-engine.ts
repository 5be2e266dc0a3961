/** The SearchEngine of one API. */
import { DEFAULT_SEARCH_LIMITS, type SearchLimits } from '../conformance/api-config.js';
import type { CapabilityPolicy } from '../conformance/capability-statement.js';
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import type { TypeModel } from '../fhirpath/fhirpath.js';
import type { CompileExpression } from './extractor.js';
import { canonicalsOf, indexResource, referencesOf } from './index-resource.js';
import { indexExactIdentifiers } from './own-identifiers.js';
import { ParameterCatalog } from './parameter-catalog.js';
import type { CriterionScope } from './parse-criterion.js';
import { SearchRequestParser } from './parse-search-request.js';
import { isElementOf } from './projection.js';
import type { SearchEngine } from './search-engine.js';
import { FaultList } from './search-fault.js';

export interface SearchEngineOptions {
  readonly conformance: ConformanceRegistry;
  readonly model: TypeModel;
  readonly compileExpression: CompileExpression;
  /**
   * The API's policy: with it only parameters that a search of the API can name are indexed, which is what a write costs most by.
   * Without it, every SearchParameter of the type.
   */
  readonly policy?: CapabilityPolicy;
  /** Types whose identifiers are searched to the letter. */
  readonly exactIdentifiers?: ReadonlySet<string>;
  /** Milliseconds since 1970, for the prefix ap. */
  readonly clock?: () => number;
  readonly limits?: Partial<SearchLimits>;
}

export function createSearchEngine(options: SearchEngineOptions): SearchEngine {
  const catalog = new ParameterCatalog(options);
  const limits = { ...DEFAULT_SEARCH_LIMITS, ...options.limits };
  const clock = options.clock ?? Date.now;
  return {
    indexResource: (resource) => {
      const entries = indexResource(resource, catalog);
      const { resourceType } = resource;
      const isExact = typeof resourceType === 'string' && options.exactIdentifiers?.has(resourceType) === true;
      return isExact ? [...entries, ...indexExactIdentifiers(resource)] : entries;
    },
    referencesOf: (resource, param) => referencesOf(resource, param, catalog),
    canonicalsOf: (resource, param) => canonicalsOf(resource, param, catalog),
    parse: (policy, types, pairs, parseOptions) => {
      const faults = new FaultList(parseOptions.lenient);
      const { conformance } = options;
      const { resourceTypes } = conformance;
      const isElement = (type: string, name: string): boolean => isElementOf(type, name, conformance);
      const { baseUrl, findIdentifierSystems, areIdsNumbers = false } = parseOptions;
      const shared = { catalog, policy, resourceTypes, isElement, faults, limits, clock };
      const scope: CriterionScope = { ...shared, baseUrl, findIdentifierSystems, areIdsNumbers };
      const request = new SearchRequestParser(types, scope, parseOptions).parse(pairs);
      return request === undefined ? { issues: [...faults.errors, ...faults.warnings] } : { request };
    },
  };
}
