/** SearchParameter definitions made ready for each resource type, when first needed, and made anew when definitions were added. */
import type { CodeSystem, CodeSystemConcept, SearchParameter, ValueSet } from 'fhir/r4.js';
import type { CapabilityPolicy } from '../conformance/capability-statement.js';
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import { FhirPathError, type TypeModel } from '../fhirpath/fhirpath.js';
import { type CompileExpression, compileExtractor } from './extractor.js';
import { SEARCH_PARAMETER_TYPES } from './parameter-types/index.js';
import type { ParameterPlan } from './parameter-types/parameter-type.js';

export interface CatalogOptions {
  readonly conformance: ConformanceRegistry;
  readonly model: TypeModel;
  readonly compileExpression: CompileExpression;
  /** With it only what the API can search by is indexed. */
  readonly policy?: CapabilityPolicy;
}

interface TypeCatalog {
  readonly definitions: readonly SearchParameter[];
  readonly plans: Map<string, ParameterPlan | undefined>;
  indexed: readonly ParameterPlan[] | undefined;
  references: readonly ParameterPlan[] | undefined;
}

/** Columns of the store. */
const NOT_INDEXED: ReadonlySet<string> = new Set(['_id', '_lastUpdated']);
/** Parameters of these types can be the first component of a composite inside repeating elements. */
const TERM_TYPES: ReadonlySet<string> = new Set(['token', 'reference', 'uri']);

export class ParameterCatalog {
  readonly #options: CatalogOptions;
  readonly #types = new Map<string, TypeCatalog>();

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  /** Undefined when there is no such parameter, or none that can be searched by. */
  find(type: string, code: string): ParameterPlan | undefined {
    const catalog = this.#catalog(type);
    if (!catalog.plans.has(code)) catalog.plans.set(code, this.#plan(type, code, catalog));
    return catalog.plans.get(code);
  }

  /** What `indexResource` writes entries for. */
  indexed(type: string): readonly ParameterPlan[] {
    const catalog = this.#catalog(type);
    catalog.indexed ??= this.#plansOf(type, this.#indexedCodes(type, catalog));
    return catalog.indexed;
  }

  references(type: string): readonly ParameterPlan[] {
    const catalog = this.#catalog(type);
    catalog.references ??= this.#plansOf(
      type,
      catalog.definitions.filter((definition) => definition.type === 'reference').map(({ code }) => code),
    );
    return catalog.references;
  }

