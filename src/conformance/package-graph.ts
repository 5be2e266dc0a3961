/** Packages beside each other: what each builds on, and what is missing or broken. */

import { compareVersions } from '../fhir/canonical.js';
import type { ConformanceRegistry } from './conformance-registry.js';
import type { FhirPackage, PackageProblem } from './package-reader.js';

export interface PackageGraph {
  readonly packages: readonly FhirPackage[];
  /** Packages that a package builds on, nearest first; by package id. */
  readonly dependenciesOf: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly PackageProblem[];
}

/** Shipped with the server: R4 core, whose index carries HL7's terminology as well. */
const BUILT_IN = /^hl7\.(fhir\.r4\.core|terminology(\.r4)?)$/;

export function linkPackages(packages: readonly FhirPackage[]): PackageGraph {
  const problems = packages.flatMap((one) => one.problems);
  const direct = new Map<string, readonly string[]>();
  for (const one of packages) {
    const found: string[] = [];
    for (const [name, version] of Object.entries(one.dependencies)) {
      const target = findPackage(packages, name, version);
      if (target !== undefined) found.push(target.packageId);
      else if (!BUILT_IN.test(name)) {
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

/** Every definition that cannot be used: its base is unknown, or it stands upon itself. */
export function checkDefinitions(packages: readonly FhirPackage[], registry: ConformanceRegistry): readonly PackageProblem[] {
  const problems: PackageProblem[] = [];
  for (const { packageId, entries } of packages) {
    for (const entry of entries) {
      if (entry.resourceType !== 'StructureDefinition') continue;
      const seen = new Set<string>();
      let url: string | undefined = entry.url;
      let from = packageId;
      while (url !== undefined) {
        if (seen.has(url)) {
          problems.push({ packageId, severity: 'error', message: `StructureDefinition ${entry.url} is built upon itself` });
          break;
        }
        seen.add(url);
        const definition = registry.find('StructureDefinition', url, from);
        if (definition === undefined) {
          problems.push({
            packageId,
            severity: 'error',
            message: `StructureDefinition ${entry.url} is built upon ${url}, which is not loaded`,
          });
          break;
        }
        from = definition.packageId;
        const base: unknown = definition.resource['baseDefinition'];
        url = typeof base === 'string' ? base : undefined;
      }
    }
  }
  return problems;
}

function findPackage(packages: readonly FhirPackage[], name: string, version: string): FhirPackage | undefined {
  const named = packages.filter((one) => one.name === name);
  const wildcard = /^(\d+(?:\.\d+)?)\.x$/.exec(version)?.[1];
  const fitting =
    version === 'current' || version === 'dev' || version === '*' || version === 'latest'
      ? named
      : named.filter((one) => one.version === version || (wildcard !== undefined && one.version.startsWith(`${wildcard}.`)));
  return [...fitting].sort((a, b) => compareVersions(b.version, a.version))[0];
}
