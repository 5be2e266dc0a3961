/** Packages beside each other: what each builds on, and what is missing or broken. */
import type { StructureDefinition } from 'fhir/r4.js';
import { compareVersions, toCanonical } from '../fhir/canonical.js';
import type { JsonObject } from '../fhir/json.js';
import { faultOfExpression } from '../fhirpath/compile-expression.js';
import type { TypeModel } from '../fhirpath/fhirpath.js';
import { type ConformanceEntry, type ConformanceRegistry, describeDefinitionProblem } from './conformance-registry.js';
import type { DefinitionSource } from './definition-source.js';
import { isBuiltInPackage } from './definitions-format.js';
import { seekMissing } from './missing-canonicals.js';
import type { FhirPackage, PackageProblem } from './package-content.js';
import { faultOfSearchExpression } from './search-parameter-faults.js';
import { createTypeModel } from './type-model.js';
import { faultsOfValueSet } from './value-set-faults.js';

export interface PackageGraph {
  readonly packages: readonly FhirPackage[];
  /** Packages that a package builds on, nearest first; by package id. */
  readonly dependenciesOf: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly PackageProblem[];
}

/** Beside StructureDefinitions. */
const CHECKED_TYPES: ReadonlySet<string> = new Set(['CodeSystem', 'ValueSet', 'SearchParameter']);

export function linkPackages(packages: readonly FhirPackage[]): PackageGraph {
  const problems = packages.flatMap((one) => one.problems);
  const direct = new Map<string, readonly string[]>();
  for (const one of packages) {
    const found: string[] = [];
    for (const [name, version] of Object.entries(one.dependencies)) {
      const target = findPackage(packages, name, version);
      if (target !== undefined) found.push(target.packageId);
      else if (!isBuiltInPackage(name)) {
        const loaded = packages.filter((other) => other.name === name).map((other) => other.version);
        problems.push({
          packageId: one.packageId,
          severity: 'error',
          message: `depends on ${name}#${version}, which is not loaded${loaded.length > 0 ? ` (loaded: ${loaded.join(', ')})` : ''}`,
        });
      }
    }
    direct.set(one.packageId, found);
  }
  const dependenciesOf = new Map<string, readonly string[]>();
  for (const { packageId } of packages) {
    const reached: string[] = [];
    const queue = [...(direct.get(packageId) ?? [])];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (next === packageId || reached.includes(next)) continue;
      reached.push(next);
      queue.push(...(direct.get(next) ?? []));
    }
    dependenciesOf.set(packageId, reached);
  }
  return { packages, dependenciesOf, problems };
}

/**
 * Definitions that cannot be used as they stand: parts of them are misshapen; of a StructureDefinition the base is unknown, it
 * stands upon itself, it is of no known type or of another than its base, its differential says what cannot be said. And what they name
 * and nothing defines.
 */
export function checkDefinitions(packages: readonly DefinitionSource[], registry: ConformanceRegistry): readonly PackageProblem[] {
  const model = createTypeModel(registry);
  return packages.flatMap(({ packageId, entries }) => {
    const missing = seekMissing(packageId, registry);
    const problems = entries.flatMap(({ resourceType, url, version }) => {
      const canonical = toCanonical(url, version);
      const isStructure = resourceType === 'StructureDefinition';
      const entry = isStructure
        ? registry.findStructureDefinition(canonical, packageId)
        : CHECKED_TYPES.has(resourceType)
          ? registry.find(resourceType, canonical, packageId)
          : undefined;
      if (entry?.packageId !== packageId) return [];
      missing.look(entry as ConformanceEntry);
      const misshapen = entry.resource === undefined ? [] : (entry.shapeProblems ?? []).map(describeDefinitionProblem);
      const faults = isStructure
        ? faultsOf(entry as ConformanceEntry<StructureDefinition>, registry, model)
        : resourceType === 'ValueSet'
          ? faultsOfValueSet(entry.resource as JsonObject, packageId, registry)
          : faultsOfParameter(entry.resource as JsonObject, model);
      return [...misshapen, ...faults].map(
        (message): PackageProblem => ({ packageId, severity: 'error', message: `${resourceType} ${url} ${message}` }),
      );
    });
    return [...problems, ...missing.problems()];
  });
}

function faultsOf(entry: ConformanceEntry<StructureDefinition>, registry: ConformanceRegistry, model: TypeModel): readonly string[] {
  const fault = faultOfBase(entry, registry) ?? faultOfType(entry, registry);
  // a differential upon a base that is none has the same fault once more
  if (fault !== undefined) return [fault];
  return [...(entry.snapshotProblems ?? []).map(describeDefinitionProblem), ...faultsOfElements(entry.resource, model)];
}

/** What the differential says of its elements, and can never be held. */
function faultsOfElements({ differential }: StructureDefinition, model: TypeModel): readonly string[] {
  return (differential?.element ?? []).flatMap(({ id, path, constraint = [] }) => {
    const faults = constraint.flatMap(({ key, expression }) => {
      const fault = expression === undefined ? undefined : faultOfExpression(expression, model);
      return fault === undefined ? [] : [`the constraint ${key} is no FHIRPath (${fault}): ${expression}`];
    });
    return faults.map((message) => describeDefinitionProblem({ elementId: id ?? path, message }));
  });
}

function faultsOfParameter({ resourceType, expression, base }: JsonObject, model: TypeModel): readonly string[] {
  if (resourceType !== 'SearchParameter' || typeof expression !== 'string') return [];
  const bases = Array.isArray(base) ? base.filter((type) => typeof type === 'string') : [];
  const fault = faultOfSearchExpression(expression, bases, model);
  return fault === undefined ? [] : [`has an expression that ${fault}: ${expression}`];
}

function faultOfBase(entry: ConformanceEntry<StructureDefinition>, registry: ConformanceRegistry): string | undefined {
  const seen = new Set<string>();
  let { url, packageId, resource }: { url: string; packageId: string; resource: { readonly baseDefinition?: unknown } } = entry;
  for (;;) {
    if (seen.has(url)) return 'is built upon itself';
    seen.add(url);
    const base = resource.baseDefinition;
    if (typeof base !== 'string') return undefined;
    const found = registry.find('StructureDefinition', base, packageId);
    if (found === undefined) return `is built upon ${base}, which is not loaded`;
    url = found.url;
    packageId = found.packageId;
    resource = found.resource;
  }
}

function faultOfType({ resource, packageId }: ConformanceEntry<StructureDefinition>, registry: ConformanceRegistry): string | undefined {
  const { type, derivation, baseDefinition } = resource;
  if (typeof type !== 'string') return 'says no type';
  if (derivation !== 'constraint' || baseDefinition === undefined) return undefined;
  const base = registry.find('StructureDefinition', baseDefinition, packageId)?.resource['type'];
  return base === undefined || base === type ? undefined : `is of type ${type}, but built upon a definition of ${String(base)}`;
}

/** The highest version of what is loaded that a dependency asks for: `1.0.0`, `1.0.x`, `latest`. */
export function findPackage(packages: readonly FhirPackage[], name: string, version: string): FhirPackage | undefined {
  const named = packages.filter((one) => one.name === name);
  const wildcard = /^(\d+(?:\.\d+)?)\.x$/.exec(version)?.[1];
  const fitting =
    version === 'current' || version === 'dev' || version === '*' || version === 'latest'
      ? named
      : named.filter((one) => one.version === version || (wildcard !== undefined && one.version.startsWith(`${wildcard}.`)));
  return [...fitting].sort((a, b) => compareVersions(b.version, a.version))[0];
}
