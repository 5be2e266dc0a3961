/** What the server and the command line construct alike: R4's definitions, an API of its folder, a validator over definitions. */
import type { ApiConfig } from './conformance/api-config.js';
import type { HandledInteractions } from './conformance/capability-policy.js';
import type { InteractionCode } from './conformance/capability-statement.js';
import type { ConformanceRegistry } from './conformance/conformance-registry.js';
import { CoreDefinitions, createConformanceRegistry } from './conformance/create-conformance-registry.js';
import { openCoreDefinitions } from './conformance/definitions-index.js';
import { ApiFolderError, loadApi } from './conformance/load-api.js';
import type { FhirPackage } from './conformance/package-reader.js';
import { createTypeModel } from './conformance/type-model.js';
import { isUcumCode } from './fhir/ucum.js';
import { compileExpression } from './fhirpath/compile-expression.js';
import type { TypeModel } from './fhirpath/fhirpath.js';
import { createHl7Engine } from './hl7/hl7-engine.js';
import { interactions } from './interactions/index.js';
import { OPERATIONS } from './operations/index.js';
import { createSearchEngine } from './search/create-search-engine.js';
import { isSearchable } from './search/parameter-types/index.js';
import type { Api, SecondEngine } from './services.js';
import { createTerminologyService } from './terminology/create-terminology-service.js';
import type { Terminology } from './terminology/terminology.js';
import { createTerminologyServer } from './terminology/terminology-server.js';
import { createValidator } from './validation/create-validator.js';
import type { LinkOptions } from './validation/link-options.js';
import type { Validator } from './validation/validator.js';

/** R4's own definitions, which every API stands on. */
export interface R4Definitions {
  readonly core: CoreDefinitions;
  /** Base types are R4's own whatever the API, so that one model serves all. */
  readonly model: TypeModel;
}

export interface OpenedApi {
  readonly api: Api;
  /** What is wrong with its definitions, and the API can live with. */
  readonly problems: readonly string[];
}

export interface OpenApiOptions {
  /** Packages that the API may use beside its own. */
  readonly packages: readonly FhirPackage[];
  /** Told how HL7's validator and ours compare, where an API asks both. */
  readonly reportEngines?: SecondEngine['report'];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

const HANDLED: HandledInteractions = {
  interactions: new Set(Object.keys(interactions) as InteractionCode[]),
  operations: OPERATIONS,
  searchParameter: isSearchable,
};

/** Throws when the index of R4's definitions can neither be read nor built. */
export function openR4Definitions(): R4Definitions {
  const core = new CoreDefinitions(openCoreDefinitions());
  return { core, model: createTypeModel(createConformanceRegistry({ core })) };
}

export function openValidator(
  conformance: ConformanceRegistry,
  options: Partial<LinkOptions> = {},
  terminology: Terminology = openTerminology(conformance),
): Validator {
  return createValidator({ conformance, terminology, ...options });
}

function openTerminology(conformance: ConformanceRegistry): Terminology {
  return createTerminologyService({ conformance, ucum: isUcumCode });
}

/** Rejects with ApiFolderError when the folder is no API that can be used. */
export async function openApi(folder: string, { core, model }: R4Definitions, options: OpenApiOptions): Promise<OpenedApi> {
  const { packages, clock } = options;
  const { name, config, policy, conformance, problems } = await loadApi(folder, { core, packages, handled: HANDLED });
  const terminology = openTerminology(conformance);
  const { allowUnknownExtensions } = config.validation;
  const validator = openValidator(conformance, { allowUnknownExtensions, clock }, terminology);
  const exactIdentifiers = new Set(Object.keys(config.identifiers ?? {}));
  const { limits } = config.search;
  const search = createSearchEngine({ conformance, model, compileExpression, policy, exactIdentifiers, clock, limits });
  const server = config.validation.terminologyServer;
  return {
    api: {
      name,
      namespace: name,
      config,
      policy,
      conformance,
      terminology,
      validator,
      search,
      ...(server !== undefined && { terminologyServer: openTerminologyServer(server) }),
      ...openSecondEngine(folder, config, options),
    },
    problems,
  };
}

function openSecondEngine(folder: string, { validation }: ApiConfig, { reportEngines }: OpenApiOptions): Pick<Api, 'secondEngine'> {
  const { engine: mode, hl7 } = validation;
  if (mode === 'kauri') return {};
  if (hl7 === undefined)
    throw new ApiFolderError(`${folder}: the engine '${mode}' needs validation.hl7, which says where HL7's validator is`);
  return { secondEngine: { engine: createHl7Engine(hl7), mode, report: reportEngines ?? (() => undefined) } };
}

function openTerminologyServer({
  url,
  whenAway,
  timeoutMs,
  cacheSeconds,
}: NonNullable<ApiConfig['validation']['terminologyServer']>): NonNullable<Api['terminologyServer']> {
  return { server: createTerminologyServer({ url, timeoutMs, cacheMs: cacheSeconds * 1000 }), whenAway };
}
