/**
 * Issues and the OperationOutcome that carries them: https://hl7.org/fhir/R4/operationoutcome.html
 * Validation and search parsing return `Issue[]`; only `interactions/` throws.
 */
import type { JsonObject, JsonSyntaxError } from './json.js';

export type IssueSeverity = 'fatal' | 'error' | 'warning' | 'information';

/** The codes of https://hl7.org/fhir/R4/valueset-issue-type.html and no others. */
export type IssueType =
  | 'invalid'
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'security'
  | 'login'
  | 'unknown'
  | 'expired'
  | 'forbidden'
  | 'suppressed'
  | 'processing'
  | 'not-supported'
  | 'duplicate'
  | 'multiple-matches'
  | 'not-found'
  | 'deleted'
  | 'too-long'
  | 'code-invalid'
  | 'extension'
  | 'too-costly'
  | 'business-rule'
  | 'conflict'
  | 'transient'
  | 'lock-error'
  | 'no-store'
  | 'exception'
  | 'timeout'
  | 'incomplete'
  | 'throttled'
  | 'informational';

export interface Issue {
  readonly severity: IssueSeverity;
  readonly code: IssueType;
  /** What is there, what is wanted, what to do. */
  readonly diagnostics: string;
  /** FHIRPath that selects the element at fault, such as `Patient.name[0].given[1]`. */
  readonly expression?: string;
  /** Where the fault is outside the body, such as `http.Request-Context`. */
  readonly location?: string;
  /** Constraint key (`ele-1`) or rule id (`cardinality-min`). */
  readonly rule?: string;
  /** `url|version` of the definition that was broken. */
  readonly definition?: string;
  readonly sliceName?: string;
  /** Further codings for `details.coding`, such as an API's own outcome codes. */
  readonly codings?: readonly { readonly system?: string; readonly code: string; readonly display?: string }[];
  /** Position in the text that was sent, both counted from 1. */
  readonly line?: number;
  readonly column?: number;
}

export interface OutcomeOptions {
  /**
   * Code that stands in for the precise one of a validation fault; the precise code then goes to
   * `details.coding` (the NZ APIs answer `invalid` whatever the fault).
   */
  readonly validationIssueCode?: IssueType;
}

/** System of the rule ids and constraint keys in `issue.details.coding`. */
export const RULE_SYSTEM = 'https://kauri.nz/fhir/CodeSystem/validation-rule';
const ISSUE_TYPE_SYSTEM = 'http://hl7.org/fhir/issue-type';
const DEFINITION_EXTENSION = 'https://kauri.nz/fhir/StructureDefinition/issue-definition';
const SLICE_EXTENSION = 'https://kauri.nz/fhir/StructureDefinition/issue-slice-name';
const LINE_EXTENSION = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line';
const COLUMN_EXTENSION = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col';

/** True when no issue is an error or fatal. */
export function isAcceptable(issues: readonly Issue[]): boolean {
  return issues.every((issue) => issue.severity !== 'error' && issue.severity !== 'fatal');
}

/** Of a text that no document could be made of: there is no element to point to. */
export function syntaxIssue({ message, position }: JsonSyntaxError): Issue {
  const diagnostics = `The text is no JSON that can be read: ${message}`;
  return { severity: 'error', code: 'structure', rule: 'json-syntax', diagnostics, ...position };
}

const SEVERITIES: readonly IssueSeverity[] = ['fatal', 'error', 'warning', 'information'];

/**
 * The OperationOutcome of these issues, the gravest first: many clients show one issue only. An empty list becomes one
 * `informational` issue, as the resource needs one.
 */
export function toOperationOutcome(issues: readonly Issue[], options: OutcomeOptions = {}): JsonObject {
  const list: readonly Issue[] =
    issues.length > 0
      ? issues.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
      : [{ severity: 'information', code: 'informational', diagnostics: 'No issues detected' }];
  return { resourceType: 'OperationOutcome', issue: list.map((issue) => toOutcomeIssue(issue, options)) };
}

function toOutcomeIssue(issue: Issue, options: OutcomeOptions): JsonObject {
  const extension: JsonObject[] = [];
  if (issue.line !== undefined) extension.push({ url: LINE_EXTENSION, valueInteger: issue.line });
  if (issue.column !== undefined) extension.push({ url: COLUMN_EXTENSION, valueInteger: issue.column });
  if (issue.definition !== undefined) extension.push({ url: DEFINITION_EXTENSION, valueCanonical: issue.definition });
  if (issue.sliceName !== undefined) extension.push({ url: SLICE_EXTENSION, valueString: issue.sliceName });
  const coding: JsonObject[] = (issue.codings ?? []).map((given) => ({ ...given }));
  const isFault = issue.severity === 'error' || issue.severity === 'fatal';
  const code = options.validationIssueCode !== undefined && isFault && issue.rule !== undefined ? options.validationIssueCode : issue.code;
  if (code !== issue.code) coding.push({ system: ISSUE_TYPE_SYSTEM, code: issue.code });
  if (issue.rule !== undefined) coding.push({ system: RULE_SYSTEM, code: issue.rule });
  return {
    ...(extension.length > 0 && { extension }),
    severity: issue.severity,
    code,
    ...(coding.length > 0 && { details: { coding } }),
    diagnostics: issue.diagnostics,
    ...(issue.location !== undefined && { location: [issue.location] }),
    ...(issue.expression !== undefined && { expression: [issue.expression] }),
  };
}
