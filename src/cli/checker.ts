/** What documents are held against: the definitions that were loaded, an API's rules, profiles that are named. */
import { isJsonObject, type JsonDocument, type JsonObject } from '../fhir/json.js';
import type { Issue, OutcomeOptions } from '../fhir/operation-outcome.js';
import { demandedProfiles } from '../interactions/check-resource.js';
import { checkReferences, joinIssues, type ReferenceRules } from '../interactions/reference-rules.js';
import { openValidator } from '../open-api.js';
import type { Api } from '../services.js';
import type { ValidationResult } from '../validation/validator.js';
import { entriesOf } from './entries.js';
import { type Explanation, explain } from './explanation.js';
import { type Ground, type GroundOptions, openGround } from './ground.js';

export interface CheckerOptions extends GroundOptions {
  /** Canonicals that every document must fulfil. */
  readonly profiles: readonly string[];
  /** Whether findings say what decided. */
  readonly explain: boolean;
}

/** Of what the validator answers. */
export type Checked = Pick<ValidationResult, 'issues' | 'claims'>;

export interface CheckResult {
  readonly issues: readonly Issue[];
  readonly explanation?: Explanation;
}

export interface Checker {
  readonly outcome: OutcomeOptions;
  /** Deepest nesting of an input. */
  readonly maxDepth?: number;
  check(document: JsonDocument): CheckResult;
}

/** Rejects with UsageError. `warn` takes what is wrong with definitions that can still be used in part. */
export async function openChecker(options: CheckerOptions, warn: (problem: string) => void): Promise<Checker> {
  return createChecker(await openGround(options, warn), options);
}

export type CheckOptions = Pick<CheckerOptions, 'profiles' | 'explain'>;

export function createChecker(ground: Ground, { profiles, explain: isExplaining }: CheckOptions): Checker {
  const { conformance, maxDepth, outcome } = ground;
  const validator = openValidator(conformance, ground.settings);
  const api = ground.api === undefined ? undefined : { ...ground.api, conformance, validator };
  const check = (document: JsonDocument): Checked => {
    const { issues, claims } =
      api === undefined ? validator.validate(document, { profiles }) : checkForApi(api, document, profiles, maxDepth);
    const ofReferences = checkOwnReferences(api ?? { conformance, config: R4_RULES }, document);
    return { issues: withoutDoubles(joinIssues(ofReferences, issues)), claims };
  };
  return {
    outcome,
    ...(maxDepth !== undefined && { maxDepth }),
    check: (document) => {
      const result = check(document);
      const { issues } = result;
      return isExplaining ? { issues, explanation: explain(document, result, { conformance, profiles }) } : { issues };
    },
  };
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
function checkForApi(api: Api, document: JsonDocument, profiles: readonly string[], maxDepth: number | undefined): Checked {
  const { value } = document;
  const type = isJsonObject(value) ? value['resourceType'] : undefined;
  if (!isJsonObject(value) || typeof type !== 'string') return api.validator.validate(document, { profiles });
  const { issues, claims } = api.validator.validate(document, { profiles: [...demandedProfiles(api, value, type), ...profiles] });
  return { issues: isSubmission(value) ? [...issues, ...checkEntries(api, document, maxDepth)] : issues, claims };
}

/** The profiles that the API demands of entries which do not claim them. */
function checkEntries(api: Api, document: JsonDocument, maxDepth: number | undefined): readonly Issue[] {
  if (!api.config.validation.enforceCapabilityProfile) return [];
  return entriesOf(document, maxDepth).flatMap(({ resource, type, read, toBundleIssue }) => {
    const profiles = demandedProfiles(api, resource, type);
    return profiles.length === 0 ? [] : api.validator.validate(read(), { profiles }).issues.map(toBundleIssue);
  });
}

function withoutDoubles(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Set<string>();
  return issues.filter(({ severity, rule, expression, diagnostics }) => {
    const key = JSON.stringify([severity, rule, expression, diagnostics]);
    return seen.size < seen.add(key).size;
  });
}
