/** Validates a resource against the definitions it claims, in one walk. */
import type { JsonDocument } from '../fhir/json.js';
import type { Issue } from '../fhir/operation-outcome.js';
import type { CodedValue } from '../terminology/terminology-server.js';

export interface ValidateOptions {
  /** Canonicals to hold beside the resource's own `meta.profile`. */
  readonly profiles?: readonly string[];
  /** Whether extensions without a definition at hand are errors; default: allowed with a warning. */
  readonly allowUnknownExtensions?: boolean;
  /** Whether codes that nothing loaded can decide are given back, for a terminology server to decide, in place of a remark; default: not. */
  readonly collectUnchecked?: boolean;
  /** Largest number of issues reported, errors first; default 1000. One more then says that there are others. */
  readonly issueLimit?: number;
}

/** A profile claim and the definition that it stands for. */
export interface ResolvedClaim {
  /** As sent. */
  readonly claim: string;
  /** `url|version`; undefined when unknown. */
  readonly canonical: string | undefined;
}

/** A code, or a concept with several, and the value set that it is bound to. */
export interface UncheckedCode {
  /** `url|version`, or as the binding names it where no such value set is loaded. */
  readonly valueSet: string;
  readonly value: CodedValue;
  /** What there is to say where it is no code of the value set: an error for a required binding, else a warning. */
  readonly issue: Issue;
}

export interface ValidationResult {
  readonly issues: readonly Issue[];
  /** Empty unless it was asked for. */
  readonly unchecked: readonly UncheckedCode[];
  /** One for each of `meta.profile`, then of `options.profiles`. */
  readonly claims: readonly ResolvedClaim[];
}

export interface Validator {
  /** Never throws for any JSON; a claim that is unknown is an error issue with rule `profile-unknown`. */
  validate(document: JsonDocument, options?: ValidateOptions): ValidationResult;
}
