/**
 * The authored CapabilityStatement -> policy tables; every fault of the statement is named, and what it speaks of left out.
 * https://hl7.org/fhir/R4/capabilitystatement.html
 */
import type {
  CapabilityStatement,
  CapabilityStatementRestResource,
  CapabilityStatementRestResourceSearchParam,
  CompartmentDefinition,
  OperationDefinition,
  SearchParameter,
  StructureDefinition,
} from 'fhir/r4.js';
import type { ApiConfig } from './api-config.js';
import {
  type CapabilityPolicy,
  type InteractionCode,
  listOf,
  type OperationPolicy,
  type ResourcePolicy,
  SEARCH_PARAMETER_COMBINATION,
  type SearchParameterPolicy,
  SYSTEM_INTERACTIONS,
} from './capability-statement.js';
import type { ConformanceRegistry } from './conformance-registry.js';

/** What the server has handlers for; a policy claims nothing beyond it. An absent set stands for everything. */
export interface HandledInteractions {
  readonly interactions?: ReadonlySet<InteractionCode>;
  /** Names of operations, without the `$`. */
  readonly operations?: ReadonlySet<string>;
  /** Whether a search by this parameter can be answered. */
  readonly searchParameter?: (definition: SearchParameter) => boolean;
}

export interface CapabilityReading {
  readonly policy: CapabilityPolicy;
  /** What is wrong with the authored statement, one sentence each. What they speak of is not in the policy. */
  readonly problems: readonly string[];
}

const TYPE_INTERACTIONS: readonly InteractionCode[] = [
  'read',
  'vread',
  'update',
  'patch',
  'delete',
  'history-instance',
  'history-type',
  'create',
  'search-type',
];

/** Parameters of https://hl7.org/fhir/R4/search.html#table that shape the answer and have no SearchParameter. */
const RESULT_PARAMETERS: ReadonlySet<string> = new Set([
  '_sort',
  '_count',
  '_include',
  '_revinclude',
  '_summary',
  '_total',
  '_elements',
  '_contained',
  '_containedType',
]);

/** Turns the authored statement into the tables that route, search and answer `/metadata`. */
export function readCapabilityPolicy(
  statement: CapabilityStatement,
  registry: ConformanceRegistry,
  config: ApiConfig,
  handled: HandledInteractions = {},
): CapabilityReading {
  const reader = new PolicyReader(registry, handled);
  return { policy: reader.read(statement, config), problems: reader.problems };
}

class PolicyReader {
  readonly problems: string[] = [];
  readonly #registry: ConformanceRegistry;
  readonly #handled: HandledInteractions;

  constructor(registry: ConformanceRegistry, handled: HandledInteractions) {
    this.#registry = registry;
    this.#handled = handled;
  }

