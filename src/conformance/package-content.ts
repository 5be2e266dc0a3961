/** The definitions of a FHIR package, wherever its files come from: https://hl7.org/fhir/packages.html . Imports nothing of Node. */
import { withArticle } from '../fhir/article.js';
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

/** A file of a package. */
export interface PackageFile {
  readonly name: string;
  /** Throws for a file that is no JSON; called again for each reading of the definition. */
  read(): unknown;
}

/** A file that is broken becomes a problem, the rest counts. Undefined for a package.json without name and version. */
export function toPackage(manifest: unknown, files: Iterable<PackageFile>): FhirPackage | undefined {
  if (!isJsonObject(manifest)) return undefined;
  const { name, version } = manifest;
  if (typeof name !== 'string' || typeof version !== 'string') return undefined;
  const packageId = `${name}#${version}`;
  const problems: PackageProblem[] = faultsOfManifest(manifest).map((message) => ({ packageId, severity: 'error', message }));
  const entries: DefinitionEntry[] = [];
  const known = new Map<string, string>();
  for (const file of files) {
    const read = toEntry(file, version);
    if (typeof read === 'string') problems.push({ packageId, file: file.name, severity: 'error', message: read });
    if (typeof read !== 'object') continue;
    const canonical = `${read.resourceType} ${toCanonical(read.url, read.version)}`;
    const other = known.get(canonical);
    if (other !== undefined) {
      const message = `is ${canonical}, as ${other} is: only this one counts`;
      problems.push({ packageId, file: file.name, severity: 'error', message });
    }
    known.set(canonical, file.name);
    entries.push(read);
  }
  return { packageId, name, version, dependencies: dependenciesOf(manifest), entries, problems };
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

/** Kinds of resource that nothing can find without a url. */
const NEEDS_URL = new Set(['StructureDefinition', 'ValueSet', 'CodeSystem', 'SearchParameter', 'OperationDefinition']);

/** The definition in a file, undefined for a resource that is none, or what is wrong. */
function toEntry(file: PackageFile, packageVersion: string): DefinitionEntry | string | undefined {
  let resource: unknown;
  try {
    resource = file.read();
  } catch (error) {
    return notJson(error);
  }
  if (!isJsonObject(resource) || typeof resource['resourceType'] !== 'string') return 'is no FHIR resource: it has no resourceType';
  const { resourceType, url } = resource;
  if (typeof url !== 'string' || url === '') {
    return NEEDS_URL.has(resourceType as string)
      ? `is ${withArticle(String(resourceType))} without a url: nothing can refer to it`
      : undefined;
  }
  if (resourceType === 'StructureDefinition' && !isJsonObject(resource['differential']) && !isJsonObject(resource['snapshot'])) {
    return `StructureDefinition ${url} has neither differential nor snapshot`;
  }
  return {
    resourceType: resourceType as string,
    url,
    version: typeof resource['version'] === 'string' ? resource['version'] : packageVersion,
    detail: detailOf(resource),
    read: () => file.read() as JsonObject,
  };
}

export function notJson(error: unknown): string {
  return `is no JSON: ${error instanceof Error ? error.message : String(error)}`;
}

export function describeProblem({ packageId, file, message }: PackageProblem): string {
  return file === undefined ? `${packageId}: ${message}` : `${packageId} ${file}: ${message}`;
}
