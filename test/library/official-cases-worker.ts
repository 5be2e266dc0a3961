/** Runs in a browser's worker: the official cases by the library, over definitions that are fetched. */
import { createValidator, type Issue, openDefinitions, type PackageContent, type ValidatorOptions } from '../../src/library/validation.js';

/** What the page's server has at `/runs.json`. */
export interface WorkerCase {
  readonly text: string;
  readonly profiles: readonly string[];
  readonly resources: readonly object[];
  /** Indexes into `/packages.json`. */
  readonly packages: readonly number[];
  readonly options: Omit<ValidatorOptions, 'clock'>;
  /** What the clock says, in milliseconds since 1970. */
  readonly now: number;
}

/** What is posted. */
export interface WorkerResult {
  /** By run, in their order. */
  readonly issues: readonly (readonly Issue[])[];
  /** From the fetched bytes to definitions that can be used. */
  readonly openMs: number;
  /** A validator, and its first resource. */
  readonly firstMs: number;
}

/** The worker's own scope, for which Node's types have no name. */
declare function postMessage(message: unknown): void;
declare function reportError(error: unknown): void;

async function fetchOnce(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response;
}

async function runCases(): Promise<WorkerResult> {
  const runs = (await (await fetchOnce('/runs.json')).json()) as readonly WorkerCase[];
  const packages = (await (await fetchOnce('/packages.json')).json()) as readonly PackageContent[];
  const files = await Promise.all(['/r4.ndjson.gz', '/terminology.ndjson.gz'].map(async (path) => (await fetchOnce(path)).arrayBuffer()));
  const start = performance.now();
  const definitions = await openDefinitions(...files);
  const opened = performance.now();
  createValidator({ definitions }).validate('{"resourceType":"Patient","birthDate":"1970-01-31"}');
  const first = performance.now();
  const issues = runs.map((run) => {
    const given = run.packages.map((index) => packages[index] as PackageContent);
    const validator = createValidator({
      definitions,
      packages: given,
      resources: run.resources,
      options: { ...run.options, clock: () => run.now },
    });
    return validator.validate(run.text, { profiles: run.profiles }).issues;
  });
  return { issues, openMs: opened - start, firstMs: first - opened };
}

runCases().then(
  (result) => postMessage(result),
  // an error that nobody takes is one of the worker, which its page reports
  (error: unknown) => reportError(error),
);
