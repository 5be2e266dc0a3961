/** Opens the index of the built-in definitions and reads single ones when they are asked for. */
import { openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../fhir/json.js';
import type { DefinitionSource } from './definition-source.js';
import { buildDefinitions, findDefinitionsPackages } from './definitions-builder.js';
import { DEFINITIONS_FILE, DEFINITIONS_FORMAT, type DefinitionsIndexFile, INDEX_FILE } from './definitions-format.js';

/** Something that whoever installed the program must mend. */
export class DefinitionsIndexError extends Error {
  override readonly name = 'DefinitionsIndexError';
}

/** `dist/definitions` of the package this file belongs to, for sources and compiled code alike. */
export const DEFINITIONS_FOLDER = fileURLToPath(new URL('../../dist/definitions', import.meta.url));

/**
 * HL7's terminology, R4's core and the extensions pack, what goes first first. The index is built when it is missing; throws
 * DefinitionsIndexError when it can neither be read nor built.
 */
export function openCoreDefinitions(folder = DEFINITIONS_FOLDER): readonly DefinitionSource[] {
  const existing = readIndex(folder);
  if (existing !== undefined) return existing;
  const packages = findDefinitionsPackages();
  if (packages === undefined) {
    throw new DefinitionsIndexError(
      `${folder} has no index of R4's definitions, and the packages to build it from are not installed: run npm ci and npm run build`,
    );
  }
  try {
    buildDefinitions(folder, packages);
  } catch (error) {
    throw new DefinitionsIndexError(`The index of R4's definitions cannot be built in ${folder}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const built = readIndex(folder);
  if (built === undefined)
    throw new DefinitionsIndexError(`The index of R4's definitions was built in ${folder}, but cannot be read there`);
  return built;
}

function readIndex(folder: string): readonly DefinitionSource[] | undefined {
  const indexFile = join(folder, INDEX_FILE);
  const text = readIndexFile(indexFile);
  if (text === undefined) return undefined;
  const index = parseIndex(text);
  if (index?.format !== DEFINITIONS_FORMAT || !isWhole(join(folder, DEFINITIONS_FILE), index)) return undefined;
  const file = openSync(join(folder, DEFINITIONS_FILE), 'r');
  return index.packages.map(({ packageId, rows }) => ({
    packageId,
    entries: rows.map(([resourceType, url, version, offset, length, detail]) => ({
      resourceType,
      url,
      version,
      detail,
      read: () => readDefinition(file, offset, length),
    })),
  }));
}

/** Undefined when there is none. */
function readIndexFile(indexFile: string): string | undefined {
  try {
    return readFileSync(indexFile, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new DefinitionsIndexError(`The index of R4's definitions, ${indexFile}, cannot be read (${code}): see who may read it`);
  }
}

/** Undefined for one that was damaged: it is built again. */
function parseIndex(text: string): DefinitionsIndexFile | undefined {
  try {
    return JSON.parse(text) as DefinitionsIndexFile;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isWhole(file: string, { packages }: DefinitionsIndexFile): boolean {
  const bytes = packages.reduce((sum, { rows }) => rows.reduce((total, [, , , , length]) => total + length, sum), 0);
  return statSync(file, { throwIfNoEntry: false })?.size === bytes;
}

function readDefinition(file: number, offset: number, length: number): JsonObject {
  const bytes = Buffer.allocUnsafe(length);
  const got = readSync(file, bytes, 0, length, offset);
  if (got !== length) throw new Error(`${DEFINITIONS_FILE} is shorter than its index says: build it again`);
  return JSON.parse(bytes.toString('utf8')) as JsonObject;
}
