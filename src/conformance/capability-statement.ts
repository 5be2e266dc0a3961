/**
 * The CapabilityStatement as policy: https://hl7.org/fhir/R4/capabilitystatement.html
 * capability-policy.ts turns the authored resource into these tables; routing, search and `/metadata` all read them.
 */
import type {
  CapabilityStatement,
  CapabilityStatementRest,
  CapabilityStatementRestResource,
  CapabilityStatementRestResourceSearchParam,
  CapabilityStatementRestSecurity,
  SearchParameter,
} from 'fhir/r4.js';
import type { ApiConfig } from './api-config.js';

/** Codes of https://hl7.org/fhir/R4/valueset-type-restful-interaction.html and -system-restful-interaction.html, with the two that have no code there. */
export type InteractionCode =
  | 'read'
  | 'vread'
  | 'update'
  | 'patch'
  | 'delete'
  | 'history-instance'
  | 'history-type'
  | 'history-system'
  | 'create'
  | 'search-type'
  | 'search-system'
  | 'capabilities'
  | 'transaction'
  | 'batch'
  | 'operation';

export interface SearchParameterPolicy {
  readonly name: string;
  readonly type: string;
  /** Undefined for the result parameters and those whose definition is not at hand (these match nothing). */
  readonly definition: SearchParameter | undefined;
  readonly documentation: string | undefined;
}

export interface OperationPolicy {
  /** Without the `$`. */
  readonly name: string;
  readonly definition: string;
}

export interface ResourcePolicy {
  readonly type: string;
  readonly profile: string | undefined;
  readonly supportedProfiles: readonly string[];
  readonly interactions: ReadonlySet<InteractionCode>;
  readonly searchParams: ReadonlyMap<string, SearchParameterPolicy>;
  /** Each list: parameters that a search must all carry; a search must satisfy one of the lists (if there is any). */
  readonly requiredCombinations: readonly (readonly string[])[];
  /** `Condition:encounter`, `*`; empty: _include does not exist. */
  readonly searchInclude: readonly string[];
  readonly searchRevInclude: readonly string[];
  readonly operations: readonly OperationPolicy[];
  readonly updateCreate: boolean;
  readonly conditionalCreate: boolean;
  readonly conditionalRead: 'not-supported' | 'modified-since' | 'not-match' | 'full-support';
  readonly conditionalUpdate: boolean;
  readonly conditionalDelete: 'not-supported' | 'single' | 'multiple';
}

export interface CapabilityPolicy {
  /** The authored resource, source of descriptive texts for `/metadata`. */
  readonly source: CapabilityStatement;
  readonly interactions: ReadonlySet<InteractionCode>;
  readonly resources: ReadonlyMap<string, ResourcePolicy>;
  readonly operations: readonly OperationPolicy[];
  /** Type of the resource whose compartment may be searched -> canonical of its CompartmentDefinition. */
  readonly compartments: ReadonlyMap<string, string>;
  /** Parameters of search-system and of every type. */
  readonly searchParams: ReadonlyMap<string, SearchParameterPolicy>;
}

export interface CapabilityStatementOptions {
  readonly config: ApiConfig;
  /** Public URL of the API without a slash at the end. */
  readonly baseUrl: string;
  readonly software: { readonly name: string; readonly version: string };
  /** When the server (or its definitions) last changed: a FHIR dateTime. */
  readonly date: string;
  /** Where access tokens come from. */
  readonly tokenUrl?: string;
  /** Whether a client may send its secret by HTTP Basic. */
  readonly takesBasic?: boolean;
}

export const SEARCH_PARAMETER_COMBINATION = 'http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-parameter-combination';
const OAUTH_URIS = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';
const SECURITY_SERVICE = 'http://terminology.hl7.org/CodeSystem/restful-security-service';
/** Interactions of the whole system, in the order of `/metadata`. */
export const SYSTEM_INTERACTIONS: readonly InteractionCode[] = ['transaction', 'batch', 'search-system', 'history-system'];

