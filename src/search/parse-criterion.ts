/** One search parameter of a query, with its modifier, chain or `_has` -> a Criterion or a join. https://hl7.org/fhir/R4/search.html#modifiers */
import type { SearchLimits } from '../conformance/api-config.js';
import type { CapabilityPolicy, ResourcePolicy } from '../conformance/capability-statement.js';
import type { FindIdentifierSystems } from '../conformance/identifier-systems.js';
import type { Criterion } from '../storage/store.js';
import { unescapeValue } from './escaping.js';
import { IDENTIFIER_PARAM, identifierCriterion } from './own-identifiers.js';
import type { ParameterCatalog } from './parameter-catalog.js';
import { lastUpdatedCriterion } from './parameter-types/date.js';
import { parameterTypeOf } from './parameter-types/index.js';
import { anyOf, NOTHING, type ParameterPlan, type ValueContext } from './parameter-types/parameter-type.js';
import { type ParseValue, parseValues } from './parse-values.js';
import { parseReferenceByIdentifier } from './reference-by-identifier.js';
import type { JoinTarget, SearchJoin } from './search-engine.js';
import { type FaultList, quote } from './search-fault.js';

export interface CriterionScope {
  readonly catalog: ParameterCatalog;
  readonly policy: CapabilityPolicy;
  readonly resourceTypes: ReadonlySet<string>;
  readonly isElement: (type: string, name: string) => boolean;
  readonly faults: FaultList;
  readonly limits: SearchLimits;
  readonly baseUrl: string;
  readonly clock: () => number;
  readonly findIdentifierSystems: FindIdentifierSystems | undefined;
  readonly areIdsNumbers: boolean;
}

export type ParsedCriterion = { readonly criterion: Criterion } | { readonly join: SearchJoin };

const NAME = /^([^:.]+)(?::([^:.]+))?(?:\.(.+))?$/;
/** Modifiers that R4 has and this server has not, with what to do instead. */
const REFUSED_MODIFIERS: Readonly<Record<string, string>> = {
  in: 'list the codes of the value set, separated by commas',
  'not-in': 'list the codes of the value set with :not',
  above: 'list the codes, separated by commas',
  below: 'list the codes, separated by commas',
};

/** Undefined after a fault. `name` is what the query holds, or the rest of it after a chain. */
export function parseCriterion(
  types: readonly ResourcePolicy[],
  name: string,
  value: string,
  scope: CriterionScope,
  depth = 0,
): ParsedCriterion | undefined {
  if (depth > scope.limits.chainDepth) {
    return scope.faults.error('too-costly', name, `A chain may follow ${scope.limits.chainDepth} references at most`);
  }
  if (name.startsWith('_has:')) return parseReverseChain(types, name, value, scope, depth);
  const match = NAME.exec(name);
  if (match === null) return scope.faults.unsupported(name, `${quote(name)} is no name of a search parameter`);
  const [, code = '', modifier, chain] = match;
  if (chain !== undefined) return parseChain(types, name, code, modifier, chain, value, scope, depth);
  const isKnown = types.every((type) => isOffered(type, code, scope));
  const found = isKnown ? parseReferenceByIdentifier(types, name, code, modifier, value, scope) : undefined;
  if (found === 'fault') return undefined;
  if (found === undefined) {
    const criterion = parseForTypes(types, name, code, modifier, value, scope);
    return criterion && { criterion };
  }
  const { targets, rest } = found;
  const also = rest === undefined ? undefined : parseForTypes(types, name, code, modifier, rest, scope);
  if (rest !== undefined && also === undefined) return undefined;
  return { join: { kind: 'chain', param: code, targets, ...(also !== undefined && { also }) } };
}

function parseForTypes(
  types: readonly ResourcePolicy[],
  name: string,
  code: string,
  modifier: string | undefined,
  value: string,
  scope: CriterionScope,
): Criterion | undefined {
  const criteria: Criterion[] = [];
  for (const type of types) {
    const criterion = parseForType(type, name, code, modifier, value, scope);
    if (criterion === undefined) return undefined;
    criteria.push(criterion);
  }
  return anyOf(distinct(criteria));
}

