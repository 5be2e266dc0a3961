/** What a profile is built upon, without making snapshots. */
import { parseCanonical } from '../fhir/canonical.js';
import type { ConformanceEntry, ConformanceRegistry } from './conformance-registry.js';

const ANY_RESOURCE = 'http://hl7.org/fhir/StructureDefinition/Resource';

/** Whether a profile is one of `allowed`, or built upon one; `undefined` where something on the way is not loaded. */
export function isBuiltUpon(
  canonical: string,
  allowed: readonly string[],
  from: string,
  registry: ConformanceRegistry,
): boolean | undefined {
  const urls = new Set(allowed.map((one) => parseCanonical(one).url));
  if (urls.has(ANY_RESOURCE)) return true;
  const seen = new Set<string>();
  let next: string | undefined = canonical;
  let packageId = from;
  while (next !== undefined) {
    const { url } = parseCanonical(next);
    if (urls.has(url)) return true;
    if (seen.size === seen.add(url).size) return false;
    const found: ConformanceEntry | undefined = registry.find('StructureDefinition', next, packageId);
    if (found === undefined) return undefined;
    const base: unknown = found.resource['baseDefinition'];
    next = typeof base === 'string' ? base : undefined;
    packageId = found.packageId;
  }
  return false;
}
