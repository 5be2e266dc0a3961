/** The definitions and settings of a command: R4 with packages and loose definitions, or an API. */
import { basename, join } from 'node:path';
import { ConfigError, PACKAGE_ROOT, readApiConfiguration } from '../config.js';
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import { addDefinitions, loadPackages } from '../conformance/load-api.js';
import { type FhirPackage, readPackage } from '../conformance/package-reader.js';
import type { OutcomeOptions } from '../fhir/operation-outcome.js';
import { openApi, openR4Definitions } from '../open-api.js';
import type { Api } from '../services.js';
import type { LinkOptions } from '../validation/link-options.js';
import { reasonOf, UsageError } from './usage-error.js';

/** Plain data, so that other threads can open the same. */
export interface GroundOptions {
  readonly api?: string;
  readonly packages: readonly string[];
  readonly definitions: readonly string[];
  /** Those that were given; an API's own hold for the others. */
  readonly settings: Partial<Omit<LinkOptions, 'clock'>>;
}

export interface Ground {
  readonly conformance: ConformanceRegistry;
  readonly settings: Partial<LinkOptions>;
  readonly outcome: OutcomeOptions;
  readonly api?: Api;
  readonly maxDepth?: number;
}

/** Rejects with UsageError. `warn` takes what is wrong with definitions that can still be used in part. */
export async function openGround(options: GroundOptions, warn: (problem: string) => void): Promise<Ground> {
  const packages = await Promise.all(options.packages.map(readGivenPackage));
  const { ground, problems } =
    options.api === undefined ? await openPlainGround(options, packages) : await openApiGround(options.api, options, packages);
  for (const problem of [...problems, ...addGivenDefinitions(options.definitions, ground.conformance)]) warn(problem);
  return ground;
}

interface Opened {
  readonly ground: Ground;
  readonly problems: readonly string[];
}

async function openPlainGround({ settings }: GroundOptions, packages: readonly FhirPackage[]): Promise<Opened> {
  const { core } = openR4Definitions();
  const { conformance, problems } = await loadPackages(packages, core, join(PACKAGE_ROOT, 'profiles', 'packages'));
  return { ground: { conformance, settings, outcome: {} }, problems };
}

async function openApiGround(name: string, options: GroundOptions, packages: readonly FhirPackage[]): Promise<Opened> {
  const { apis, packages: configured, limits } = readConfiguration();
  const folder = apis.find((path) => basename(path) === name);
  if (folder === undefined)
    throw new UsageError(`--api ${name}: there is no such API; there are ${apis.map((path) => basename(path)).join(', ')}`);
  const all = [...(await Promise.all(configured.map(readGivenPackage))), ...packages];
  const { api, problems } = await openApi(folder, openR4Definitions(), { packages: all, clock: Date.now });
  const { issueCode, allowUnknownExtensions } = api.config.validation;
  const ground: Ground = {
    api,
    conformance: api.conformance,
    settings: { allowUnknownExtensions, ...options.settings },
    outcome: issueCode === undefined ? {} : { validationIssueCode: issueCode },
    maxDepth: limits.jsonDepth,
  };
  return { ground, problems };
}

function readConfiguration(): ReturnType<typeof readApiConfiguration> {
  try {
    return readApiConfiguration();
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

async function readGivenPackage(path: string): Promise<FhirPackage> {
  try {
    return await readPackage(path);
  } catch (error) {
    throw new UsageError(`--package ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

function addGivenDefinitions(paths: readonly string[], conformance: ConformanceRegistry): readonly string[] {
  try {
    return addDefinitions(paths, conformance);
  } catch (error) {
    const { path } = error as NodeJS.ErrnoException;
    throw new UsageError(`--definitions${path === undefined ? '' : ` ${path}`}: ${reasonOf(error)}`, { cause: error });
  }
}