function parseForType(
  type: ResourcePolicy,
  name: string,
  code: string,
  modifier: string | undefined,
  value: string,
  scope: CriterionScope,
): Criterion | undefined {
  if (!isOffered(type, code, scope)) return unknownParameter(type, name, code, scope);
  const parse = code === '_id' || code === '_lastUpdated' ? columnParser(code, modifier) : valueParser(type, code, modifier, scope);
  if (typeof parse === 'string') return scope.faults.unsupported(name, parse);
  const criteria = parseValues(name, code, value, scope, parse);
  if (criteria === undefined) return undefined;
  const any = anyOf(criteria);
  return modifier === 'not' ? { op: 'not', of: any } : any;
}

/** The parser of one value, or why there is none. */
function valueParser(type: ResourcePolicy, code: string, modifier: string | undefined, scope: CriterionScope): ParseValue | string {
  const plan = scope.catalog.find(type.type, code);
  if (plan === undefined) return `${quote(code)} of ${type.type} is not a kind of search parameter that this server can evaluate`;
  // https://hl7.org/fhir/R4/search.html#modifiers: "for all parameters (except combination)"
  if (modifier === 'missing' && plan.type !== 'composite') return (text, context) => missingCriterion(text, presenceOf(plan), context);
  const systems = code === IDENTIFIER_PARAM ? scope.findIdentifierSystems?.(type.type) : undefined;
  if (systems !== undefined && (modifier === undefined || modifier === 'not')) {
    return (text, context) => identifierCriterion(text, systems, scope.areIdsNumbers, context);
  }
  const { modifiers, toCriterion } = parameterTypeOf(plan);
  const isTargetType = plan.type === 'reference' && modifier !== undefined && plan.targets.includes(modifier);
  if (modifier !== undefined && !modifiers.includes(modifier) && !isTargetType) return unknownModifier(code, modifier, plan, modifiers);
  return (text, context) => toCriterion(text, modifier, plan, context);
}

function unknownModifier(code: string, modifier: string, plan: ParameterPlan, modifiers: readonly string[]): string {
  const instead = plan.type === 'token' && modifier in REFUSED_MODIFIERS ? `; ${REFUSED_MODIFIERS[modifier]}` : '';
  const types = plan.type === 'reference' ? [`the type of the target (${plan.targets.slice(0, 10).join(', ')})`] : [];
  if (plan.type === 'composite') return `${quote(code)}, of type composite, takes no modifier; ${quote(modifier)} is one`;
  const known = ['missing', ...modifiers, ...types].join(', ');
  return `${quote(code)}, of type ${plan.type}, has no modifier ${quote(modifier)} here; it has: ${known}${instead}`;
}

function columnParser(code: '_id' | '_lastUpdated', modifier: string | undefined): ParseValue | string {
  // no resource is without them
  if (modifier === 'missing') return (text, context) => missingCriterion(text, { op: 'not', of: NOTHING }, context);
  if (code === '_lastUpdated') {
    return modifier === undefined
      ? lastUpdatedCriterion
      : `'_lastUpdated' has no modifier ${quote(modifier)}; it has: missing, and takes prefixes such as ge`;
  }
  if (modifier !== undefined && modifier !== 'not') return `'_id' has no modifier ${quote(modifier)}; it has: missing, not`;
  return (text) => ({ op: 'id', ids: [unescapeValue(text)] });
}

function missingCriterion(text: string, present: Criterion, context: ValueContext): Criterion | undefined {
  if (text !== 'true' && text !== 'false') return context.fault("'true' or 'false'");
  return text === 'true' ? { op: 'not', of: present } : present;
}

function presenceOf(plan: ParameterPlan): Criterion {
  return anyOf(
    parameterTypeOf(plan)
      .indexedAs(plan)
      .map((param): Criterion => ({ op: 'exists', param })),
  );
}

export function isOffered(type: ResourcePolicy, code: string, { policy }: Pick<CriterionScope, 'policy'>): boolean {
  return type.searchParams.has(code) || policy.searchParams.has(code);
}

