/** `_include` and `_revinclude`: https://hl7.org/fhir/R4/search.html#include */
import type { ResourcePolicy } from '../conformance/capability-statement.js';
import type { CriterionScope } from './parse-criterion.js';
import type { IncludeDirective } from './search-engine.js';
import { quote } from './search-fault.js';

/** None after a fault. `types` are those that the search asks for. */
export function parseInclude(
  name: string,
  value: string,
  types: readonly ResourcePolicy[],
  scope: CriterionScope,
): readonly IncludeDirective[] {
  const directive = readDirective(name, value, scope);
  if (directive === undefined) return [];
  const { reverse, iterate, sourceType, param } = directive;
  const base = reverse ? '_revinclude' : '_include';
  const listed = listedIncludes(directive, types, scope);
  if (!isListed(directive, listed)) {
    const offered = listed.length === 0 ? 'there are none' : `there are: ${[...listed].sort().join(', ')}`;
    scope.faults.unsupported(name, `${base} ${quote(value)} is not offered; ${offered}`);
    return [];
  }
  if (reverse && param === '*') return expandReverse(name, directive, listed, scope);
  const plan = param === '*' ? undefined : scope.catalog.find(sourceType, param);
  if (param !== '*' && plan?.type !== 'reference') {
    scope.faults.unsupported(name, `${quote(value)}: ${sourceType} has no reference parameter ${quote(param)}`);
    return [];
  }
  const startsHere = ({ type }: ResourcePolicy): boolean => (reverse ? plan?.targets.includes(type) === true : type === sourceType);
  if (!iterate && sourceType !== '*' && !types.some(startsHere)) {
    const searched = types.map(({ type }) => type).join(', ');
    scope.faults.unsupported(name, `${quote(value)} does not start at ${searched}; write ${base}:iterate for what is included itself`);
    return [];
  }
  return [directive];
}

function readDirective(name: string, value: string, { faults }: CriterionScope): IncludeDirective | undefined {
  const [base, modifier, ...more] = name.split(':');
  // `recurse` is what iterate was called before R4
  if (more.length > 0 || (modifier !== undefined && modifier !== 'iterate' && modifier !== 'recurse')) {
    return faults.unsupported(name, `${quote(name)}: the only modifier of ${base} is iterate`);
  }
  const flags = { reverse: base === '_revinclude', iterate: modifier !== undefined };
  if (value === '*') return { ...flags, sourceType: '*', param: '*', targetType: undefined };
  const [sourceType = '', param = '', targetType, ...rest] = value.split(':');
  if (sourceType === '' || param === '' || targetType === '' || rest.length > 0) {
    return faults.error(
      'value',
      name,
      `${quote(name)} has the value ${quote(value)}; wanted is Type:parameter, Type:parameter:TargetType or *`,
    );
  }
  return { ...flags, sourceType, param, targetType };
}

/**
 * What the CapabilityStatement lists for the type at which the include starts. An iteration starts at any type, and a type's
 * wildcard is for that type only.
 */
function listedIncludes(
  { reverse, iterate }: IncludeDirective,
  types: readonly ResourcePolicy[],
  { policy }: CriterionScope,
): readonly string[] {
  const listOf = (resource: ResourcePolicy): readonly string[] => (reverse ? resource.searchRevInclude : resource.searchInclude);
  const all = [...policy.resources.values()];
  if (!iterate || all.every((resource) => listOf(resource).includes('*'))) return [...new Set((iterate ? all : types).flatMap(listOf))];
  const own = (resource: ResourcePolicy): readonly string[] =>
    listOf(resource).flatMap((include) => (include !== '*' ? [include] : reverse ? [] : [`${resource.type}:*`]));
  return [...new Set(all.flatMap(own))];
}

function isListed({ reverse, sourceType, param }: IncludeDirective, listed: readonly string[]): boolean {
  if (listed.includes('*')) return true;
  if (reverse && param === '*') return listed.some((include) => sourceType === '*' || include.startsWith(`${sourceType}:`));
  return listed.includes(`${sourceType}:*`) || listed.includes(`${sourceType}:${param}`);
}

/** Each reverse include is a search of its own, so a wildcard becomes as many as are listed by name. */
function expandReverse(
  name: string,
  directive: IncludeDirective,
  listed: readonly string[],
  scope: CriterionScope,
): readonly IncludeDirective[] {
  const { sourceType } = directive;
  const named = listed.filter((include) => !include.includes('*') && (sourceType === '*' || include.startsWith(`${sourceType}:`)));
  const expanded = named.map((include): IncludeDirective => {
    const [source = '', param = ''] = include.split(':');
    return { ...directive, sourceType: source, param };
  });
  if (expanded.length <= scope.limits.includes) return expanded;
  scope.faults.error(
    'too-costly',
    name,
    `${quote(name)} stands for ${expanded.length} searches; at most ${scope.limits.includes} are allowed: name them`,
  );
  return [];
}
