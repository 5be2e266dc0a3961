/** The public cases of FHIR/fhir-test-cases that lie beside the repository, run and scored as their README says. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FhirPackage } from '../../src/conformance/package-reader.js';
import { readDefinitions } from '../../src/conformance/package-reader.js';
import type { JsonObject } from '../../src/fhir/json.js';
import type { Issue } from '../../src/fhir/operation-outcome.js';
import { errorsOf, newValidator, readPackageOnce, type ValidatorOptions, validateFile } from './harness.js';

const FOLDER = new URL('../../../shared/fhir-test-cases/', import.meta.url);

export const CASES_PRESENT = existsSync(FOLDER);

interface ExpectedError {
  readonly expression: string | null;
  readonly code: string;
  readonly text: string;
}

interface CaseRun {
  readonly mode: 'base' | 'profile';
  /** Canonical URL, or a file. */
  readonly profile?: string;
  readonly supporting?: readonly string[];
  readonly expectedValid: boolean;
  readonly expectedErrorCount: number;
  readonly expectedErrors: readonly ExpectedError[];
}

export interface OfficialCase {
  readonly name: string;
  readonly file: string;
  readonly module: string;
  readonly profiles: readonly string[];
  readonly supporting: readonly string[];
  readonly packages: readonly string[];
  readonly options: {
    readonly 'package-map'?: Readonly<Record<string, string>>;
    readonly 'wrong-displays'?: 'error' | 'warning';
    readonly 'allowed-extension-domain'?: string;
    readonly examples?: boolean;
    readonly validateContains?: string;
    readonly 'bundle-param'?: { readonly rule: string; readonly profile: string };
  };
  readonly core: boolean;
  readonly runs: readonly CaseRun[];
}

export interface RunResult {
  readonly run: CaseRun;
  readonly issues: readonly Issue[];
  /** What the score compares. */
  readonly verdict: boolean;
  readonly count: boolean;
  readonly locations: boolean;
}

export function readCases(): readonly OfficialCase[] {
  return JSON.parse(readFileSync(new URL('cases.json', FOLDER), 'utf8')) as OfficialCase[];
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`files/${encodeURIComponent(file).replaceAll('%2F', '/')}`, FOLDER));
}

/** Each run of a case, with definitions of its own; `more` are settings beside those of the case. */
export async function runCase(one: OfficialCase, more: ValidatorOptions = {}): Promise<readonly RunResult[]> {
  const packages = await Promise.all(packagesOf(one).map(readPackageOnce));
  return one.runs.map((run) => score(run, runOnce(one, run, packages, more)));
}

/** Paths of a case's packages; those that the suite has not brought along are left out. */
export function packagesOf(one: OfficialCase): readonly string[] {
  return namedPackages(one).filter((path) => existsSync(path));
}

/** Whether the suite has brought all that the case needs. */
export function isComplete(one: OfficialCase): boolean {
  return namedPackages(one).every((path) => existsSync(path));
}

function namedPackages({ packages, options }: OfficialCase): readonly string[] {
  return [...packages, ...Object.values(options['package-map'] ?? {})].map(pathOf);
}

/** What a run validates, and by what beside the packages of its case. */
export interface RunInputs {
  readonly path: string;
  readonly resources: readonly JsonObject[];
  readonly profiles: readonly string[];
  readonly options: ValidatorOptions;
}

export function inputsOf(one: OfficialCase, run: CaseRun): RunInputs {
  const isFile = run.profile !== undefined && !/^https?:/.test(run.profile);
  const files = [...one.supporting, ...one.profiles, ...(run.supporting ?? [])];
  const loose = files.flatMap(loadable);
  const ofFile = isFile ? loadable(run.profile as string) : [];
  const profiles = isFile ? ofFile.map(({ url }) => String(url)) : run.profile === undefined ? [] : [run.profile];
  return { path: pathOf(one.file), resources: [...loose, ...ofFile], profiles, options: optionsOf(one) };
}

function runOnce(one: OfficialCase, run: CaseRun, packages: readonly FhirPackage[], more: ValidatorOptions): readonly Issue[] {
  const { path, resources, profiles, options } = inputsOf(one, run);
  return validateFile(newValidator(packages, resources, { ...options, ...more }), path, profiles);
}

/** Conformance resources of a file; others (an example that a case names beside them) are no definitions. */
function loadable(file: string): readonly JsonObject[] {
  return readDefinitions(pathOf(file)).filter(({ url }) => typeof url === 'string');
}

/** As the suite runs the HL7 validator. */
function optionsOf({ options }: OfficialCase): ValidatorOptions {
  return {
    allowUnknownExtensions: options['allowed-extension-domain'] !== undefined,
    wrongDisplay: options['wrong-displays'] ?? 'error',
    unknownProfile: 'warning',
    vitalSigns: true,
    exampleUrls: options.examples ?? true,
    contained: options.validateContains !== 'IGNORE',
  };
}

function score(run: CaseRun, issues: readonly Issue[]): RunResult {
  const errors = errorsOf(issues);
  const expected = run.expectedErrors.map(({ expression }) => expression ?? '');
  return {
    run,
    issues,
    verdict: (errors.length === 0) === run.expectedValid,
    count: errors.length === run.expectedErrorCount,
    locations: multiset(errors.map(({ expression }) => expression ?? '')) === multiset(expected),
  };
}

/** The first of the three that is not as expected. */
export function difference({ verdict, count, locations }: RunResult): 'verdict' | 'count' | 'locations' | undefined {
  if (!verdict) return 'verdict';
  if (!count) return 'count';
  return locations ? undefined : 'locations';
}

function multiset(expressions: readonly string[]): string {
  return expressions.map(normaliseExpression).sort().join('\n');
}

/** Differences in how two engines write a path, and not in what they point to: those of the suite's score.mjs. */
export function normaliseExpression(expression: string): string {
  return expression
    .replace(/\/\*[^*]*\*\/?/g, '')
    .replace(/\.ofType\([^)]*\)/g, '')
    .replace(/\[x\]/g, '')
    .replace(/\.value[A-Z]\w*/g, '.value')
    .replace(/\.where\([^)]*\)|\.resolve\(\)|\.extension\('[^']*'\)/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}
