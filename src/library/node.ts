/** `import … from 'kauri/validation/node'`: the files that the library `kauri/validation` wants, read from the disk. */
import { DEFINITIONS_FILES, R4_FILE } from '../conformance/definitions-format.js';
import { openCoreDefinitions } from '../conformance/definitions-index.js';
import { readPackage as openPackage } from '../conformance/package-reader.js';
import { Definitions, type PackageContent } from './validation.js';

export interface ReadDefinitionsOptions {
  /** Whether HL7's terminology and extensions are among them; default true. Without them 0.5 MB less is read. */
  readonly terminology?: boolean;
}

/**
 * R4's definitions as the package brings them. Their index is read now, a definition when it is used; the files stay open.
 * Throws an Error that names the file when they cannot be read.
 */
export function readDefinitions({ terminology = true }: ReadDefinitionsOptions = {}): Definitions {
  return new Definitions(openCoreDefinitions(undefined, terminology ? DEFINITIONS_FILES : [R4_FILE]));
}

/**
 * A FHIR package, a .tgz as published or a folder, for `createValidator({ packages })`. Files of it that are no definitions are
 * left out and named in `problems`; rejects with an Error that names the path for what is no package at all.
 */
export async function readPackage(path: string): Promise<PackageContent> {
  const { name, version, dependencies, entries, problems } = await openPackage(path);
  const faults = problems.map(({ file, message }) => (file === undefined ? message : `${file}: ${message}`));
  return { name, version, dependencies, resources: entries.map((entry) => entry.read()), problems: faults };
}
