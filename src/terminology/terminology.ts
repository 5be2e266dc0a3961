/** What the operations on terminology ask, beside what validation does: https://hl7.org/fhir/R4/terminology-service.html */
import type { CodeSystemConceptDesignation, ValueSet } from 'fhir/r4.js';
import type { LoadedCodeSystem } from './code-system.js';
import type { Expansion } from './expand-value-set.js';
import type { KnownSystem } from './known-systems.js';
import type { PreparedValueSet, TerminologyService } from './terminology-service.js';

/** A value set as it is defined, and the package that its parts are sought in first. */
export interface ValueSetDefinition {
  readonly resource: ValueSet;
  readonly from: string | undefined;
}

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
