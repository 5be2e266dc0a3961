/**
 * `appointment=system|value`: a reference searched by an identifier of its target, in an API that gives its resources two of them. It is
 * the chain `appointment.identifier=system|value`.
 */
import type { CapabilityPolicy, ResourcePolicy } from '../conformance/capability-statement.js';
import type { FindIdentifierSystems } from '../conformance/identifier-systems.js';
import { splitUnescaped } from './escaping.js';
import { identifierCriterion } from './own-identifiers.js';
import type { ParameterCatalog } from './parameter-catalog.js';
import { anyOf } from './parameter-types/parameter-type.js';
import { parseValues, type ValueScope } from './parse-values.js';
import type { JoinTarget } from './search-engine.js';

/** Of the query that it stands in. */
interface ReferenceScope extends ValueScope {
  readonly catalog: ParameterCatalog;
  readonly policy: CapabilityPolicy;
  readonly findIdentifierSystems: FindIdentifierSystems | undefined;
  readonly areIdsNumbers: boolean;
}

export interface ReferenceByIdentifier {
  readonly targets: readonly JoinTarget[];
  /** The values that are of another form, with their commas; undefined where there are none. */
  readonly rest: string | undefined;
}

/** `shown`: the parameter as the query names it; `modifier`: a type of target. Undefined where no value is of this form. */
export function parseReferenceByIdentifier(
  types: readonly ResourcePolicy[],
  shown: string,
  name: string,
  modifier: string | undefined,
  value: string,
  scope: ReferenceScope,
): ReferenceByIdentifier | 'fault' | undefined {
  const { findIdentifierSystems, catalog, policy } = scope;
  if (findIdentifierSystems === undefined || !value.includes('|')) return undefined;
  const texts = splitUnescaped(value, ',');
  const identifiers = texts.filter(isIdentifier);
  const plans = types.map(({ type }) => catalog.find(type, name));
  if (identifiers.length === 0 || plans.some((plan) => plan?.type !== 'reference')) return undefined;
  const possible = plans.flatMap((plan) => plan?.targets ?? []);
  const reached = new Set(possible.filter((type) => policy.resources.has(type) && (modifier === undefined || modifier === type)));
  const targets: JoinTarget[] = [];
  for (const type of reached) {
    const systems = findIdentifierSystems(type);
    if (systems === undefined) continue;
    const criteria = parseValues(shown, name, identifiers.join(','), scope, (text, context) =>
      identifierCriterion(text, systems, scope.areIdsNumbers, context),
    );
    if (criteria === undefined) return 'fault';
    targets.push({ type, criterion: anyOf(criteria), joins: [] });
  }
  if (targets.length === 0) return undefined;
  const rest = texts.filter((text) => !isIdentifier(text));
  return { targets, rest: rest.length === 0 ? undefined : rest.join(',') };
}

function isIdentifier(text: string): boolean {
  return splitUnescaped(text, '|').length > 1;
}
