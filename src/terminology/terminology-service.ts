/** Codes and value sets by what is loaded: https://hl7.org/fhir/R4/terminology-service.html */
import type { CodeSystemConceptDesignation, ValueSet } from 'fhir/r4.js';
import type { LoadedCodeSystem } from './code-system.js';
import type { Expansion } from './expand-value-set.js';
import type { KnownSystem } from './known-systems.js';

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
   * A code without version may be of any version that is loaded. `unknown-system` when the code is not found, and the code system is not loaded, not complete, or loaded in another version only;
   * `no-code-system` when the url is that of a supplement or of a value set, which have no codes of their own.
   */
  lookup(system: string, code: string, version?: string): CodeLookup | 'unknown-code' | 'unknown-system' | 'no-code-system';
  /** What value sets of the packages display a code as, beside its system. */
  valueSetDisplays(system: string, code: string): readonly Display[];
  /** Versions of a code system that are loaded with codes, highest first; a version that is not stated is empty. */
  versionsOf(system: string): readonly string[];
}

/** A value set as it is defined, and the package that its parts are sought in first. */
export interface ValueSetDefinition {
  readonly resource: ValueSet;
  readonly from: string | undefined;
}

/** What validation asks, and what the operations on terminology ask besides. */
export interface Terminology extends TerminologyService {
  /** Of an implicit value set what it would be. */
  findValueSet(canonical: string, from?: string): ValueSetDefinition | undefined;
  /** A value set that need not be loaded, such as one that was posted. It has the shape that R4 gives it. */
  prepareResource(resource: ValueSet, from?: string): PreparedValueSet;
  /** All its codes, or what stands in the way. It has the shape that R4 gives it. */
  expand(resource: ValueSet, from?: string): Expansion;
  /** Exactly that version where one is given. */
  findCodeSystem(url: string, version?: string): LoadedCodeSystem | undefined;
  /** A code system that needs no CodeSystem. */
  knownSystem(url: string): KnownSystem | undefined;
  /** What supplements say of a code. */
  supplementDesignations(system: string, code: string): readonly CodeSystemConceptDesignation[];
}
