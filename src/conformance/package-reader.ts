/** Reads FHIR packages (.tgz as published, or a folder) and loose definitions: https://hl7.org/fhir/packages.html */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { list as listArchive, type ReadEntry } from 'tar';
import { toCanonical } from '../fhir/canonical.js';
import { isJsonObject, type JsonObject } from '../fhir/json.js';
import { type DefinitionEntry, type DefinitionSource, detailOf } from './definition-source.js';

/** What is wrong with a package or a file; named at start. */
export interface PackageProblem {
  readonly packageId: string;
  readonly file?: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export interface FhirPackage extends DefinitionSource {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly problems: readonly PackageProblem[];
}

const LARGEST_FILE_BYTES = 64 * 1024 * 1024;
const LARGEST_PACKAGE_BYTES = 512 * 1024 * 1024;
/** Index files of publishers, which repeat what the resources say. */
const NO_RESOURCE = /(^|\/)(\.index\.json|api\.json|ig-r4\.json)$/;

/** Reads a package; a file of it that is broken becomes a problem, the rest is loaded. Throws when it is no package at all. */
export async function readPackage(path: string): Promise<FhirPackage> {
  const files = statSync(path).isDirectory() ? readFolder(path) : await readWholeArchive(path);
  const manifestText = files.get('package.json');
  if (manifestText === undefined) throw new Error(`${path} is no FHIR package: it has no package.json`);
  const manifest = parse(manifestText, `${path}: package.json`);
  if (!isJsonObject(manifest) || typeof manifest['name'] !== 'string' || typeof manifest['version'] !== 'string') {
    throw new Error(`${path} is no FHIR package: its package.json has no name and version`);
  }
  const packageId = `${manifest['name']}#${manifest['version']}`;
  const problems: PackageProblem[] = faultsOfManifest(manifest).map((message) => ({ packageId, severity: 'error', message }));
  const entries: DefinitionEntry[] = [];
  files.delete('package.json');
  const known = new Map<string, string>();
  for (const [file, text] of files) {
    const read = toEntry(text, manifest['version']);
    if (typeof read === 'string') problems.push({ packageId, file, severity: 'error', message: read });
    if (typeof read !== 'object') continue;
    const canonical = `${read.resourceType} ${toCanonical(read.url, read.version)}`;
    const other = known.get(canonical);
    if (other !== undefined)
      problems.push({ packageId, file, severity: 'error', message: `is ${canonical}, as ${other} is: only this one counts` });
    known.set(canonical, file);
    entries.push(read);
  }
  return {
    packageId,
    name: manifest['name'],
    version: manifest['version'],
    dependencies: dependenciesOf(manifest),
    entries,
    problems,
  };
}

function dependenciesOf({ dependencies }: JsonObject): Readonly<Record<string, string>> {
  if (!isJsonObject(dependencies)) return {};
  return Object.fromEntries(
    Object.entries(dependencies).flatMap(([name, version]) => (typeof version === 'string' ? [[name, version]] : [])),
  );
}

/** What is wrong with a package.json that names its package. */
function faultsOfManifest({ dependencies, fhirVersions }: JsonObject): readonly string[] {
  const faults: string[] = [];
  const isMap =
    dependencies === undefined ||
    (isJsonObject(dependencies) && Object.values(dependencies).every((version) => typeof version === 'string'));
  if (!isMap) faults.push('has dependencies that are no object of names and versions: those that are none were left out');
  const versions = Array.isArray(fhirVersions) ? fhirVersions : [];
  if (versions.length > 0 && !versions.some((version) => typeof version === 'string' && version.startsWith('4.0'))) {
    faults.push(`is for FHIR ${versions.join(', ')}, and this is a server of R4 (4.0.1)`);
  }
  return faults;
}

/** Every resource of a file or folder, those of a Bundle singly. Throws for a file that is no JSON, or no resource. */
export function readDefinitions(path: string): readonly JsonObject[] {
  const isFolder = statSync(path).isDirectory();
  const files = isFolder ? readFolder(path) : new Map([[path, toText(readFileSync(path))]]);
  files.delete('package.json');
  return [...files].flatMap(([name, text]) => {
    const file = isFolder ? join(path, name) : path;
    const value = parse(text, file);
    if (!isJsonObject(value) || typeof value['resourceType'] !== 'string') throw new Error(`${file} is no FHIR resource in JSON`);
    if (value['resourceType'] === 'Bundle' && Array.isArray(value['entry'])) {
      return value['entry'].flatMap((entry) => (isJsonObject(entry) && isJsonObject(entry['resource']) ? [entry['resource']] : []));
    }
    return [value];
  });
}

/** JSON files of a folder by name; of a published layout those of its `package` folder; examples and tests are not definitions. */
function readFolder(path: string): Map<string, string> {
  const names = readdirSync(path, { withFileTypes: true });
  const published = names.find((entry) => entry.isDirectory() && entry.name === 'package');
  if (published !== undefined) return readFolder(join(path, 'package'));
  const files = new Map<string, string>();
  for (const entry of names) {
    if (entry.isFile() && entry.name.endsWith('.json') && !NO_RESOURCE.test(entry.name)) {
      files.set(entry.name, toText(readFileSync(join(path, entry.name))));
    }
  }
  return files;
}

async function readWholeArchive(path: string): Promise<Map<string, string>> {
  try {
    return await readArchive(path);
  } catch (error) {
    throw new Error(`${path} is no whole .tgz: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function readArchive(path: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  let total = 0;
  await listArchive({
    file: path,
    strict: true,
    onReadEntry: (entry: ReadEntry) => {
      const name = /^(?:\.\/)?package\/([^/]+\.json)$/.exec(entry.path)?.[1];
      if (entry.type !== 'File' || name === undefined || NO_RESOURCE.test(name)) {
        entry.resume();
        return;
      }
      total += entry.size;
      if (entry.size > LARGEST_FILE_BYTES || total > LARGEST_PACKAGE_BYTES) throw new Error(`${path} is too large at ${entry.path}`);
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => files.set(name, toText(Buffer.concat(chunks))));
    },
  });
  return files;
}

/** Some editors begin a file with a byte order mark, which is no JSON. */
function toText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** Throws with the file's name where it is no JSON. */
function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} ${notJson(error)}`, { cause: error });
  }
}

/** Kinds of resource that nothing can find without a url. */
const NEEDS_URL = new Set(['StructureDefinition', 'ValueSet', 'CodeSystem', 'SearchParameter', 'OperationDefinition']);

/** The definition in a file, undefined for a resource that is none, or what is wrong. */
function toEntry(text: string, packageVersion: string): DefinitionEntry | string | undefined {
  let resource: unknown;
  try {
    resource = JSON.parse(text);
  } catch (error) {
    return notJson(error);
  }
  if (!isJsonObject(resource) || typeof resource['resourceType'] !== 'string') return 'is no FHIR resource: it has no resourceType';
  const { resourceType, url } = resource;
  if (typeof url !== 'string' || url === '') {
    return NEEDS_URL.has(resourceType as string) ? `is a ${String(resourceType)} without a url: nothing can refer to it` : undefined;
  }
  if (resourceType === 'StructureDefinition' && !isJsonObject(resource['differential']) && !isJsonObject(resource['snapshot'])) {
    return `StructureDefinition ${url} has neither differential nor snapshot`;
  }
  return {
    resourceType: resourceType as string,
    url,
    version: typeof resource['version'] === 'string' ? resource['version'] : packageVersion,
    detail: detailOf(resource),
    read: () => JSON.parse(text) as JsonObject,
  };
}

function notJson(error: unknown): string {
  return `is no JSON: ${error instanceof Error ? error.message : String(error)}`;
}