/** The statement of this running server: kind `instance`, saying what the policy allows and no more. */
export function toCapabilityStatement(policy: CapabilityPolicy, options: CapabilityStatementOptions): CapabilityStatement {
  const { source } = policy;
  const { config, baseUrl } = options;
  const systemInteractions = SYSTEM_INTERACTIONS.filter((code) => policy.interactions.has(code));
  const sourceRest = listOf(source.rest).find((candidate) => candidate.mode === 'server');
  const rest: CapabilityStatementRest = {
    mode: 'server',
    ...(sourceRest?.documentation !== undefined && { documentation: sourceRest.documentation }),
    security: toSecurity(sourceRest?.security, options),
    ...(policy.resources.size > 0 && { resource: [...policy.resources.values()].map((resource) => toRestResource(resource, source)) }),
    ...(systemInteractions.length > 0 && {
      interaction: systemInteractions.map((code) => ({ code: code as 'transaction' | 'batch' | 'search-system' | 'history-system' })),
    }),
    ...(policy.searchParams.size > 0 && { searchParam: [...policy.searchParams.values()].map(toSearchParam) }),
    ...(policy.operations.length > 0 && { operation: policy.operations.map((operation) => ({ ...operation })) }),
    ...(policy.compartments.size > 0 && { compartment: [...policy.compartments.values()] }),
  };
  return {
    resourceType: 'CapabilityStatement',
    url: `${baseUrl}/metadata`,
    ...(source.version !== undefined && { version: source.version }),
    ...(source.name !== undefined && { name: source.name }),
    title: config.title,
    status: 'active',
    date: options.date,
    ...(source.publisher !== undefined && { publisher: source.publisher }),
    ...(source.description !== undefined && { description: source.description }),
    kind: 'instance',
    ...(source.url !== undefined && {
      instantiates: [source.version === undefined ? source.url : `${source.url}|${source.version}`],
    }),
    software: { ...options.software },
    implementation: { description: config.title, url: baseUrl },
    fhirVersion: '4.0.1',
    format: source.format ?? ['application/fhir+json'],
    ...(patchIsOffered(policy) && source.patchFormat !== undefined && { patchFormat: source.patchFormat }),
    rest: [rest],
  };
}

function patchIsOffered(policy: CapabilityPolicy): boolean {
  for (const resource of policy.resources.values()) if (resource.interactions.has('patch')) return true;
  return false;
}

/**
 * The extension oauth-uris wants an authorize end point beside the token end point, which client credentials do not have: so the
 * text says where tokens come from, and .well-known/smart-configuration says it to programs.
 */
function toSecurity(
  source: CapabilityStatementRestSecurity | undefined,
  { tokenUrl, takesBasic }: CapabilityStatementOptions,
): CapabilityStatementRestSecurity {
  const extension = listOf(source?.extension).filter(({ url }) => url !== OAUTH_URIS);
  const { extension: _replaced, description, service = [], ...rest } = source ?? {};
  const sentences = [
    description,
    tokenUrl === undefined ? undefined : `Tokens come from ${tokenUrl}.`,
    takesBasic ? 'Clients that the operator lists may send their secret by HTTP Basic in place of a token.' : undefined,
  ].filter((text) => text !== undefined);
  const services = takesBasic ? [...service, { coding: [{ system: SECURITY_SERVICE, code: 'Basic' }] }] : service;
  return {
    ...(extension.length > 0 && { extension: [...extension] }),
    ...rest,
    cors: source?.cors ?? true,
    ...(services.length > 0 && { service: services }),
    ...(sentences.length > 0 && { description: sentences.join(' ') }),
  };
}

function toRestResource(policy: ResourcePolicy, source: CapabilityStatement): CapabilityStatementRestResource {
  const authored = listOf(source.rest)
    .flatMap((rest) => (rest.mode === 'server' ? listOf(rest.resource) : []))
    .find((resource) => resource.type === policy.type);
  return {
    ...(policy.requiredCombinations.length > 0 && {
      extension: policy.requiredCombinations.map((names) => ({
        url: SEARCH_PARAMETER_COMBINATION,
        extension: names.map((name) => ({ url: 'required', valueString: name })),
      })),
    }),
    type: policy.type as CapabilityStatementRestResource['type'],
    ...(policy.profile !== undefined && { profile: policy.profile }),
    ...(policy.supportedProfiles.length > 0 && { supportedProfile: [...policy.supportedProfiles] }),
    ...(authored?.documentation !== undefined && { documentation: authored.documentation }),
    ...(policy.interactions.size > 0 && { interaction: [...policy.interactions].map((code) => ({ code: code as 'read' })) }),
    versioning: 'versioned',
    readHistory: policy.interactions.has('history-instance'),
    updateCreate: policy.updateCreate,
    conditionalCreate: policy.conditionalCreate,
    conditionalRead: policy.conditionalRead,
    conditionalUpdate: policy.conditionalUpdate,
    conditionalDelete: policy.conditionalDelete,
    ...(policy.searchInclude.length > 0 && { searchInclude: [...policy.searchInclude] }),
    ...(policy.searchRevInclude.length > 0 && { searchRevInclude: [...policy.searchRevInclude] }),
    ...(policy.searchParams.size > 0 && { searchParam: [...policy.searchParams.values()].map(toSearchParam) }),
    ...(policy.operations.length > 0 && { operation: policy.operations.map((operation) => ({ ...operation })) }),
  };
}

function toSearchParam(param: SearchParameterPolicy): CapabilityStatementRestResourceSearchParam {
  return {
    name: param.name,
    ...(param.definition !== undefined && { definition: param.definition.url }),
    type: param.type as CapabilityStatementRestResourceSearchParam['type'],
    ...(param.documentation !== undefined && { documentation: param.documentation }),
  };
}

/** What stands where a list is expected, as a list: an authored file may hold anything. */
export function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}
