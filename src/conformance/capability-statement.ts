/**
 * The CapabilityStatement as policy: https://hl7.org/fhir/R4/capabilitystatement.html
 * `readCapabilityPolicy` turns the authored resource into tables; routing, search and `/metadata` all read these tables.
 */
import type { CapabilityStatement, SearchParameter } from 'fhir/r4.js';

/** Codes of https://hl7.org/fhir/R4/valueset-type-restful-interaction.html and -system-restful-interaction.html, with the two that have no code there. */
export type InteractionCode =
  | 'read'
  | 'vread'
  | 'update'
  | 'patch'
  | 'delete'
  | 'history-instance'
  | 'history-type'
  | 'history-system'
  | 'create'
  | 'search-type'
  | 'search-system'
  | 'capabilities'
  | 'transaction'
  | 'batch'
  | 'operation';

export interface SearchParameterPolicy {
  readonly name: string;
  readonly type: string;
  /** Undefined for the result parameters and those whose definition is not at hand (these match nothing). */
  readonly definition: SearchParameter | undefined;
  readonly documentation: string | undefined;
}

export interface OperationPolicy {
  /** Without the `$`. */
  readonly name: string;
  readonly definition: string;
}

export interface ResourcePolicy {
  readonly type: string;
  readonly profile: string | undefined;
  readonly supportedProfiles: readonly string[];
  readonly interactions: ReadonlySet<InteractionCode>;
  readonly searchParams: ReadonlyMap<string, SearchParameterPolicy>;
  /** Each list: parameters that a search must all carry; a search must satisfy one of the lists (if there is any). */
  readonly requiredCombinations: readonly (readonly string[])[];
  /** `Condition:encounter`, `*`; empty: _include does not exist. */
  readonly searchInclude: readonly string[];
  readonly searchRevInclude: readonly string[];
  readonly operations: readonly OperationPolicy[];
  readonly updateCreate: boolean;
  readonly conditionalCreate: boolean;
  readonly conditionalRead: 'not-supported' | 'modified-since' | 'not-match' | 'full-support';
  readonly conditionalUpdate: boolean;
  readonly conditionalDelete: 'not-supported' | 'single' | 'multiple';
}

export interface CapabilityPolicy {
  /** The authored resource, source of descriptive texts for `/metadata`. */
  readonly source: CapabilityStatement;
  readonly interactions: ReadonlySet<InteractionCode>;
  readonly resources: ReadonlyMap<string, ResourcePolicy>;
  readonly operations: readonly OperationPolicy[];
  /** Parameters of search-system and of every type. */
  readonly searchParams: ReadonlyMap<string, SearchParameterPolicy>;
}
