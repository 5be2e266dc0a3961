/** Validates a resource against the definitions it claims, in one walk. */
import type { JsonDocument } from '../fhir/json.js';
import type { Issue } from '../fhir/operation-outcome.js';

export interface ValidateOptions {
  /** Canonicals to hold beside the resource's own `meta.profile`. */
  readonly profiles?: readonly string[];
  /** Whether extensions without a definition at hand are errors; default: allowed with a warning. */
  readonly allowUnknownExtensions?: boolean;
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

export interface ValidationResult {
  readonly issues: readonly Issue[];
  /** One for each of `meta.profile`, then of `options.profiles`. */
  readonly claims: readonly ResolvedClaim[];
}

export interface Validator {
  /** Never throws for any JSON; a claim that is unknown is an error issue with rule `profile-unknown`. */
  validate(document: JsonDocument, options?: ValidateOptions): ValidationResult;
}
