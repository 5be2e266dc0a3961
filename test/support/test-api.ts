/** One API of profiles/ over a memory store, asked by InteractionRequests: what the tests of interactions/ share. */
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseScopes } from '../../src/auth/smart-scope.js';
import { readConfig } from '../../src/config.js';
import type { ApiConfig } from '../../src/conformance/api-config.js';
import type { InteractionCode, ResourcePolicy } from '../../src/conformance/capability-statement.js';
import { createIdentifierSystems } from '../../src/conformance/identifier-systems.js';
import { type LoadedApi, loadApi } from '../../src/conformance/load-api.js';
import { createTypeModel } from '../../src/conformance/type-model.js';
import { FhirError } from '../../src/fhir/fhir-error.js';
import { isJsonObject, type JsonObject } from '../../src/fhir/json.js';
import type { Issue } from '../../src/fhir/operation-outcome.js';
import { parseQuery } from '../../src/fhir/query.js';
import { compileExpression } from '../../src/fhirpath/compile-expression.js';
import { interactions } from '../../src/interactions/index.js';
import type { InteractionRequest, InteractionResponse } from '../../src/interactions/interaction.js';
import { createNumberSource } from '../../src/interactions/number-source.js';
import { readPreconditions, type SentPreconditions } from '../../src/interactions/preconditions.js';
import { createSearchEngine } from '../../src/search/create-search-engine.js';
import type { Api, Services } from '../../src/services.js';
import { openStore } from '../../src/storage/open-store.js';
import type { Store } from '../../src/storage/store.js';
import { createTerminologyService } from '../../src/terminology/create-terminology-service.js';
import { createValidator } from '../../src/validation/create-validator.js';
import type { Validator } from '../../src/validation/validator.js';
import { core } from './validator-fixture.js';

export const BASE_URL = 'https://server.example/base';
const FHIR_JSON = 'application/fhir+json';

interface TestApiOptions {
  /** Keys of api.json that differ from the folder's. */
  readonly config?: Partial<ApiConfig>;
  /** What the policy says of every type. */
  readonly policy?: Partial<ResourcePolicy>;
  readonly wrapValidator?: (validator: Validator) => Validator;
  readonly bundleEntries?: number;
  /** Default: a memory store of its own. */
  readonly store?: Store;
  /** Partition of the store; default: the API's name. */
  readonly namespace?: string;
}

export interface CallOptions {
  readonly type?: string;
  readonly id?: string;
  readonly versionId?: string;
  readonly query?: string;
  /** A value is sent as its JSON, a text as it is. */
  readonly body?: JsonObject | string;
  readonly scope?: string;
  readonly preconditions?: SentPreconditions;
  readonly prefer?: Partial<InteractionRequest['prefer']>;
}

const loaded = new Map<string, Promise<LoadedApi>>();

function load(name: string): Promise<LoadedApi> {
  let api = loaded.get(name);
  if (api === undefined) {
    api = loadApi(fileURLToPath(new URL(`../../profiles/${name}`, import.meta.url)), { core });
    loaded.set(name, api);
  }
  return api;
}

export class TestApi {
  readonly api: Api;
  readonly services: Services;
  /** What the next write is stamped with. */
  now = Date.parse('2025-03-04T05:06:07.089Z');

  private constructor(api: Api, services: Omit<Services, 'clock'>) {
    this.api = api;
    this.services = { ...services, clock: () => this.now };
  }

