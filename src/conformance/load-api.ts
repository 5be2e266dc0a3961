/**
 * Reads an API's folder: api.json (checked against schemas/api.schema.json), and the CapabilityStatement that is its policy.
 * Like the package reader this file reads the disk; nothing that runs in a browser imports it.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { CapabilityStatement } from 'fhir/r4.js';
import { isJsonObject } from '../fhir/json.js';
import type { ApiConfig } from './api-config.js';
import { type HandledInteractions, readCapabilityPolicy } from './capability-policy.js';
import type { CapabilityPolicy } from './capability-statement.js';
import type { ConformanceRegistry } from './conformance-registry.js';

/** What `server.ts` needs of a folder of profiles/; validator and search are made from it. */
export interface LoadedApi {
  /** Folder name, and namespace in the store. */
  readonly name: string;
  readonly config: ApiConfig;
  readonly policy: CapabilityPolicy;
  readonly conformance: ConformanceRegistry;
  /** Faults of the package and of its CapabilityStatement that the API can live with, to be named at start. */
  readonly problems: readonly string[];
}

/** Opens the FHIR package of a folder with what it depends on. */
export type OpenConformance = (
  folder: string,
) => Promise<{ readonly conformance: ConformanceRegistry; readonly problems: readonly string[] }>;

/** An API that cannot be served: the message names the file and each fault. */
export class ApiFolderError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiFolderError';
  }
}

const SCHEMA_FILE = new URL('../../schemas/api.schema.json', import.meta.url);
let compiled: Promise<ValidateFunction> | undefined;

/** Throws `ApiFolderError` when the folder is no API: api.json missing or faulty, or not exactly one CapabilityStatement. */
export async function loadApi(folder: string, openConformance: OpenConformance, handled: HandledInteractions = {}): Promise<LoadedApi> {
  const config = await readApiConfig(folder);
  const { conformance, problems } = await openConformance(folder);
  const statement = await findCapabilityStatement(folder, conformance);
  const reading = readCapabilityPolicy(statement, conformance, config, handled);
  const name = basename(folder);
  return { name, config, policy: reading.policy, conformance, problems: [...problems, ...reading.problems] };
}

/** api.json with its defaults filled in, frozen. */
export async function readApiConfig(folder: string): Promise<ApiConfig> {
  const file = join(folder, 'api.json');
  const config = await readJson(file);
  const validate = await apiSchema();
  if (!validate(config)) {
    const faults = (validate.errors ?? []).map((error) => `  ${describe(error)}`);
    throw new ApiFolderError(`${file} is faulty:\n${faults.join('\n')}`);
  }
  return deepFreeze(config as ApiConfig);
}

async function findCapabilityStatement(folder: string, conformance: ConformanceRegistry): Promise<CapabilityStatement> {
  const file = join(folder, 'package.json');
  const manifest = await readJson(file);
  if (!isJsonObject(manifest) || typeof manifest['name'] !== 'string' || typeof manifest['version'] !== 'string') {
    throw new ApiFolderError(`${file}: a FHIR package needs a name and a version`);
  }
  const packageId = `${manifest['name']}#${manifest['version']}`;
  const own = conformance.list('CapabilityStatement').filter((entry) => entry.packageId === packageId);
  const [statement] = own;
  if (statement === undefined || own.length > 1) {
    const found = own.length === 0 ? 'none' : own.map((entry) => entry.url).join(', ');
    throw new ApiFolderError(`${folder}: an API needs exactly one CapabilityStatement in its own package; found ${found}`);
  }
  return statement.resource as unknown as CapabilityStatement;
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new ApiFolderError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiFolderError(`${file} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

function apiSchema(): Promise<ValidateFunction> {
  compiled ??= readFile(SCHEMA_FILE, 'utf8').then((text) => {
    const ajv = new Ajv({ allErrors: true, useDefaults: true });
    formats.default(ajv);
    return ajv.compile(JSON.parse(text));
  });
  return compiled;
}

/** `validation.invalidStatus: must be one of 400, 422`. */
function describe(error: ErrorObject): string {
  const at = error.instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
  const { additionalProperty, missingProperty, allowedValues } = error.params as {
    additionalProperty?: string;
    missingProperty?: string;
    allowedValues?: readonly unknown[];
  };
  const property = additionalProperty ?? missingProperty;
  const path = property === undefined ? at : at === '' ? property : `${at}.${property}`;
  if (additionalProperty !== undefined) return `${path}: unknown property`;
  if (missingProperty !== undefined) return `${path}: missing`;
  if (allowedValues !== undefined) return `${path}: must be one of ${allowedValues.join(', ')}`;
  return `${path === '' ? 'api.json' : path}: ${error.message ?? error.keyword}`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
