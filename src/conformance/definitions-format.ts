/** The two files that the index of the built-in definitions consists of, as their writer and their reader agree on them. */
import type { DefinitionDetail } from './definition-source.js';

export const DEFINITIONS_FILE = 'r4.ndjson';
export const INDEX_FILE = 'r4.index.json';
/** Raised when what is written changes: an older index is then built again. */
export const DEFINITIONS_FORMAT = 5;

export type IndexRow = readonly [
  resourceType: string,
  url: string,
  version: string,
  offset: number,
  length: number,
  detail: DefinitionDetail,
];

export interface IndexedPackage {
  /** `name#version`. */
  readonly packageId: string;
  readonly rows: readonly IndexRow[];
}

export interface DefinitionsIndexFile {
  readonly format: number;
  /** What an earlier one says of a canonical goes before what a later one says. */
  readonly packages: readonly IndexedPackage[];
}
