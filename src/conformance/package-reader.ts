/** Reads FHIR packages (.tgz as published, or a folder) and loose definitions: https://hl7.org/fhir/packages.html */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { list as listArchive, type ReadEntry } from 'tar';
import { isJsonObject, type JsonObject } from '../fhir/json.js';
import { type FhirPackage, notJson, toPackage } from './package-content.js';

export type { FhirPackage } from './package-content.js';

const LARGEST_FILE_BYTES = 64 * 1024 * 1024;
const LARGEST_PACKAGE_BYTES = 512 * 1024 * 1024;
/** Index files of publishers, which repeat what the resources say. */
const NO_RESOURCE = /(^|\/)(\.index\.json|api\.json|ig-r4\.json)$/;

/** Reads a package; a file of it that is broken becomes a problem, the rest is loaded. Throws when it is no package at all. */
export async function readPackage(path: string): Promise<FhirPackage> {
  const files = statSync(path).isDirectory() ? readFolder(path) : await readWholeArchive(path);
  const manifestText = files.get('package.json');
  if (manifestText === undefined) throw new Error(`${path} is no FHIR package: it has no package.json`);
  files.delete('package.json');
  const manifest = parse(manifestText, `${path}: package.json`);
  const read = toPackage(
    manifest,
    [...files].map(([name, text]) => ({ name, read: () => JSON.parse(text) as unknown })),
  );
  if (read === undefined) throw new Error(`${path} is no FHIR package: its package.json has no name and version`);
  return read;
}

/** Every resource of a file, or of a folder and those in it, those of a Bundle singly. Throws for a file that is no JSON, or no resource. */
export function readDefinitions(path: string): readonly JsonObject[] {
  const isFolder = statSync(path).isDirectory();
  const files = isFolder ? readFolders(path) : new Map([[path, toText(readFileSync(path))]]);
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

/** JSON files of a folder and of those in it, by their way from there; what lies in folders of a package is no definition. */
function readFolders(path: string): Map<string, string> {
  const files = readFolder(path);
  if (files.delete('package.json')) return files;
  for (const { name } of readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !isHidden(entry.name))) {
    for (const [below, text] of readFolders(join(path, name))) files.set(join(name, below), text);
  }
  return files;
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

/** JSON files of a folder by name; of a published layout those of its `package` folder; examples and tests are not definitions. */
function readFolder(path: string): Map<string, string> {
  const names = readdirSync(path, { withFileTypes: true });
  const published = names.find((entry) => entry.isDirectory() && entry.name === 'package');
  if (published !== undefined) return readFolder(join(path, 'package'));
  const files = new Map<string, string>();
  for (const entry of names) {
    if (entry.isFile() && /\.json$/i.test(entry.name) && !NO_RESOURCE.test(entry.name)) {
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
