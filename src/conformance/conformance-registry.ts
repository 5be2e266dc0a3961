/**
 * Canonical resources by url and version, for one API: its own package, what that depends on, and R4 core beneath.
 * Reads single definitions lazily. Imports nothing of Node (a browser's worker can hold one).
 */
import type { SearchParameter, StructureDefinition } from 'fhir/r4.js';
import type { JsonObject } from '../fhir/json.js';
import type { DefinitionDetail } from './definition-source.js';

/** One definition and where it came from. */
export interface ConformanceEntry<T = JsonObject> {
  readonly resourceType: string;
  readonly url: string;
  /** The resource's `version`, or the version of its package where it has none. */
  readonly version: string;
  /** `name#version` of the package. */
  readonly packageId: string;
  /** What is known of it before `resource` is read. */
  readonly detail: DefinitionDetail;
  readonly resource: T;
  /** Of a StructureDefinition that came without a snapshot: what is wrong with its differential; known once it was found. */
  readonly snapshotProblems?: readonly DefinitionProblem[];
  /** Canonical that the definition is built upon, at whatever distance, and that is not loaded; empty where it names none. */
  readonly missingBase?: string | undefined;
  /** Parts that R4 shapes otherwise, and that were left out; known once `resource` was read. */
  readonly shapeProblems?: readonly DefinitionProblem[];
}

export interface DefinitionProblem {
  /** Element of the differential, or the path of what is misshapen. */
  readonly elementId: string;
  readonly message: string;
  /** What holds in its place, where that is not what the definition is built upon. */
  readonly instead?: string;
  /** Nothing is wrong in itself: people should know of it. */
  readonly isRemark?: boolean;
  /** Which element of the differential it is, where it is one. */
  readonly index?: number;
  /** Where in the element: `slicing`, `discriminator`, 0. */
  readonly below?: readonly (string | number)[];
}

/** `has a fault at Patient.name: min 0 is less than the 1 of what it constrains`, with what holds in its place where that must be said. */
export function describeDefinitionProblem({ elementId, message, instead }: DefinitionProblem): string {
  return `has a fault at ${elementId}: ${message}${instead === undefined ? '' : `: ${instead}`}`;
}

export interface ConformanceRegistry {
  /**
   * `url|version` exactly that version (`url|4` and `url|4.0` also find 4.0.1 when nothing has that label), `url` the
   * highest version loaded (semantic order, pre-releases last). With `from`, an unversioned url is first sought in that
   * package and what it depends on, so that a profile of nzbase 3.0.0 is built on nzbase 3.0.0.
   */
  find(resourceType: string, canonical: string, from?: string): ConformanceEntry | undefined;
  /** As `find` for StructureDefinition, with its snapshot: generated when the resource has none. */
  findStructureDefinition(canonical: string, from?: string): ConformanceEntry<StructureDefinition> | undefined;
  /** Versions loaded of this url, highest first. */
  versions(resourceType: string, url: string): readonly string[];
  /** Every entry of this type (urls and versions only are cheap; `resource` is read when touched). */
  list(resourceType: string): readonly ConformanceEntry[];
  /** The base definition of a type (`Patient`, `HumanName`, `string`). */
  findType(type: string): ConformanceEntry<StructureDefinition> | undefined;
  /** Names of all concrete resource types of R4. */
  readonly resourceTypes: ReadonlySet<string>;
  /** SearchParameters whose base includes this type, `Resource` or `DomainResource` (the more specific ones first). */
  searchParametersOf(resourceType: string): readonly SearchParameter[];
  /** Adds a loose canonical resource (a posted one, or one of `--definitions`); it is found like any other from then on. */
  add(resource: JsonObject, packageId?: string): void;
}
