/** Writes the index of R4's definitions: one file of JSON lines, one small file that says where each line is. Needs the definitions package. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Bundle, StructureDefinition } from 'fhir/r4.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import { DEFINITIONS_FILE, DEFINITIONS_FORMAT, type DefinitionsIndexFile, INDEX_FILE, type IndexRow } from './definitions-format.js';
import { type DataElements, isOfR4, readDataElements, restoreType } from './restore-r4.js';

/** The Bundles of HL7's definitions; the package has others, which are not HL7's. */
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

/** Folder of the definitions package; undefined when it is not installed (a published package ships the index instead). */
export function findDefinitionsPackage(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.core/package.json'));
  } catch {
    return undefined;
  }
}

/** Builds the index in `folder`, replacing one that is there; two processes that do so at once both end well. */
export function buildDefinitions(folder: string, definitionsPackage: string): void {
  const readBundle = (name: string): JsonObject =>
    JSON.parse(readFileSync(join(definitionsPackage, 'dist/fhir/r4', name), 'utf8')) as JsonObject;
  const dataElements = readDataElements(readBundle('dataelements.json') as unknown as Bundle<StructureDefinition>);
  const lines: string[] = [];
  const rows: IndexRow[] = [];
  let offset = 0;
  const seen = new Set<string>();
  for (const name of BUNDLES) {
    for (const entry of readBundle(name)['entry'] as JsonObject[]) {
      const packaged = entry['resource'];
      if (!isJsonObject(packaged) || typeof packaged['url'] !== 'string' || !isOfR4(packaged)) continue;
      const resource = restored(packaged, dataElements);
      const key = `${String(resource['resourceType'])} ${resource['url']}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const line = `${JSON.stringify(withoutDeadWeight(resource))}\n`;
      const length = Buffer.byteLength(line);
      rows.push(toRow(resource, offset, length));
      lines.push(line);
      offset += length;
    }
  }
  const index: DefinitionsIndexFile = { format: DEFINITIONS_FORMAT, rows };
  mkdirSync(dirname(folder), { recursive: true });
  const temporary = mkdtempSync(`${folder}-`);
  writeFileSync(join(temporary, DEFINITIONS_FILE), lines.join(''));
  writeFileSync(join(temporary, INDEX_FILE), JSON.stringify(index));
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(temporary, folder);
  } catch (error) {
    // another process was quicker: its index is as good as ours
    rmSync(temporary, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

function restored(resource: JsonObject, dataElements: DataElements): JsonObject {
  if (resource['resourceType'] !== 'StructureDefinition') return resource;
  return restoreType(resource as unknown as StructureDefinition, dataElements) as unknown as JsonObject;
}

function toRow(resource: JsonObject, offset: number, length: number): IndexRow {
  const text = (name: string): string | undefined => (typeof resource[name] === 'string' ? resource[name] : undefined);
  const base = resource['base'];
  return [
    text('resourceType') as string,
    text('url') as string,
    text('version') ?? '4.0.1',
    offset,
    length,
    {
      ...(text('name') !== undefined && { name: text('name') as string }),
      ...(text('kind') !== undefined && { kind: text('kind') as string }),
      ...(text('type') !== undefined && { type: text('type') as string }),
      ...(text('derivation') !== undefined && { derivation: text('derivation') as string }),
      ...(resource['abstract'] === true && { abstract: true }),
      ...(Array.isArray(base) && { base: base as string[] }),
    },
  ];
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
