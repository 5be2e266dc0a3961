/** Codes and value sets by what is loaded: https://hl7.org/fhir/R4/terminology-service.html */

export type Membership = 'member' | 'not-member' | 'unknown';

/** A value set made ready for many checks. Membership of a code that no loaded content can decide is `unknown`. */
export interface PreparedValueSet {
  /** `url|version`. */
  readonly canonical: string;
  /** Code systems (or value sets) that could not be expanded offline, such as SNOMED CT filters. */
  readonly unchecked: readonly string[];
  /** `system` undefined: a bare code (element of type code), member when any system of the set has it. */
  check(system: string | undefined, code: string, version?: string): Membership;
}

export interface Display {
  readonly text: string;
  /** BCP 47; undefined for a designation that names none. */
  readonly language: string | undefined;
}

export interface CodeLookup {
  /** `url|version` of the code system that has it; undefined for a system that is a grammar. */
  readonly canonical: string | undefined;
  readonly display: string | undefined;
  /** Display and every designation, those of supplements too, for checking what was sent. */
  readonly displays: readonly Display[];
  readonly inactive: boolean;
}

export interface TerminologyService {
  /** Undefined when no such value set is loaded. `from`: package id of the definition that refers to it. */
  prepareValueSet(canonical: string, from?: string): PreparedValueSet | undefined;
  /**
   * A code without version may be of any version that is loaded. `unknown-system` when the code is not found, and the code system is not
   * loaded, not complete, or loaded in another version only; `no-code-system` when the url is that of a supplement or of a value set, which have no codes of their own.
   */
  lookup(system: string, code: string, version?: string): CodeLookup | 'unknown-code' | 'unknown-system' | 'no-code-system';
  /** What value sets of the packages display a code as, beside its system. */
  valueSetDisplays(system: string, code: string): readonly Display[];
  /** Versions of a code system that are loaded with codes, highest first; a version that is not stated is empty. */
  versionsOf(system: string): readonly string[];
}
