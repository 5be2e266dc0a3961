/** Writes the files of built-in definitions, as they are read from a disk and as they are sent. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import type { Bundle, StructureDefinition } from 'fhir/r4.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import { detailOf } from './definition-source.js';
import {
  DEFINITIONS_FORMAT,
  type DefinitionsHeader,
  type DefinitionsIndex,
  type IndexedPackage,
  type IndexRow,
  R4_FILE,
  TERMINOLOGY_FILE,
} from './definitions-format.js';
import { type DataElements, isOfR4, readDataElements, restoreType } from './restore-r4.js';

const R4_VERSION = '4.0.1';
/** What the index has of other packages. */
const PACKAGED_TYPES = ['StructureDefinition', 'ValueSet', 'CodeSystem'];

/** The Bundles of HL7's definitions; the package of R4's definitions has others, which are not HL7's. */
const BUNDLES = [
  'profiles-types.json',
  'profiles-resources.json',
  'profiles-others.json',
  'extension-definitions.json',
  'valuesets.json',
  'v2-tables.json',
  'v3-codesystems.json',
  'search-parameters.json',
  'conceptmaps.json',
];

export interface DefinitionsPackages {
  /** Folders of R4's definitions, HL7's terminology and the extensions pack. */
  readonly core: string;
  readonly terminology: string;
  readonly extensions: string;
}

/** Undefined when one of them is not installed (a published package ships the index instead). */
export function findDefinitionsPackages(): DefinitionsPackages | undefined {
  const { resolve } = createRequire(import.meta.url);
  const folderOf = (name: string): string => dirname(resolve(`${name}/package.json`));
  try {
    return {
      core: folderOf('hl7.fhir.r4.core'),
      terminology: folderOf('hl7.terminology.r4'),
      extensions: folderOf('hl7.fhir.uv.extensions.r4'),
    };
  } catch {
    return undefined;
  }
}

/** Builds the files in `folder`, replacing those that are there; two processes that do so at once both end well. */
export function buildDefinitions(folder: string, packages: DefinitionsPackages): void {
  const core = readCore(packages.core);
  const versions = new Map(core.map((resource) => [keyOf(resource), resource['version'] ?? R4_VERSION]));
  const extensions = readPackageFolder(packages.extensions).filter((resource) => !versions.has(keyOf(resource)));
  // what R4 defines itself is R4's; the tables of v2 and v3, of which it has copies, HL7 maintains apart
  const terminology = readPackageFolder(packages.terminology).filter((resource) => versions.get(keyOf(resource)) !== R4_VERSION);
  mkdirSync(dirname(folder), { recursive: true });
  const temporary = mkdtempSync(`${folder}-`);
  // who runs the server need not be who built it
  chmodSync(temporary, 0o755);
  const terminologyFile = new DefinitionsFile()
    .add(packageIdOf(packages.terminology), terminology)
    .add(packageIdOf(packages.extensions), extensions);
  writeBoth(join(temporary, TERMINOLOGY_FILE), terminologyFile.text);
  writeBoth(join(temporary, R4_FILE), new DefinitionsFile().add('hl7.fhir.r4.core#4.0.1', core).text);
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(temporary, folder);
  } catch (error) {
    // another process was quicker: its files are as good as ours
    rmSync(temporary, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

function writeBoth(file: string, text: string): void {
  writeFileSync(file, text);
  writeFileSync(`${file}.gz`, gzipSync(text, { level: constants.Z_BEST_COMPRESSION }));
}

class DefinitionsFile {
  readonly #lines: string[] = [];
  readonly #index: IndexedPackage[] = [];
  #bytes = 0;

  get text(): string {
    const index: DefinitionsIndex = this.#index;
    const indexLine = `${JSON.stringify(index)}\n`;
    const header: DefinitionsHeader = { format: DEFINITIONS_FORMAT, index: Buffer.byteLength(indexLine), definitions: this.#bytes };
    return `${JSON.stringify(header)}\n${indexLine}${this.#lines.join('')}`;
  }

  add(packageId: string, resources: readonly JsonObject[]): this {
    const rows = resources.map((resource) => {
      const line = `${JSON.stringify(withoutDeadWeight(resource))}\n`;
      const length = Buffer.byteLength(line);
      const row = toRow(resource, this.#bytes, length);
      this.#lines.push(line);
      this.#bytes += length;
      return row;
    });
    this.#index.push({ packageId, rows });
    return this;
  }
}

function readCore(folder: string): readonly JsonObject[] {
  const readBundle = (name: string): JsonObject => readJson(join(folder, 'dist/fhir/r4', name));
  const dataElements = readDataElements(readBundle('dataelements.json') as unknown as Bundle<StructureDefinition>);
  const found = new Map<string, JsonObject>();
  for (const name of BUNDLES) {
    for (const entry of readBundle(name)['entry'] as JsonObject[]) {
      const packaged = entry['resource'];
      if (!isJsonObject(packaged) || typeof packaged['url'] !== 'string' || !isOfR4(packaged)) continue;
      const resource = restored(packaged, dataElements);
      if (!found.has(keyOf(resource))) found.set(keyOf(resource), resource);
    }
  }
  return [...found.values()];
}

/** Of a package as npm unpacks it. Snapshots are left out: they are generated when a definition is used. */
function readPackageFolder(folder: string): readonly JsonObject[] {
  return readdirSync(folder)
    .filter((file) => PACKAGED_TYPES.some((type) => file.startsWith(`${type}-`)))
    .map((file) => {
      const { snapshot: _snapshot, ...definition } = readJson(join(folder, file));
      return definition;
    });
}

function packageIdOf(folder: string): string {
  const { name, version } = readJson(join(folder, 'package.json'));
  return `${String(name)}#${String(version)}`;
}

function readJson(file: string): JsonObject {
  return JSON.parse(readFileSync(file, 'utf8')) as JsonObject;
}

function keyOf({ resourceType, url }: JsonObject): string {
  return `${String(resourceType)} ${String(url)}`;
}

function restored(resource: JsonObject, dataElements: DataElements): JsonObject {
  if (resource['resourceType'] !== 'StructureDefinition') return resource;
  return restoreType(resource as unknown as StructureDefinition, dataElements) as unknown as JsonObject;
}

function toRow(resource: JsonObject, offset: number, length: number): IndexRow {
  const { resourceType, url, version } = resource;
  return [String(resourceType), String(url), typeof version === 'string' ? version : R4_VERSION, offset, length, detailOf(resource)];
}

/** Narratives, mappings and long texts are two thirds of the bytes and nothing here reads them. */
function withoutDeadWeight(resource: JsonObject): JsonObject {
  const { text: _narrative, contact: _contact, mapping: _mapping, ...rest } = resource;
  for (const view of ['snapshot', 'differential']) {
    const value = rest[view];
    if (isJsonObject(value) && Array.isArray(value['element'])) {
      rest[view] = { element: value['element'].map(lightElement) };
    }
  }
  return rest;
}

function lightElement(element: JsonValue): JsonValue {
  if (!isJsonObject(element)) return element;
  const { mapping: _m, comment: _c, requirements: _r, alias: _a, example: _e, definition: _d, ...rest } = element;
  return rest;
}