  #catalog(type: string): TypeCatalog {
    // the registry gives another list after a definition was added
    const definitions = this.#options.conformance.searchParametersOf(type);
    let catalog = this.#types.get(type);
    if (catalog?.definitions !== definitions) {
      catalog = { definitions, plans: new Map(), indexed: undefined, references: undefined };
      this.#types.set(type, catalog);
    }
    return catalog;
  }

  #plansOf(type: string, codes: Iterable<string>): readonly ParameterPlan[] {
    const plans: ParameterPlan[] = [];
    for (const code of new Set(codes)) {
      const plan = this.find(type, code);
      if (plan !== undefined) plans.push(plan);
    }
    return plans;
  }

  #indexedCodes(type: string, catalog: TypeCatalog): readonly string[] {
    const { policy } = this.#options;
    const offered = policy === undefined ? catalog.definitions.map(({ code }) => code) : offeredCodes(type, policy, catalog.definitions);
    const codes = new Set(offered.filter((code) => !NOT_INDEXED.has(code)));
    for (const code of [...codes]) {
      const plan = this.find(type, code);
      // a composite at the resource itself is answered by its components' own entries
      if (plan?.type === 'composite') for (const component of plan.components(type)) codes.add(component.code);
    }
    return [...codes].sort();
  }

  #plan(type: string, code: string, catalog: TypeCatalog): ParameterPlan | undefined {
    const definition = this.#definition(type, code, catalog);
    if (definition?.expression === undefined || !SEARCH_PARAMETER_TYPES.has(definition.type)) return undefined;
    const plan = this.#compile(definition, definition.expression, type, code);
    const isCombinable =
      plan?.type !== 'composite' || [...(plan.extractor.types ?? [])].every((focus) => plan.components(focus).length > 1);
    return isCombinable ? plan : undefined;
  }

  /** The one that the API's CapabilityStatement names, else the most specific one of that code. */
  #definition(type: string, code: string, catalog: TypeCatalog): SearchParameter | undefined {
    const { policy } = this.#options;
    const stated = policy?.resources.get(type)?.searchParams.get(code)?.definition ?? policy?.searchParams.get(code)?.definition;
    const candidates = catalog.definitions.filter((candidate) => candidate.code === code && candidate.expression !== undefined);
    return candidates.find((candidate) => candidate.url === stated?.url) ?? candidates[0];
  }

  #compile(definition: SearchParameter, expression: string, focusType: string, code: string): ParameterPlan | undefined {
    const { conformance, model, compileExpression } = this.#options;
    try {
      const extractor = compileExtractor(expression, focusType, model, compileExpression);
      if (extractor === undefined) return undefined;
      const targets = (definition.target ?? []).filter((target) => conformance.resourceTypes.has(target));
      const componentPlans = new Map<string, readonly ParameterPlan[]>();
      let systems: ReadonlySet<string> | undefined;
      let codes: ReadonlySet<string> | undefined;
      return {
        code,
        type: definition.type,
        focusType,
        definition,
        extractor,
        targets: targets.length > 0 ? targets : [...conformance.resourceTypes],
        implicitSystems: () => {
          systems ??= this.#boundSystems(extractor.paths);
          return systems;
        },
        implicitCodes: () => {
          codes ??= this.#codesOf(this.#boundSystems(extractor.paths));
          return codes;
        },
        components: (type) => {
          const known = componentPlans.get(type) ?? this.#components(definition, focusType, type);
          componentPlans.set(type, known);
          return known;
        },
      };
    } catch (error) {
      // an authored definition whose expression is no FHIRPath selects nothing, and cannot be searched by
      if (error instanceof FhirPathError) return undefined;
      throw error;
    }
  }

  #components(composite: SearchParameter, focusType: string, type: string): readonly ParameterPlan[] {
    const parts = composite.component ?? [];
    const plans: ParameterPlan[] = [];
    for (const part of parts) {
      const entry = this.#options.conformance.find('SearchParameter', part.definition);
      const definition = entry?.resource as unknown as SearchParameter | undefined;
      if (definition === undefined || definition.type === 'composite' || !SEARCH_PARAMETER_TYPES.has(definition.type)) return [];
      const inElement = this.#compile(definition, part.expression, type, definition.code);
      const plan = type === focusType && inElement !== undefined ? this.#parameterLike(inElement) : inElement;
      if (plan === undefined) return [];
      plans.push(plan);
    }
    const isIndexable = type === focusType || (plans.length === 2 && TERM_TYPES.has(plans[0]?.type ?? ''));
    return isIndexable ? plans : [];
  }

  /** A parameter of the resource that looks where this component looks: its own definition may look further (`combo-code`). */
  #parameterLike({ focusType, type, code, extractor: { starts } }: ParameterPlan): ParameterPlan | undefined {
    const isAlike = (plan: ParameterPlan | undefined): boolean =>
      plan?.type === type && plan.extractor.starts.size === starts.size && [...starts].every((start) => plan.extractor.starts.has(start));
    const others = this.#catalog(focusType).definitions.filter((definition) => definition.type === type);
    const found = [code, ...others.map((definition) => definition.code)].find((candidate) => isAlike(this.find(focusType, candidate)));
    return found === undefined ? undefined : this.find(focusType, found);
  }

  #codesOf(systems: ReadonlySet<string>): ReadonlySet<string> {
    const codes = new Set<string>();
    const add = (concepts: readonly CodeSystemConcept[] = []): void => {
      for (const { code, concept } of concepts) {
        codes.add(code.toLowerCase());
        add(concept);
      }
    };
    for (const system of systems) {
      const codeSystem = this.#options.conformance.find('CodeSystem', system)?.resource as unknown as CodeSystem | undefined;
      if (codeSystem?.content !== 'complete') return new Set();
      add(codeSystem.concept);
    }
    return codes;
  }

  /** Systems of the value sets to which the elements at these paths are bound. */
  #boundSystems(paths: readonly string[]): ReadonlySet<string> {
    const { conformance } = this.#options;
    const systems = new Set<string>();
    for (const path of paths) {
      const elements = conformance.findType(path.split('.', 1)[0] as string)?.resource.snapshot?.element;
      const valueSet = elements?.find((element) => element.path === path)?.binding?.valueSet;
      const compose =
        valueSet === undefined ? undefined : (conformance.find('ValueSet', valueSet)?.resource as unknown as ValueSet)?.compose;
      for (const { system } of compose?.include ?? []) if (system !== undefined) systems.add(system);
    }
    return systems;
  }
}

/** Parameters that a search of this type can name, and those by which a `_revinclude` of another type reaches it. */
function offeredCodes(type: string, policy: CapabilityPolicy, definitions: readonly SearchParameter[]): readonly string[] {
  const listed = new Set([...(policy.resources.get(type)?.searchParams.keys() ?? []), ...policy.searchParams.keys()]);
  const unlisted = definitions.filter((definition) => definition.type === 'reference' && !listed.has(definition.code));
  if (unlisted.length === 0) return [...listed];
  const reverse = new Set([...policy.resources.values()].flatMap((resource) => resource.searchRevInclude));
  return [...listed, ...unlisted.map(({ code }) => code).filter((code) => reverse.has('*') || reverse.has(`${type}:${code}`))];
}
