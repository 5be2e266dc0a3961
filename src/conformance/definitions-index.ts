/** Opens the files of built-in definitions on the disk; single definitions are read when they are asked for. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DefinitionSource } from './definition-source.js';
import { buildDefinitions, findDefinitionsPackages } from './definitions-builder.js';
import { DefinitionsFileError, openDefinitionsFile } from './definitions-file.js';
import { DEFINITIONS_FILES } from './definitions-format.js';

/** Something that whoever installed the program must mend. */
export class DefinitionsIndexError extends Error {
  override readonly name = 'DefinitionsIndexError';
}

/** `dist/definitions` of the package this file belongs to, for sources and compiled code alike. */
export const DEFINITIONS_FOLDER = fileURLToPath(new URL('../../dist/definitions', import.meta.url));

/**
 * HL7's terminology, the extensions pack and R4's core, what goes first first. Built when they are missing; throws
 * DefinitionsIndexError when they can neither be read nor built.
 */
export function openCoreDefinitions(
  folder = DEFINITIONS_FOLDER,
  files: readonly string[] = DEFINITIONS_FILES,
): readonly DefinitionSource[] {
  const existing = readIndex(folder, files);
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
  const built = readIndex(folder, files);
  if (built === undefined)
    throw new DefinitionsIndexError(`The index of R4's definitions was built in ${folder}, but cannot be read there`);
  return built;
}

/** Undefined when a file is missing, of another format, or damaged: it is built again. */
function readIndex(folder: string, files: readonly string[]): readonly DefinitionSource[] | undefined {
  const opened = files.map((name) => openFile(join(folder, name)));
  const whole = opened.filter((file) => file !== undefined);
  if (whole.length === opened.length) return whole.flatMap(({ sources }) => sources);
  for (const { close } of whole) close();
  return undefined;
}

interface OpenFile {
  readonly sources: readonly DefinitionSource[];
  close(): void;
}

function openFile(path: string): OpenFile | undefined {
  let file: number | undefined;
  try {
    const opened = openSync(path, 'r');
    file = opened;
    const content = { size: fstatSync(opened).size, read: (offset: number, length: number) => readBytes(opened, offset, length) };
    return { sources: openDefinitionsFile(content), close: () => closeSync(opened) };
  } catch (error) {
    if (file !== undefined) closeSync(file);
    if (error instanceof DefinitionsFileError) return undefined;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === undefined) throw error;
    throw new DefinitionsIndexError(`The index of R4's definitions, ${path}, cannot be read (${code}): see who may read it`);
  }
}

function readBytes(file: number, offset: number, length: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
}
