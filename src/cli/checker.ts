/** Definitions and rules that inputs are held against: R4 with packages and loose definitions, or those of an API. */
import { basename, join } from 'node:path';
import { ConfigError, PACKAGE_ROOT, readApiConfiguration } from '../config.js';
import { addDefinitions, loadPackages } from '../conformance/load-api.js';
import { type FhirPackage, readPackage } from '../conformance/package-reader.js';
import { isJsonObject, type JsonDocument, type JsonObject } from '../fhir/json.js';
import { entryResourceSpans } from '../fhir/json-text.js';
import type { Issue, OutcomeOptions } from '../fhir/operation-outcome.js';
import { demandedProfiles } from '../interactions/check-resource.js';
import { checkReferences, type ReferenceRules } from '../interactions/reference-rules.js';
import { BundleText, EntryDocument } from '../interactions/transaction/entry-document.js';
import { openApi, openR4Definitions, openValidator } from '../open-api.js';
import type { Api } from '../services.js';
import { reasonOf, UsageError } from './usage-error.js';

export interface CheckerOptions {
  readonly api?: string;
  readonly profiles: readonly string[];
  readonly packages: readonly string[];
  readonly definitions: readonly string[];
}

export interface Checker {
  readonly outcome: OutcomeOptions;
  /** Deepest nesting of an input. */
  readonly maxDepth?: number;
  check(document: JsonDocument): readonly Issue[];
}

/** Rejects with UsageError. `warn` takes what is wrong with definitions that can still be used in part. */
export async function openChecker(options: CheckerOptions, warn: (problem: string) => void): Promise<Checker> {
  const packages = await Promise.all(options.packages.map(readGivenPackage));
  return options.api === undefined ? openPlainChecker(options, packages, warn) : openApiChecker(options.api, options, packages, warn);
}

async function openPlainChecker(
  options: CheckerOptions,
  packages: readonly FhirPackage[],
  warn: (problem: string) => void,
): Promise<Checker> {
  const { core } = openR4Definitions();
  const { conformance, problems } = await loadPackages(packages, core, join(PACKAGE_ROOT, 'profiles', 'packages'));
  for (const problem of [...problems, ...addGivenDefinitions(options.definitions, conformance)]) warn(problem);
  const validator = openValidator(conformance);
  return {
    outcome: {},
    check: (document) => {
      const { issues } = validator.validate(document, { profiles: options.profiles });
      return withoutDoubles([...checkOwnReferences({ conformance, config: R4_RULES }, document), ...issues]);
    },
  };
}

async function openApiChecker(
  name: string,
  options: CheckerOptions,
  packages: readonly FhirPackage[],
  warn: (problem: string) => void,
): Promise<Checker> {
  const { apis, packages: configured, limits } = readConfiguration();
  const folder = apis.find((path) => basename(path) === name);
  if (folder === undefined)
    throw new UsageError(`--api ${name}: there is no such API; there are ${apis.map((path) => basename(path)).join(', ')}`);
  const all = [...(await Promise.all(configured.map(readGivenPackage))), ...packages];
  const { api, problems } = await openApi(folder, openR4Definitions(), { packages: all, clock: Date.now });
  for (const problem of [...problems, ...addGivenDefinitions(options.definitions, api.conformance)]) warn(problem);
  const { issueCode } = api.config.validation;
  return {
    outcome: issueCode === undefined ? {} : { validationIssueCode: issueCode },
    maxDepth: limits.jsonDepth,
    check: (document) => checkForApi(api, document, options.profiles, limits.jsonDepth),
  };
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

function addGivenDefinitions(paths: readonly string[], conformance: Api['conformance']): readonly string[] {
  try {
    return addDefinitions(paths, conformance);
  } catch (error) {
    const { path } = error as NodeJS.ErrnoException;
    throw new UsageError(`--definitions${path === undefined ? '' : ` ${path}`}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Rules for references that a batch or transaction keeps otherwise: its links are resolved first. */
const BEFORE_LINKS: ReadonlySet<string | undefined> = new Set(['reference-conditional', 'reference-id-form', 'reference-unresolved']);

/** R4's own, without what an API may ask beyond them. */
const R4_RULES: ReferenceRules['config'] = { references: { uuidIds: false, mustExist: false } };

/** Of what is sent to be resolved first, what can be said before that. */
function checkOwnReferences(rules: ReferenceRules, document: JsonDocument): readonly Issue[] {
  const { value } = document;
  if (!isJsonObject(value) || typeof value['resourceType'] !== 'string') return [];
  const { issues } = checkReferences(rules, { document, resource: value });
  return isSubmission(value) ? issues.filter(({ rule }) => !BEFORE_LINKS.has(rule)) : issues;
}

function isSubmission({ resourceType, type }: JsonObject): boolean {
  return resourceType === 'Bundle' && (type === 'batch' || type === 'transaction');
}

/** What a write to the API would say, as far as that can be said without its store. */
function checkForApi(api: Api, document: JsonDocument, profiles: readonly string[], maxDepth: number): readonly Issue[] {
  const { value } = document;
  const type = isJsonObject(value) ? value['resourceType'] : undefined;
  if (!isJsonObject(value) || typeof type !== 'string') return api.validator.validate(document, { profiles }).issues;
  const { issues } = api.validator.validate(document, { profiles: [...demandedProfiles(api, value, type), ...profiles] });
  const entries = isSubmission(value) ? checkEntries(api, document, value, maxDepth) : [];
  return withoutDoubles([...checkOwnReferences(api, document), ...issues, ...entries]);
}

/** The profiles that the API demands of entries which do not claim them. */
function checkEntries(api: Api, document: JsonDocument, bundle: JsonObject, maxDepth: number): readonly Issue[] {
  const entries = bundle['entry'];
  if (!Array.isArray(entries) || !api.config.validation.enforceCapabilityProfile) return [];
  const text = new BundleText(document);
  const spans = entryResourceSpans(document.text);
  return entries.flatMap((entry, index): readonly Issue[] => {
    const resource = isJsonObject(entry) ? entry['resource'] : undefined;
    const span = spans[index];
    if (!isJsonObject(resource) || typeof resource['resourceType'] !== 'string' || span === undefined) return [];
    const profiles = demandedProfiles(api, resource, resource['resourceType']);
    if (profiles.length === 0) return [];
    // what JSON allows and FHIR does not was said of the whole document
    const { issues } = api.validator.validate(new EntryDocument(text, span, resource, [], maxDepth), { profiles });
    const root = `Bundle.entry[${index}].resource`;
    return issues.map((issue) => ({ ...issue, expression: `${root}${(issue.expression ?? '').replace(/^[A-Za-z]*/, '')}` }));
  });
}

function withoutDoubles(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Set<string>();
  return issues.filter(({ severity, rule, expression, diagnostics }) => {
    const key = JSON.stringify([severity, rule, expression, diagnostics]);
    return seen.size < seen.add(key).size;
  });
}
