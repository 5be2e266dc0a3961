/**
 * The files of built-in definitions, as their writer and their readers agree on them: a line with the format and the sizes of
 * what follows, a line with the index, then each definition on a line of its own.
 */
import type { DefinitionDetail } from './definition-source.js';

/** R4's own definitions. */
export const R4_FILE = 'r4.ndjson';
/** HL7's terminology and the extensions pack: what they say of a canonical goes before what R4 says. */
export const TERMINOLOGY_FILE = 'terminology.ndjson';
/** What goes first first. Each also lies there compressed, with `.gz` at its end. */
export const DEFINITIONS_FILES = [TERMINOLOGY_FILE, R4_FILE] as const;
/** Raised when what is written changes: older files are then built again. */
export const DEFINITIONS_FORMAT = 8;

/** Shipped with the server, in the index of definitions; by name alone, as packages depend on them in any version. */
export function isBuiltInPackage(name: string): boolean {
  return /^hl7\.(fhir\.r4\.core|terminology(\.r4)?|fhir\.uv\.extensions(\.r4)?)$/.test(name);
}

/** Whether a package, by its id, is R4's own. */
export function isR4Package(packageId: string): boolean {
  return packageId.startsWith('hl7.fhir.r4.core#');
}

export interface DefinitionsHeader {
  readonly format: number;
  /** Bytes of the index, its line break included. */
  readonly index: number;
  /** Bytes of all definitions. */
  readonly definitions: number;
}

export type IndexRow = readonly [
  resourceType: string,
  url: string,
  version: string,
  /** In bytes from the first definition. */
  offset: number,
  length: number,
  detail: DefinitionDetail,
];

export interface IndexedPackage {
  /** `name#version`. */
  readonly packageId: string;
  readonly rows: readonly IndexRow[];
}

/** What an earlier one says of a canonical goes before what a later one says. */
export type DefinitionsIndex = readonly IndexedPackage[];
