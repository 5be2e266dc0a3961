/** Reads a file of definitions: its index at once, each definition when something asks for it. Imports nothing of Node. */
import type { JsonObject } from '../fhir/json.js';
import type { DefinitionSource } from './definition-source.js';
import { DEFINITIONS_FORMAT, type DefinitionsHeader, type DefinitionsIndex } from './definitions-format.js';

/** The bytes of a file, wherever they are. */
export interface FileBytes {
  readonly size: number;
  /** Fewer than `length` where the file ends before. */
  read(offset: number, length: number): Uint8Array;
}

/** The bytes are no file of definitions, are of another format, or are not whole. */
export class DefinitionsFileError extends Error {
  override readonly name = 'DefinitionsFileError';
}

const LONGEST_HEADER = 200;
const LINE_BREAK = 10;

/** Throws DefinitionsFileError. */
export function openDefinitionsFile(file: FileBytes): readonly DefinitionSource[] {
  const start = file.read(0, LONGEST_HEADER);
  const length = start.indexOf(LINE_BREAK) + 1;
  const header = parse<DefinitionsHeader>(start.subarray(0, length));
  if (header?.format !== DEFINITIONS_FORMAT) {
    const found = header?.format === undefined ? 'are no file of definitions' : `are a file of definitions in format ${header.format}`;
    throw new DefinitionsFileError(`The bytes ${found}; wanted is one in format ${DEFINITIONS_FORMAT}, as this version of kauri brings it`);
  }
  const first = length + header.index;
  if (file.size !== first + header.definitions) {
    throw new DefinitionsFileError(
      `The file of definitions has ${file.size} bytes in place of ${first + header.definitions}: get it again`,
    );
  }
  const index = parse<DefinitionsIndex>(file.read(length, header.index));
  if (index === undefined) throw new DefinitionsFileError('The index of the file of definitions is damaged: get the file again');
  return index.map(({ packageId, rows }) => ({
    packageId,
    entries: rows.map(([resourceType, url, version, offset, bytes, detail]) => ({
      resourceType,
      url,
      version,
      detail,
      read: () => readDefinition(file, first + offset, bytes),
    })),
  }));
}

function readDefinition(file: FileBytes, offset: number, length: number): JsonObject {
  const definition = parse<JsonObject>(file.read(offset, length));
  if (definition === undefined) throw new DefinitionsFileError('A definition is damaged, or its file was shortened: get or build it again');
  return definition;
}

/** Undefined for what is no JSON. */
function parse<T>(bytes: Uint8Array): T | undefined {
  try {
    return JSON.parse(decoder.decode(bytes)) as T;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const decoder = new TextDecoder();
