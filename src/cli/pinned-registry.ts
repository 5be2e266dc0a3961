/** Definitions among which one profile has one version only, whoever refers to it and however. */
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import { parseCanonical, toCanonical } from '../fhir/canonical.js';

export interface Pin {
  readonly url: string;
  readonly version: string;
}

/** Definitions that are built upon the profile keep the version that they were built upon. */
export function pinVersion(conformance: ConformanceRegistry, { url, version }: Pin): ConformanceRegistry {
  const pinned = (canonical: string): string => (parseCanonical(canonical).url === url ? toCanonical(url, version) : canonical);
  return {
    ...conformance,
    find: (type, canonical, from) => conformance.find(type, type === 'StructureDefinition' ? pinned(canonical) : canonical, from),
    findStructureDefinition: (canonical, from) => conformance.findStructureDefinition(pinned(canonical), from),
  };
}