  static async open(name: string, options: TestApiOptions = {}): Promise<TestApi> {
    const { conformance, config, policy, problems: _, ...rest } = await load(name);
    const terminology = createTerminologyService({ conformance });
    const validator = createValidator({ conformance, terminology });
    const resources = new Map([...policy.resources].map(([type, own]) => [type, withPolicy(own, options.policy)]));
    const { limits: searchLimits } = { ...config.search, ...options.config?.search };
    const identifiers = { ...config.identifiers, ...options.config?.identifiers };
    const exactIdentifiers = new Set(Object.keys(identifiers));
    const api: Api = {
      ...rest,
      namespace: options.namespace ?? rest.name,
      conformance,
      terminology,
      config: { ...config, ...options.config },
      policy: { ...policy, resources },
      validator: options.wrapValidator?.(validator) ?? validator,
      search: createSearchEngine({
        conformance,
        model: createTypeModel(conformance),
        compileExpression,
        policy,
        exactIdentifiers,
        limits: searchLimits,
      }),
      ...(exactIdentifiers.size > 0 && {
        findIdentifierSystems: createIdentifierSystems(identifiers, { baseUrl: () => 'https://own.example' }),
      }),
    };
    const serverConfig = readConfig({ KAURI_STORE_URL: 'memory:' });
    const limits = { ...serverConfig.limits, bundleEntries: options.bundleEntries ?? serverConfig.limits.bundleEntries };
    let last = 0;
    const store = options.store ?? (await openStore('memory:'));
    return new TestApi(api, {
      config: { ...serverConfig, limits },
      store,
      numbers: createNumberSource(store, Date.now),
      apis: [api],
      newId: () => `00000000-0000-7000-8000-${String(++last).padStart(12, '0')}`,
    });
  }

  request(interaction: InteractionCode, options: CallOptions = {}): InteractionRequest {
    const { type, id, versionId, query, body, scope = 'system/*.cruds', preconditions = {}, prefer } = options;
    return {
      api: this.api,
      interaction,
      ...(type !== undefined && { type }),
      ...(id !== undefined && { id }),
      ...(versionId !== undefined && { versionId }),
      search: parseQuery(query ?? '', 'query'),
      ...(body !== undefined && { body: { text: typeof body === 'string' ? body : JSON.stringify(body), contentType: FHIR_JSON } }),
      preconditions: readPreconditions(preconditions),
      prefer: { return: 'OperationOutcome', handling: 'strict', ...prefer },
      principal: { subject: 'tester', clientId: 'tests', scopes: parseScopes(scope) },
      baseUrl: BASE_URL,
      requestId: 'request-1',
    };
  }

  async call(interaction: InteractionCode, options: CallOptions = {}): Promise<InteractionResponse> {
    const handle = interactions[interaction];
    if (handle === undefined) throw new Error(`There is no handler of '${interaction}'`);
    return handle(this.services, this.request(interaction, options));
  }

  /** What the call is refused with. */
  async refusal(interaction: InteractionCode, options: CallOptions = {}): Promise<FhirError> {
    return refusalOf(this.call(interaction, options));
  }

  create(resource: JsonObject | string, options: CallOptions = {}): Promise<InteractionResponse> {
    const type = typeof resource === 'string' ? (JSON.parse(resource) as JsonObject)['resourceType'] : resource['resourceType'];
    return this.call('create', { type: String(type), body: resource, ...options });
  }

  update(resource: JsonObject, options: CallOptions = {}): Promise<InteractionResponse> {
    return this.call('update', { type: String(resource['resourceType']), id: String(resource['id']), body: resource, ...options });
  }

  /** Number of current resources of a type. */
  count(type: string): Promise<number> {
    return this.services.store.count({ namespace: this.api.namespace, types: [type] });
  }
}

function withPolicy(own: ResourcePolicy, more: Partial<ResourcePolicy> | undefined): ResourcePolicy {
  // spreading would look up every search parameter of every type
  return more === undefined ? own : Object.create(own, Object.fromEntries(Object.entries(more).map(([key, value]) => [key, { value }])));
}

export async function refusalOf(promise: Promise<unknown>): Promise<FhirError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
  return expect.fail('The call was not refused');
}

export function bodyOf({ body }: InteractionResponse): JsonObject {
  const value: unknown = JSON.parse(body ?? 'null');
  if (!isJsonObject(value)) throw new Error(`No JSON object: ${body}`);
  return value;
}

/** Id of what was written. */
export function idOf({ location }: InteractionResponse): string {
  return location?.split('/')[1] ?? '';
}

/** What is left of the issues when their prose may change. */
export function summariesOf(issues: readonly Issue[]): readonly Pick<Issue, 'severity' | 'code' | 'expression'>[] {
  return issues.map(({ severity, code, expression }) => ({ severity, code, ...(expression !== undefined && { expression }) }));
}
