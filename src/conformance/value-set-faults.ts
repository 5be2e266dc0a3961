/** What a ValueSet says of its content and can never be: https://hl7.org/fhir/R4/valueset.html#compositions */
import { wholePattern } from '../fhir/bounded-pattern.js';
import { parseCanonical, toCanonical } from '../fhir/canonical.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import type { ConformanceRegistry } from './conformance-registry.js';

export function faultsOfValueSet(valueSet: JsonObject, from: string, registry: ConformanceRegistry): readonly string[] {
  const circle = circleOf(valueSet, from, registry);
  const faults = circle === undefined ? [] : [`imports itself, and so has none of the codes that it imports: ${circle.join(' -> ')}`];
  for (const [place, include] of includesOf(valueSet)) {
    const { system, version } = include;
    const canonical = typeof system === 'string' ? toCanonical(system, typeof version === 'string' ? version : '') : undefined;
    const codeSystem = canonical === undefined ? undefined : registry.find('CodeSystem', canonical, from)?.resource;
    for (const [index, filter] of listOf(include['filter']).entries()) {
      const fault = faultOfFilter(filter, codeSystem);
      if (fault !== undefined) faults.push(`has a fault at ${place}.filter[${index}]: ${fault}`);
    }
  }
  return faults;
}

/** Properties that any system may have, with their types: https://hl7.org/fhir/R4/codesystem.html#defined-props */
export const COMMON_PROPERTIES: ReadonlyMap<string, string> = new Map([
  ['concept', 'code'],
  ['code', 'code'],
  ['parent', 'code'],
  ['child', 'code'],
  ['display', 'string'],
  ['inactive', 'boolean'],
  ['notSelectable', 'boolean'],
  ['status', 'string'],
]);

/** https://hl7.org/fhir/R4/valueset-filter-operator.html */
const OPERATORS: readonly string[] = ['=', 'is-a', 'descendent-of', 'is-not-a', 'regex', 'in', 'not-in', 'generalizes', 'exists'];

/** `codeSystem` is undefined where it is not loaded: then only the form of a filter can be judged. */
function faultOfFilter({ property, op, value }: JsonObject, codeSystem: JsonObject | undefined): string | undefined {
  if (typeof op === 'string' && !OPERATORS.includes(op)) {
    return `R4 has no filter operator '${op}': the codes that it selects are unknown; use one of ${OPERATORS.join(', ')}`;
  }
  if (op === 'regex' && typeof value === 'string' && wholePattern(value) === undefined) {
    return `the pattern ${JSON.stringify(value)} is no regular expression`;
  }
  if (typeof property !== 'string' || codeSystem?.['content'] !== 'complete' || COMMON_PROPERTIES.has(property)) return undefined;
  const defined = ['property', 'filter'].flatMap((part) => listOf(codeSystem[part])).some(({ code }) => code === property);
  if (defined) return undefined;
  return `the code system ${String(codeSystem['url'])} has no property '${property}': the codes that it selects are unknown`;
}

/** The urls on the way from a value set to itself. */
function circleOf(start: JsonObject, from: string, registry: ConformanceRegistry): readonly string[] | undefined {
  for (const [, include] of includesOf(start)) {
    for (const canonical of importsOf(include)) {
      const circle = circleThrough(start, canonical, from, registry);
      if (circle !== undefined) return circle;
    }
  }
  return undefined;
}

/** As above, by way of one of its imports. The value set itself need not be loaded. `seen` is what led to no circle before. */
export function circleThrough(
  start: JsonObject,
  first: string,
  from: string | undefined,
  registry: ConformanceRegistry,
  seen = new Set<string>(),
): readonly string[] | undefined {
  const walk = (canonical: string, way: readonly string[]): readonly string[] | undefined => {
    const reached = [...way, canonical];
    const { url, version } = parseCanonical(canonical);
    const next = registry.find('ValueSet', canonical, from)?.resource;
    const isStart = url === start['url'] && (version ?? next?.['version'] ?? start['version']) === start['version'];
    if (isStart) return reached;
    if (next === undefined || seen.size === seen.add(`${String(next['url'])}|${String(next['version'])}`).size) return undefined;
    for (const [, include] of includesOf(next)) {
      for (const further of importsOf(include)) {
        const found = walk(further, reached);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };
  return walk(first, [String(start['url'])]);
}

export function includesOf({ compose }: JsonObject): readonly (readonly [place: string, include: JsonObject])[] {
  if (!isJsonObject(compose)) return [];
  return ['include', 'exclude'].flatMap((part) =>
    listOf(compose[part]).map((include, index) => [`ValueSet.compose.${part}[${index}]`, include] as const),
  );
}

export function importsOf({ valueSet }: JsonObject): readonly string[] {
  return Array.isArray(valueSet) ? valueSet.filter((canonical) => typeof canonical === 'string') : [];
}

function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
