/**
 * `appointment=system|value`: a reference searched by an identifier of its target, in an API that gives its resources two of them. It is
 * the chain `appointment.identifier=system|value`.
 */
import type { CapabilityPolicy, ResourcePolicy } from '../conformance/capability-statement.js';
import type { FindIdentifierSystems } from '../conformance/identifier-systems.js';
import type { Criterion } from '../storage/store.js';
import { splitUnescaped, unescapeValue } from './escaping.js';
import { identifierCriterion } from './own-identifiers.js';
import type { ParameterCatalog } from './parameter-catalog.js';
import { anyOf, NOTHING, type ValueContext } from './parameter-types/parameter-type.js';
import type { JoinTarget, SearchJoin } from './search-engine.js';
import { type FaultList, quote } from './search-fault.js';

/** Of the query that it stands in. */
interface ReferenceScope extends Pick<ValueContext, 'baseUrl' | 'clock' | 'resourceTypes'> {
  readonly catalog: ParameterCatalog;
  readonly policy: CapabilityPolicy;
  readonly faults: FaultList;
  readonly limits: { readonly orValues: number };
  readonly findIdentifierSystems: FindIdentifierSystems | undefined;
  readonly areIdsNumbers: boolean;
}

/** `modifier`: a type of target. The join, or `fault` after one; undefined where the value is none of this form. */
export function parseReferenceByIdentifier(
  types: readonly ResourcePolicy[],
  name: string,
  modifier: string | undefined,
  value: string,
  scope: ReferenceScope,
): SearchJoin | 'fault' | undefined {
  const { findIdentifierSystems, faults, limits, catalog, policy } = scope;
  if (findIdentifierSystems === undefined || !value.includes('|')) return undefined;
  const texts = splitUnescaped(value, ',');
  if (!texts.some((text) => splitUnescaped(text, '|').length === 2)) return undefined;
  const plans = types.map(({ type }) => catalog.find(type, name));
  if (plans.some((plan) => plan?.type !== 'reference')) return undefined;
  const possible = plans.flatMap((plan) => plan?.targets ?? []);
  const reached = new Set(possible.filter((type) => policy.resources.has(type) && (modifier === undefined || modifier === type)));
  const targets: JoinTarget[] = [];
  if (texts.length > limits.orValues) {
    faults.error('too-costly', name, `${quote(name)} has ${texts.length} values; at most ${limits.orValues} are allowed`);
    return 'fault';
  }
  for (const type of reached) {
    const systems = findIdentifierSystems(type);
    if (systems === undefined) continue;
    const criteria: Criterion[] = [];
    for (const text of texts) {
      const context: ValueContext = {
        baseUrl: scope.baseUrl,
        clock: scope.clock,
        resourceTypes: scope.resourceTypes,
        fault: (wanted) => faults.error('value', name, `${quote(name)} has the value ${quote(text)}; wanted is ${wanted}, or Type/id`),
      };
      const isIdentifier = splitUnescaped(text, '|').length > 1;
      const criterion = isIdentifier
        ? identifierCriterion(text, systems, scope.areIdsNumbers, context)
        : idCriterion(unescapeValue(text), type, scope.baseUrl);
      if (criterion === undefined) return 'fault';
      criteria.push(criterion);
    }
    targets.push({ type, criterion: anyOf(criteria), joins: [] });
  }
  return targets.length === 0 ? undefined : { kind: 'chain', param: name, targets };
}

/** `42`, `Appointment/42`, or the absolute form of it. */
function idCriterion(text: string, type: string, baseUrl: string): Criterion {
  const local = text.startsWith(`${baseUrl}/`) ? text.slice(baseUrl.length + 1) : text;
  const id = local.startsWith(`${type}/`) ? local.slice(type.length + 1) : local;
  return id.includes('/') ? NOTHING : { op: 'id', ids: [id] };
}