  read(statement: CapabilityStatement, config: ApiConfig): CapabilityPolicy {
    const rest = listOf(statement.rest).find((candidate) => candidate.mode === 'server');
    if (rest === undefined && config.everyType !== true) {
      this.problems.push('CapabilityStatement.rest: no entry of mode server, so the API offers nothing');
    }
    const common = this.#searchParams('Resource', rest?.searchParam, 'CapabilityStatement.rest.searchParam');
    const resources = new Map<string, ResourcePolicy>();
    listOf(rest?.resource).forEach((resource, index) => {
      const where = `CapabilityStatement.rest.resource[${index}] (${resource.type})`;
      if (!this.#registry.resourceTypes.has(resource.type)) {
        this.problems.push(`${where}: R4 has no such resource type`);
      } else if (resources.has(resource.type)) {
        this.problems.push(`${where}: the type is listed twice`);
      } else {
        resources.set(resource.type, this.#resource(resource, common, where));
      }
    });
    if (config.everyType === true) {
      const reverse = reverseIncludesOf(this.#registry);
      const interactions = this.#keepHandled(TYPE_INTERACTIONS);
      for (const type of this.#registry.resourceTypes) {
        const authored = resources.get(type);
        // what the statement lists of a type without its interactions comes on top
        if (authored !== undefined && authored.interactions.size > 0) continue;
        resources.set(type, everyTypeResource(type, this.#registry, interactions, this.#handled, reverse, authored?.operations));
      }
    }
    const listed = this.#interactions(rest?.interaction, SYSTEM_INTERACTIONS, 'CapabilityStatement.rest.interaction');
    return {
      source: statement,
      interactions: new Set<InteractionCode>(['capabilities', ...listed]),
      resources,
      operations: [
        ...(config.everyType === true ? handledOperations(OPERATIONS_OF_THE_SYSTEM, this.#handled) : []),
        ...this.#operations(rest?.operation, 'CapabilityStatement.rest.operation'),
      ],
      compartments: this.#compartments(rest?.compartment),
      searchParams: config.everyType === true ? everySearchParam('Resource', this.#registry, this.#handled) : common,
    };
  }

  #compartments(listed: readonly string[] | undefined): ReadonlyMap<string, string> {
    const compartments = new Map<string, string>();
    for (const canonical of listOf(listed)) {
      const definition = this.#registry.find('CompartmentDefinition', canonical)?.resource as CompartmentDefinition | undefined;
      if (definition === undefined)
        this.problems.push(`CapabilityStatement.rest.compartment: no CompartmentDefinition ${canonical} is loaded`);
      else compartments.set(definition.code, canonical);
    }
    return compartments;
  }

  #resource(resource: CapabilityStatementRestResource, common: ReadonlyMap<string, SearchParameterPolicy>, where: string): ResourcePolicy {
    const type: string = resource.type;
    const searchParams = new Map([...this.#searchParams(type, resource.searchParam, `${where}.searchParam`), ...common]);
    return {
      type,
      profile: this.#profile(type, resource.profile, `${where}.profile`),
      supportedProfiles: listOf(resource.supportedProfile).filter(
        (canonical) => this.#profile(type, canonical, `${where}.supportedProfile`) !== undefined,
      ),
      interactions: this.#interactions(resource.interaction, TYPE_INTERACTIONS, `${where}.interaction`),
      searchParams,
      requiredCombinations: this.#requiredCombinations(resource, searchParams, where),
      searchInclude: this.#includes(resource.searchInclude, type, `${where}.searchInclude`),
      searchRevInclude: this.#includes(resource.searchRevInclude, undefined, `${where}.searchRevInclude`),
      operations: this.#operations(resource.operation, `${where}.operation`),
      updateCreate: resource.updateCreate ?? false,
      conditionalCreate: resource.conditionalCreate ?? false,
      conditionalRead: resource.conditionalRead ?? 'full-support',
      conditionalUpdate: resource.conditionalUpdate ?? false,
      conditionalDelete: resource.conditionalDelete ?? 'not-supported',
    };
  }

  #keepHandled(codes: readonly InteractionCode[]): ReadonlySet<InteractionCode> {
    return new Set(codes.filter((code) => this.#handled.interactions?.has(code) ?? true));
  }

  #interactions(
    listed: readonly { readonly code: string }[] | undefined,
    known: readonly InteractionCode[],
    where: string,
  ): ReadonlySet<InteractionCode> {
    const codes: InteractionCode[] = [];
    for (const { code } of listOf(listed)) {
      const interaction = known.find((candidate) => candidate === code);
      if (interaction === undefined) this.problems.push(`${where}: '${code}' is no interaction at this level`);
      else codes.push(interaction);
    }
    return this.#keepHandled(codes);
  }

  #searchParams(
    type: string,
    listed: readonly CapabilityStatementRestResourceSearchParam[] | undefined,
    where: string,
  ): ReadonlyMap<string, SearchParameterPolicy> {
    const params = new Map<string, SearchParameterPolicy>();
    for (const param of listOf(listed)) {
      if (params.has(param.name)) {
        this.problems.push(`${where}: '${param.name}' is listed twice`);
        continue;
      }
      const definition = this.#searchParameter(type, param, where);
      if (definition === undefined && !RESULT_PARAMETERS.has(param.name)) continue;
      if (definition !== undefined && !isHandled(definition, this.#handled)) continue;
      params.set(param.name, { name: param.name, type: param.type, definition, documentation: param.documentation });
    }
    return params;
  }

  /** The parameter's definition where it fits what the statement says of it: same code, same type, a base that covers `type`. */
  #searchParameter(type: string, param: CapabilityStatementRestResourceSearchParam, where: string): SearchParameter | undefined {
    if (RESULT_PARAMETERS.has(param.name)) return undefined;
    const found =
      param.definition === undefined
        ? this.#registry.searchParametersOf(type).find((candidate) => candidate.code === param.name)
        : (this.#registry.find('SearchParameter', param.definition)?.resource as SearchParameter | undefined);
    const fault = this.#searchParameterFault(type, param, found);
    if (fault === undefined) return found;
    this.problems.push(`${where}: '${param.name}' ${fault}`);
    return undefined;
  }

  #searchParameterFault(
    type: string,
    param: CapabilityStatementRestResourceSearchParam,
    found: SearchParameter | undefined,
  ): string | undefined {
    if (found === undefined) return `has no SearchParameter ${param.definition ?? `of ${type}`} among what is loaded`;
    if (found.code !== param.name) return `is defined by ${found.url}, whose code is '${found.code}'`;
    if (found.type !== param.type) return `is said to be of type ${param.type}, but ${found.url} is of type ${found.type}`;
    const bases: readonly string[] = listOf(found.base);
    const covered = bases.includes(type) || bases.includes('Resource') || (type !== 'Resource' && bases.includes('DomainResource'));
    if (!covered) return `is defined by ${found.url} for ${bases.join(', ')} and not for ${type}`;
    return found.expression === undefined ? `is defined by ${found.url}, which has no expression` : undefined;
  }

  #requiredCombinations(
    resource: CapabilityStatementRestResource,
    searchParams: ReadonlyMap<string, SearchParameterPolicy>,
    where: string,
  ): readonly (readonly string[])[] {
    const combinations: string[][] = [];
    for (const extension of listOf(resource.extension)) {
      if (extension.url !== SEARCH_PARAMETER_COMBINATION) continue;
      const names = listOf(extension.extension).flatMap((part) =>
        part.url === 'required' && part.valueString !== undefined ? [part.valueString] : [],
      );
      const unknown = names.filter((name) => !searchParams.has(name));
      if (names.length === 0) this.problems.push(`${where}: a search parameter combination without a required parameter`);
      else if (unknown.length > 0) this.problems.push(`${where}: requires search parameters that it does not list: ${unknown.join(', ')}`);
      else combinations.push(names);
    }
    return combinations;
  }

  #profile(type: string, canonical: string | undefined, where: string): string | undefined {
    if (canonical === undefined) return undefined;
    const definition = this.#registry.find('StructureDefinition', canonical)?.resource as StructureDefinition | undefined;
    if (definition?.type === type) return canonical;
    this.problems.push(
      definition === undefined
        ? `${where}: no StructureDefinition ${canonical} is loaded`
        : `${where}: ${canonical} is a profile of ${definition.type}`,
    );
    return undefined;
  }

  /** `sourceType` undefined: of any type, as in _revinclude. */
  #includes(listed: readonly string[] | undefined, sourceType: string | undefined, where: string): readonly string[] {
    return listOf(listed).filter((include) => {
      if (include === '*') return true;
      const [source = '', code = ''] = include.split(':');
      const isReference = (candidate: SearchParameter): boolean => candidate.code === code && candidate.type === 'reference';
      const fits =
        this.#registry.resourceTypes.has(source) &&
        (sourceType === undefined || sourceType === source) &&
        (code === '*' || this.#registry.searchParametersOf(source).some(isReference));
      if (!fits) this.problems.push(`${where}: '${include}' is no reference parameter of ${sourceType ?? 'a resource type'}`);
      return fits;
    });
  }

  #operations(listed: readonly { name: string; definition: string }[] | undefined, where: string): readonly OperationPolicy[] {
    const operations: OperationPolicy[] = [];
    for (const { name, definition } of listOf(listed)) {
      const code = (this.#registry.find('OperationDefinition', definition)?.resource as OperationDefinition | undefined)?.code;
      if (code === undefined) this.problems.push(`${where}: no OperationDefinition ${definition} is loaded`);
      else if (code !== name) this.problems.push(`${where}: '${name}' is defined by ${definition}, whose code is '${code}'`);
      else if (this.#handled.operations?.has(name) ?? true) operations.push({ name, definition });
    }
    return operations;
  }
}

/** Operations of R4 that work on whatever type, and that the server has. */
const OPERATIONS_OF_THE_SYSTEM: readonly OperationPolicy[] = [
  { name: 'validate', definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate' },
];
const OPERATIONS_OF_EVERY_TYPE: readonly OperationPolicy[] = [
  ...OPERATIONS_OF_THE_SYSTEM,
  { name: 'meta', definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta' },
  { name: 'meta-add', definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta-add' },
  { name: 'meta-delete', definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta-delete' },
];

function handledOperations(all: readonly OperationPolicy[], { operations }: HandledInteractions): readonly OperationPolicy[] {
  return all.filter(({ name }) => operations?.has(name) ?? true);
}

/** A type of an `everyType` API. Its searches and includes are looked up when first asked for, so that a start stays quick. */
function everyTypeResource(
  type: string,
  registry: ConformanceRegistry,
  interactions: ReadonlySet<InteractionCode>,
  handled: HandledInteractions,
  reverseIncludes: () => ReadonlyMap<string, readonly string[]>,
  moreOperations: readonly OperationPolicy[] = [],
): ResourcePolicy {
  let searchParams: ReadonlyMap<string, SearchParameterPolicy> | undefined;
  let searchInclude: readonly string[] | undefined;
  return {
    type,
    profile: undefined,
    supportedProfiles: [],
    interactions,
    get searchParams() {
      searchParams ??= everySearchParam(type, registry, handled);
      return searchParams;
    },
    requiredCombinations: [],
    get searchInclude() {
      searchInclude ??= ['*', ...[...this.searchParams.values()].filter(isReferenceParam).map((param) => `${type}:${param.name}`)];
      return searchInclude;
    },
    get searchRevInclude() {
      return reverseIncludes().get(type) ?? [];
    },
    operations: [...handledOperations(OPERATIONS_OF_EVERY_TYPE, handled), ...moreOperations],
    updateCreate: true,
    conditionalCreate: true,
    conditionalRead: 'full-support',
    conditionalUpdate: true,
    conditionalDelete: 'single',
  };
}

function everySearchParam(
  type: string,
  registry: ConformanceRegistry,
  handled: HandledInteractions,
): ReadonlyMap<string, SearchParameterPolicy> {
  const params = new Map<string, SearchParameterPolicy>();
  for (const definition of registry.searchParametersOf(type)) {
    const name = definition.code;
    if (params.has(name) || definition.expression === undefined || !isHandled(definition, handled)) continue;
    params.set(name, { name, type: definition.type, definition, documentation: undefined });
  }
  return params;
}

/** Target type -> `Source:param` of every reference parameter that may point at it, collected when first asked for. */
function reverseIncludesOf(registry: ConformanceRegistry): () => ReadonlyMap<string, readonly string[]> {
  let byTarget: Map<string, string[]> | undefined;
  return () => {
    if (byTarget !== undefined) return byTarget;
    byTarget = new Map([...registry.resourceTypes].map((type) => [type, []]));
    for (const source of registry.resourceTypes) {
      for (const definition of registry.searchParametersOf(source)) {
        if (definition.type !== 'reference' || definition.expression === undefined) continue;
        for (const target of listOf(definition.target)) byTarget.get(target)?.push(`${source}:${definition.code}`);
      }
    }
    return byTarget;
  };
}

function isReferenceParam(param: SearchParameterPolicy): boolean {
  return param.type === 'reference';
}

function isHandled(definition: SearchParameter, handled: HandledInteractions): boolean {
  return handled.searchParameter?.(definition) ?? true;
}
