/** The validator of one API: its definitions compiled and linked as resources need them. */

import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import { createTypeModel } from '../conformance/type-model.js';
import { withArticle } from '../fhir/article.js';
import { isJsonObject, type JsonDocument, type JsonObject, type JsonPath, type JsonValue, type TextPosition } from '../fhir/json.js';
import type { Issue } from '../fhir/operation-outcome.js';
import type { TerminologyService } from '../terminology/terminology-service.js';
import { type LinkedProfile, Linker } from './link/linker.js';
import { checkResource, isOfType } from './link/resource.js';
import type { LinkOptions } from './link-options.js';
import { findStep, typeOfValue } from './run/json-step.js';
import { type Finding, Run, toJsonPath } from './run/run.js';
import type { ResolvedClaim, ValidateOptions, ValidationResult, Validator } from './validator.js';

export interface ValidatorDependencies extends Partial<LinkOptions> {
  readonly conformance: ConformanceRegistry;
  readonly terminology: TerminologyService;
}

export function createValidator(dependencies: ValidatorDependencies): Validator {
  const { conformance, terminology } = dependencies;
  const linker = new Linker({
    conformance,
    terminology,
    model: createTypeModel(conformance),
    options: {
      clock: dependencies.clock ?? Date.now,
      allowUnknownExtensions: dependencies.allowUnknownExtensions ?? true,
      bestPractice: dependencies.bestPractice ?? false,
      wrongDisplay: dependencies.wrongDisplay ?? 'warning',
      unknownProfile: dependencies.unknownProfile ?? 'error',
      vitalSigns: dependencies.vitalSigns ?? false,
      exampleUrls: dependencies.exampleUrls ?? true,
      contained: dependencies.contained ?? true,
    },
  });
  return { validate: (document, options = {}) => validate(document, options, linker) };
}

function validate(document: JsonDocument, options: ValidateOptions, linker: Linker): ValidationResult {
  const { value } = document;
  const resource = isJsonObject(value) ? value : undefined;
  const stated = resource?.['resourceType'];
  const type = typeof stated === 'string' && linker.services.conformance.resourceTypes.has(stated) ? stated : undefined;
  const run = new Run(document, type ?? 'Resource', options);
  reportJsonProblems(run, linker);
  const demanded = type === undefined ? [] : demandedProfiles(run, options.profiles ?? [], type, linker);
  checkResource(run, value, linker, { demanded });
  const unchecked = run.unchecked.map(({ finding, valueSet, value: coded }) => ({ valueSet, value: coded, issue: toIssue(finding, run) }));
  return { issues: toIssues(run), unchecked, claims: resolveClaims(resource, options.profiles ?? [], linker) };
}

function reportJsonProblems(run: Run, linker: Linker): void {
  for (const { kind, path, message } of run.document.problems) {
    const key = path.at(-1);
    const isOfKey = kind !== 'lone-surrogate' && typeof key === 'string';
    walkTo(run, isOfKey ? path.slice(0, -1) : path, linker);
    if (isOfKey) run.errorOfProperty(key, 'structure', `json-${kind}`, message);
    else run.error('structure', `json-${kind}`, message);
    run.path.length = 0;
  }
}

/** As far as there are elements. */
function walkTo(run: Run, path: JsonPath, linker: Linker): void {
  let value: JsonValue | undefined = run.document.value;
  let type = run.rootType;
  for (const key of path) {
    if (typeof key === 'number') {
      run.path.push(key);
      value = Array.isArray(value) ? value[key] : undefined;
    } else {
      const known = findStep(typeOfValue(value, type), key, linker.services.model);
      if (known === undefined) return;
      run.path.push(known.step);
      type = known.type;
      value = isJsonObject(value) ? value[key] : undefined;
    }
  }
}

function demandedProfiles(run: Run, canonicals: readonly string[], type: string, linker: Linker): readonly LinkedProfile[] {
  return canonicals.flatMap((canonical) => {
    const linked = linker.findClaim(canonical);
    if (linked === undefined) {
      linker.reportUnknownProfile(run, canonical, 'error');
      return [];
    }
    if (!isOfType(linked, type, linker)) {
      const text = `The profile ${linked.plan.canonical} is one of ${linked.plan.type}, and this is ${withArticle(type)}`;
      run.error('invalid', 'profile-type', text, { definition: linked.plan.canonical });
      return [];
    }
    linker.reportIncomplete(run, linked.plan);
    return [linked];
  });
}

function resolveClaims(resource: JsonObject | undefined, demanded: readonly string[], linker: Linker): readonly ResolvedClaim[] {
  const meta = resource?.['meta'];
  const claimed = isJsonObject(meta) && Array.isArray(meta['profile']) ? meta['profile'] : [];
  const claims = [...claimed.filter((claim) => typeof claim === 'string'), ...demanded];
  return claims.map((claim) => ({ claim, canonical: linker.findClaim(claim)?.plan.canonical }));
}

function toIssues(run: Run): readonly Issue[] {
  if (run.findings.length === 0) return [];
  const issues = run.findings.map((finding) => toIssue(finding, run));
  if (run.isCut) issues.push(noteOfMore(run));
  return issues;
}

function noteOfMore({ findings, rootType }: Run): Issue {
  const diagnostics = `There is more than these ${findings.length} issues: mend them, and validate again`;
  return { severity: 'information', code: 'incomplete', diagnostics, expression: rootType, rule: 'issue-limit' };
}

function toIssue({ severity, code, rule, text, origin, sliceName, path, property, expression }: Finding, { document }: Run): Issue {
  const issue: Issue = {
    severity,
    code,
    diagnostics: text,
    expression,
    rule,
    ...(origin !== undefined && { definition: origin.definition }),
    ...(sliceName !== undefined && { sliceName }),
  };
  if (document.positionOf === undefined) return issue;
  const jsonPath = toJsonPath(path);
  return locate(issue, document, property === undefined ? jsonPath : [...jsonPath, property]);
}

/** The place in the text is sought when somebody asks for it: of remarks about a resource that is accepted few do. */
function locate(issue: Issue, document: JsonDocument, path: JsonPath): Issue {
  let position: TextPosition | undefined;
  const find = (): TextPosition | undefined => {
    position ??= document.positionOf?.(path);
    return position;
  };
  return Object.defineProperties(issue, {
    line: { enumerable: true, get: () => find()?.line },
    column: { enumerable: true, get: () => find()?.column },
  });
}