function unknownParameter(type: ResourcePolicy, name: string, code: string, { policy, faults }: CriterionScope): undefined {
  const offered = [...new Set([...type.searchParams.keys(), ...policy.searchParams.keys()])].sort();
  return faults.unsupported(name, `${type.type} has no search parameter ${quote(code)}; it has: ${offered.join(', ')}`);
}

/** https://hl7.org/fhir/R4/search.html#chaining */
function parseChain(
  types: readonly ResourcePolicy[],
  name: string,
  code: string,
  modifier: string | undefined,
  chain: string,
  value: string,
  scope: CriterionScope,
  depth: number,
): ParsedCriterion | undefined {
  const next = chain.split(/[:.]/, 1)[0] as string;
  const targets = new Map<string, ResourcePolicy>();
  for (const type of types) {
    if (!isOffered(type, code, scope)) return unknownParameter(type, name, code, scope);
    const plan = scope.catalog.find(type.type, code);
    if (plan?.type !== 'reference') {
      return scope.faults.unsupported(name, `${quote(code)} of ${type.type} is no reference, so nothing can be chained to it`);
    }
    for (const target of modifier === undefined ? plan.targets : plan.targets.filter((candidate) => candidate === modifier)) {
      const policy = scope.policy.resources.get(target);
      if (policy !== undefined && (next === '_has' || isOffered(policy, next, scope))) targets.set(target, policy);
    }
  }
  if (targets.size === 0) {
    const reached = modifier ?? 'no type that it can refer to';
    const text = modifier === undefined ? `${reached} has` : `${reached} is no target of it, or has no`;
    return scope.faults.unsupported(name, `${quote(name)}: ${text} search parameter ${quote(next)}`);
  }
  const inside = { ...scope, faults: scope.faults.within(name) };
  const parsed: JoinTarget[] = [];
  for (const policy of targets.values()) {
    const target = parseTarget(policy, chain, value, inside, depth);
    if (target === undefined) return undefined;
    parsed.push(target);
  }
  return { join: { kind: 'chain', param: code, targets: parsed } };
}

/** `_has:Observation:patient:code=1234-5`: https://hl7.org/fhir/R4/search.html#has */
function parseReverseChain(
  types: readonly ResourcePolicy[],
  name: string,
  value: string,
  scope: CriterionScope,
  depth: number,
): ParsedCriterion | undefined {
  const [, sourceType = '', param = '', ...rest] = name.split(':');
  const source = scope.policy.resources.get(sourceType);
  if (source === undefined || param === '' || rest.length === 0) {
    return scope.faults.unsupported(name, `${quote(name)} should be _has:Type:reference:parameter, with a type that this API has`);
  }
  if (!isOffered(source, param, scope)) return unknownParameter(source, name, param, scope);
  const plan = scope.catalog.find(sourceType, param);
  if (plan?.type !== 'reference' || !types.some(({ type }) => plan.targets.includes(type))) {
    return scope.faults.unsupported(
      name,
      `${quote(param)} of ${sourceType} does not refer to ${types.map(({ type }) => type).join(' or ')}`,
    );
  }
  const target = parseTarget(source, rest.join(':'), value, { ...scope, faults: scope.faults.within(name) }, depth);
  return target === undefined ? undefined : { join: { kind: 'reverse', param, source: target } };
}

function parseTarget(policy: ResourcePolicy, name: string, value: string, scope: CriterionScope, depth: number): JoinTarget | undefined {
  const parsed = parseCriterion([policy], name, value, scope, depth + 1);
  if (parsed === undefined) return undefined;
  return 'join' in parsed
    ? { type: policy.type, criterion: undefined, joins: [parsed.join] }
    : { type: policy.type, criterion: parsed.criterion, joins: [] };
}

function distinct(criteria: readonly Criterion[]): readonly Criterion[] {
  if (criteria.length === 1) return criteria;
  const seen = new Map(criteria.map((criterion) => [JSON.stringify(criterion), criterion]));
  return [...seen.values()];
}
