/** What a ValueSet says of its content and can never be: https://hl7.org/fhir/R4/valueset.html#compositions */
import { wholePattern } from '../fhir/bounded-pattern.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import type { ConformanceRegistry } from './conformance-registry.js';

export function faultsOfValueSet(valueSet: JsonObject, from: string, registry: ConformanceRegistry): readonly string[] {
  const circle = circleOf(valueSet, from, registry);
  const faults = circle === undefined ? [] : [`imports itself, and so has none of the codes that it imports: ${circle.join(' -> ')}`];
  for (const [place, include] of includesOf(valueSet)) {
    for (const [index, filter] of listOf(include['filter']).entries()) {
      const { op, value } = filter;
      if (op !== 'regex' || typeof value !== 'string' || wholePattern(value) !== undefined) continue;
      faults.push(`has a fault at ${place}.filter[${index}]: the pattern ${JSON.stringify(value)} is no regular expression`);
    }
  }
  return faults;
}

/** The urls on the way from a value set to itself. */
function circleOf(start: JsonObject, from: string, registry: ConformanceRegistry): readonly string[] | undefined {
  const seen = new Set<string>();
  const walk = (valueSet: JsonObject, way: readonly string[]): readonly string[] | undefined => {
    for (const [, include] of includesOf(valueSet)) {
      for (const canonical of importsOf(include)) {
        const next = registry.find('ValueSet', canonical, from)?.resource;
        if (next === undefined) continue;
        if (next['url'] === start['url'] && next['version'] === start['version']) return [...way, canonical];
        const key = `${String(next['url'])}|${String(next['version'])}`;
        if (seen.size === seen.add(key).size) continue;
        const found = walk(next, [...way, canonical]);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };
  return walk(start, [String(start['url'])]);
}

function includesOf({ compose }: JsonObject): readonly (readonly [place: string, include: JsonObject])[] {
  if (!isJsonObject(compose)) return [];
  return ['include', 'exclude'].flatMap((part) =>
    listOf(compose[part]).map((include, index) => [`ValueSet.compose.${part}[${index}]`, include] as const),
  );
}

function importsOf({ valueSet }: JsonObject): readonly string[] {
  return Array.isArray(valueSet) ? valueSet.filter((canonical) => typeof canonical === 'string') : [];
}

function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
