/** The validator of one API: its definitions compiled and linked as resources need them. */
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import { createTypeModel } from '../conformance/type-model.js';
import { isJsonObject, type JsonDocument, type JsonObject } from '../fhir/json.js';
import type { Issue } from '../fhir/operation-outcome.js';
import type { TerminologyService } from '../terminology/terminology-service.js';
import type { LinkOptions } from './link/item-rule.js';
import { type LinkedProfile, Linker } from './link/linker.js';
import { checkResource, isOfType } from './link/resource.js';
import { type Finding, Run, toExpression, toJsonPath } from './run/run.js';
import type { ResolvedClaim, ValidateOptions, ValidationResult, Validator } from './validator.js';

export interface ValidatorDependencies extends Partial<LinkOptions> {
  readonly conformance: ConformanceRegistry;
  readonly terminology: TerminologyService;
}

const DEFAULT_ISSUE_LIMIT = 1000;

export function createValidator(dependencies: ValidatorDependencies): Validator {
  const { conformance, terminology } = dependencies;
  const linker = new Linker({
    conformance,
    terminology,
    model: createTypeModel(conformance),
    options: {
      allowUnknownExtensions: dependencies.allowUnknownExtensions ?? true,
      bestPractice: dependencies.bestPractice ?? false,
      wrongDisplay: dependencies.wrongDisplay ?? 'warning',
      unknownProfile: dependencies.unknownProfile ?? 'error',
    },
  });
  return { validate: (document, options = {}) => validate(document, options, linker) };
}

function validate(document: JsonDocument, options: ValidateOptions, linker: Linker): ValidationResult {
  const run = new Run(document, options.issueLimit ?? DEFAULT_ISSUE_LIMIT);
  const { value } = document;
  const resource = isJsonObject(value) ? value : undefined;
  const rootType = typeof resource?.['resourceType'] === 'string' ? resource['resourceType'] : 'Resource';
  reportJsonProblems(run);
  const demanded = resource === undefined ? [] : demandedProfiles(run, options.profiles ?? [], rootType, linker);
  checkResource(run, value, linker, { demanded });
  return { issues: toIssues(run, rootType), claims: resolveClaims(resource, options.profiles ?? [], linker) };
}

function reportJsonProblems(run: Run): void {
  for (const { kind, path, message } of run.document.problems) {
    const outer = path.slice(0, kind === 'lone-surrogate' ? path.length : -1);
    run.path.push(...outer.map((step) => (typeof step === 'number' ? step : { property: step, expression: step.replace(/^_/, '') })));
    run.error('structure', `json-${kind}`, message);
    run.path.length = 0;
  }
}

function demandedProfiles(run: Run, canonicals: readonly string[], type: string, linker: Linker): readonly LinkedProfile[] {
  return canonicals.flatMap((canonical) => {
    const linked = linker.findProfile(canonical);
    if (linked === undefined) {
      run.error('not-found', 'profile-unknown', `Profile reference '${canonical}' has not been checked because it is unknown`);
      return [];
    }
    if (!isOfType(linked, type, linker)) {
      const text = `The profile ${linked.plan.canonical} is one of ${linked.plan.type}, and this is a ${type}`;
      run.error('invalid', 'profile-type', text, { definition: linked.plan.canonical });
      return [];
    }
    return [linked];
  });
}

function resolveClaims(resource: JsonObject | undefined, demanded: readonly string[], linker: Linker): readonly ResolvedClaim[] {
  const meta = resource?.['meta'];
  const claimed = isJsonObject(meta) && Array.isArray(meta['profile']) ? meta['profile'] : [];
  const claims = [...claimed.filter((claim) => typeof claim === 'string'), ...demanded];
  return claims.map((claim) => ({ claim, canonical: linker.findProfile(claim)?.plan.canonical }));
}

/** Each fault once, however many profiles say it; positions only where there is something to mend. */
function toIssues(run: Run, rootType: string): readonly Issue[] {
  if (run.findings.length === 0) return [];
  const seen = new Set<string>();
  const issues: Issue[] = [];
  for (const finding of run.findings) {
    const expression = toExpression(finding.path, rootType);
    const key = `${finding.severity} ${finding.rule} ${expression} ${finding.text}`;
    if (seen.has(key)) continue;
    seen.add(key);
    issues.push(toIssue(finding, expression, run));
  }
  return issues;
}

function toIssue(finding: Finding, expression: string, run: Run): Issue {
  const { severity, code, rule, text, origin, path } = finding;
  const position = run.errorCount > 0 ? run.document.positionOf(toJsonPath(path)) : undefined;
  return {
    severity,
    code,
    diagnostics: text,
    expression,
    rule,
    ...(origin !== undefined && { definition: origin.definition }),
    ...(origin?.sliceName !== undefined && { sliceName: origin.sliceName }),
    ...position,
  };
}
