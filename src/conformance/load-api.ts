/**
 * Reads an API's folder: api.json (checked against schemas/api.schema.json), and the CapabilityStatement that is its policy.
 * Like the package reader this file reads the disk; nothing that runs in a browser imports it.
 */
import { type Dirent, existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { CapabilityStatement } from 'fhir/r4.js';
import type { ApiConfig } from './api-config.js';
import { type HandledInteractions, readCapabilityPolicy } from './capability-policy.js';
import type { CapabilityPolicy } from './capability-statement.js';
import type { ConformanceRegistry } from './conformance-registry.js';
import { type CoreDefinitions, createConformanceRegistry, LOOSE } from './create-conformance-registry.js';
import type { DefinitionEntry } from './definition-source.js';
import { describeProblem, type FhirPackage } from './package-content.js';
import { checkDefinitions, findPackage, linkPackages } from './package-graph.js';
import { readDefinitions, readPackage } from './package-reader.js';

/** What `server.ts` needs of a folder of profiles/; validator and search are made from it. */
export interface LoadedApi {
  /** Folder name. */
  readonly name: string;
  readonly config: ApiConfig;
  readonly policy: CapabilityPolicy;
  readonly conformance: ConformanceRegistry;
  /** Faults of the package and of its CapabilityStatement that the API can live with, to be named at start. */
  readonly problems: readonly string[];
}

export interface LoadApiOptions {
  readonly core: CoreDefinitions;
  /** Packages that every API may use, as configuration names them. */
  readonly packages?: readonly FhirPackage[];
  readonly handled?: HandledInteractions;
}

/** An API that cannot be served: the message names the file and each fault. */
export class ApiFolderError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiFolderError';
  }
}

const SCHEMA_FILE = new URL('../../schemas/api.schema.json', import.meta.url);
let compiled: Promise<ValidateFunction> | undefined;

/** Packages that are no API, on R4's own definitions. */
export interface LoadedPackages {
  readonly conformance: ConformanceRegistry;
  readonly problems: readonly string[];
}

/** The packages, and those of the folder `pool` that they depend on. */
export async function loadPackages(packages: readonly FhirPackage[], core: CoreDefinitions, pool: string): Promise<LoadedPackages> {
  const graph = linkPackages(withDependencies(packages, packages.length === 0 ? [] : await readPackages(pool)));
  const conformance = createConformanceRegistry({ core, packages: graph.packages, dependenciesOf: graph.dependenciesOf });
  return { conformance, problems: [...graph.problems, ...checkDefinitions(graph.packages, conformance)].map(describeProblem) };
}

/**
 * Lays the conformance resources of files and folders over what is loaded, and says what cannot be used. Throws for a file that
 * is no JSON, or no resource.
 */
export function addDefinitions(paths: readonly string[], conformance: ConformanceRegistry): readonly string[] {
  const problems: string[] = [];
  const entries: DefinitionEntry[] = [];
  for (const path of paths) {
    const resources = readDefinitions(path);
    if (resources.length === 0) problems.push(`${path}: there is no .json file with a definition in it`);
    for (const resource of resources) {
      const { resourceType, url, version, id } = resource;
      if (typeof resourceType !== 'string' || typeof url !== 'string') {
        problems.push(
          `${path}: ${[resourceType, id].filter((part) => typeof part === 'string').join('/')} is no definition: it has no url`,
        );
        continue;
      }
      conformance.add(resource);
      entries.push({ resourceType, url, version: typeof version === 'string' ? version : '', detail: {}, read: () => resource });
    }
  }
  // only now, as one may stand upon another that comes later
  return [...problems, ...checkDefinitions([{ packageId: LOOSE, entries }], conformance).map(({ message }) => message)];
}

/**
 * The folder's package stands on the .tgz that lie in it, on those of its `packages` folder, on configured ones, and on what these depend on and the
 * `packages` folder beside it holds. Throws `ApiFolderError` when the folder is no API: api.json missing or faulty, no
 * package, or not exactly one CapabilityStatement.
 */
export async function loadApi(folder: string, options: LoadApiOptions): Promise<LoadedApi> {
  const config = await readApiConfig(folder);
  const own = await readFolderPackage(folder);
  const beside = [...(await readPackages(folder, isArchive)), ...(await readPackages(join(folder, 'packages')))];
  const given = [...beside, ...(options.packages ?? []), own];
  const { conformance, problems } = await loadPackages(given, options.core, join(dirname(resolve(folder)), 'packages'));
  const read = readCapabilityPolicy(findCapabilityStatement(folder, own), conformance, config, options.handled);
  return { name: basename(resolve(folder)), config, policy: read.policy, conformance, problems: [...problems, ...read.problems] };
}

async function readFolderPackage(folder: string): Promise<FhirPackage> {
  try {
    return await readPackage(folder);
  } catch (error) {
    throw new ApiFolderError(messageOf(error), { cause: error });
  }
}

function isArchive(entry: Dirent): boolean {
  return entry.name.endsWith('.tgz');
}

/** Packages (.tgz or folder) of a folder, by name; none where there is no such folder. */
async function readPackages(
  folder: string,
  isPackage = (entry: Dirent) => entry.isDirectory() || isArchive(entry),
): Promise<readonly FhirPackage[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder, { withFileTypes: true })).filter(isPackage).map((entry) => entry.name);
  return Promise.all(names.sort().map((name) => readFolderPackage(join(folder, name))));
}

/** The given packages, and before them those of the pool that they depend on, near or far. */
function withDependencies(given: readonly FhirPackage[], pool: readonly FhirPackage[]): readonly FhirPackage[] {
  let packages = given;
  for (;;) {
    const wanted = packages.flatMap((one) => Object.entries(one.dependencies));
    const missing = wanted.filter(([name, version]) => findPackage(packages, name, version) === undefined);
    const next = missing.map(([name, version]) => findPackage(pool, name, version)).find((found) => found !== undefined);
    if (next === undefined) return packages;
    packages = [next, ...packages];
  }
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

function findCapabilityStatement(folder: string, own: FhirPackage): CapabilityStatement {
  const statements = own.entries.filter((entry) => entry.resourceType === 'CapabilityStatement');
  const [statement] = statements;
  if (statement === undefined || statements.length > 1) {
    const found = statements.length === 0 ? 'none' : statements.map((entry) => entry.url).join(', ');
    throw new ApiFolderError(`${folder}: an API needs exactly one CapabilityStatement in its own package; found ${found}`);
  }
  return statement.read() as unknown as CapabilityStatement;
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
