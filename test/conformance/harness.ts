/** What the conformance runs share: validators over chosen definitions, and issues as lines of text. */
import { readFileSync } from 'node:fs';
import { CoreDefinitions, createConformanceRegistry } from '../../src/conformance/create-conformance-registry.js';
import { openCoreDefinitions } from '../../src/conformance/definitions-index.js';
import { linkPackages } from '../../src/conformance/package-graph.js';
import { type FhirPackage, readPackage } from '../../src/conformance/package-reader.js';
import { type JsonObject, JsonSyntaxError, parseJson } from '../../src/fhir/json.js';
import { type Issue, syntaxIssue } from '../../src/fhir/operation-outcome.js';
import { isUcumCode } from '../../src/fhir/ucum.js';
import { createTerminologyService } from '../../src/terminology/create-terminology-service.js';
import { createValidator, type ValidatorDependencies } from '../../src/validation/create-validator.js';
import type { Validator } from '../../src/validation/validator.js';

export type ValidatorOptions = Omit<ValidatorDependencies, 'conformance' | 'terminology'>;

const core = new CoreDefinitions(openCoreDefinitions());

const packages = new Map<string, Promise<FhirPackage>>();

/** A package, read once however many runs ask for it. */
export function readPackageOnce(path: string): Promise<FhirPackage> {
  let known = packages.get(path);
  if (known === undefined) {
    known = readPackage(path);
    packages.set(path, known);
  }
  return known;
}

/** A validator of its own definitions; R4's are shared, for nothing changes them. */
export function newValidator(given: readonly FhirPackage[], loose: readonly JsonObject[], options: ValidatorOptions = {}): Validator {
  const { packages: linked, dependenciesOf } = linkPackages(given);
  const conformance = createConformanceRegistry({ core, packages: linked, dependenciesOf });
  for (const resource of loose) conformance.add(resource);
  const terminology = createTerminologyService({ conformance, ucum: isUcumCode });
  return createValidator({ ...options, conformance, terminology });
}

/** A text that is no JSON has one issue, at no element. */
function validateText(validator: Validator, text: string, profiles: readonly string[] = []): readonly Issue[] {
  try {
    return validator.validate(parseJson(text), { profiles }).issues;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return [syntaxIssue(error)];
  }
}

export function validateFile(validator: Validator, path: string, profiles: readonly string[] = []): readonly Issue[] {
  return validateText(validator, readFileSync(path, 'utf8'), profiles);
}

export function errorsOf(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter(({ severity }) => severity === 'error' || severity === 'fatal');
}

export function issueLine({ severity, code, rule, definition, sliceName, expression, diagnostics }: Issue): string {
  const of = definition === undefined ? '' : ` of ${definition}${sliceName === undefined ? '' : `:${sliceName}`}`;
  return `${severity} ${code} ${rule ?? '-'}${of} at ${expression ?? '(no element)'}: ${diagnostics}`;
}

export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}
