/** ElementDefinition.slicing.discriminator as a condition of items: https://hl7.org/fhir/R4/profiling.html#discriminator */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { hasPattern } from '../../fhir/json-pattern.js';
import { parseReference } from '../../fhir/reference.js';
import { compileExpression } from '../../fhirpath/compile-expression.js';
import { type CompiledExpression, FhirPathError, type TypedNode } from '../../fhirpath/fhirpath.js';
import type { PreparedValueSet } from '../../terminology/terminology-service.js';
import { checkValue } from '../compile/rules/binding.js';
import { isSame } from '../compile/rules/fixed.js';
import type { ElementPlan, ProfilePlan } from '../plan.js';
import type { Run } from '../run/run.js';
import { type DefinedElement, findDefinedElement, findImpliedValues } from './discriminator-path.js';
import type { Linker } from './linker.js';
import { conformsTo } from './resource.js';

export type Condition = (run: Run, value: JsonValue | undefined, companion: JsonObject | undefined, type: string) => boolean;
type Match = (run: Run, node: TypedNode) => boolean;

/** How deep values are compared below what a discriminator names. */
const MAX_DEPTH = 4;

/** Undefined where the slice says nothing about what the discriminator names. */
export function linkDiscriminator(
  discriminator: { readonly type: string; readonly path: string },
  slice: ElementPlan,
  profile: ProfilePlan,
  linker: Linker,
): Condition | undefined {
  // it takes what is in no other slice, whatever it says of its items
  if (slice.sliceName === '@default') return undefined;
  const { type, path } = discriminator;
  const defined = findDefinedElement(slice, profile, path, linker);
  if (defined === undefined) return undefined;
  const select = linkSelection(path, linker);
  if (type === 'exists') return existsCondition(defined.element, select);
  if (type === 'type') return typeCondition(defined, path, select, linker);
  const match = type === 'profile' ? profileMatch(defined, path, linker) : valueMatch(defined, linker, MAX_DEPTH);
  if (match !== undefined) {
    return (run, value, companion, nodeType) => select(run, value, companion, nodeType).some((node) => match(run, node));
  }
  const implied = type === 'profile' ? [] : findImpliedValues(slice, profile, path, linker);
  if (implied.length === 0) return undefined;
  return (run, value, companion, nodeType) => {
    const nodes = select(run, value, companion, nodeType);
    return implied.every((wanted) => nodes.some((node) => hasPattern(node.value, wanted)));
  };
}

type Selection = (run: Run, value: JsonValue | undefined, companion: JsonObject | undefined, type: string) => readonly TypedNode[];

const NOTHING: readonly TypedNode[] = [];

/** The nodes of the instance that a discriminator's path names. */
function linkSelection(path: string, linker: Linker): Selection {
  if (path === '$this') return (_, value, companion, type) => [companion === undefined ? { value, type } : { value, type, companion }];
  if (path === 'url') {
    return (_, value) => (isJsonObject(value) && value['url'] !== undefined ? [{ value: value['url'], type: 'uri' }] : NOTHING);
  }
  let expression: CompiledExpression | undefined;
  return (run, value, companion, type) => {
    if (run.scope === undefined) return NOTHING;
    try {
      expression ??= compileExpression(path, linker.services.model);
      return expression.evaluate(companion === undefined ? { value, type } : { value, type, companion }, run.scope.context);
    } catch (error) {
      if (!(error instanceof FhirPathError)) throw error;
      run.noteOnce(
        `discriminator ${path}`,
        'warning',
        'not-supported',
        'discriminator',
        `The discriminator '${path}' could not be evaluated: ${error.message}`,
      );
      return NOTHING;
    }
  };
}

function existsCondition(element: ElementPlan, select: Selection): Condition | undefined {
  if (element.max === 0) return (run, value, companion, type) => select(run, value, companion, type).length === 0;
  if (element.min > 0) return (run, value, companion, type) => select(run, value, companion, type).length > 0;
  return undefined;
}

function typeCondition({ element }: DefinedElement, path: string, select: Selection, linker: Linker): Condition | undefined {
  const codes = element.types.map(({ code }) => code);
  if (codes.length === 0) return undefined;
  const isOne = (type: string): boolean => codes.some((code) => type === code || linker.services.model.isSubtype(type, code));
  const prefix = path === 'resolve()' ? '$this' : path.endsWith('.resolve()') ? path.slice(0, -'.resolve()'.length) : undefined;
  if (prefix === undefined)
    return (run, value, companion, type) => select(run, value, companion, type).some((node) => isOne(actualType(node)));
  // the type of a target is often known although the target is not at hand
  const selectReference = linkSelection(prefix, linker);
  return (run, value, companion, type) => {
    const resolved = select(run, value, companion, type);
    if (resolved.length > 0) return resolved.some((node) => isOne(actualType(node)));
    return selectReference(run, value, companion, type).some((node) => {
      const target = targetTypeOf(node.value);
      return target !== undefined && isOne(target);
    });
  };
}

function actualType({ value, type }: TypedNode): string {
  const stated = isJsonObject(value) ? value['resourceType'] : undefined;
  return typeof stated === 'string' ? stated : type;
}

function targetTypeOf(reference: JsonValue | undefined): string | undefined {
  if (!isJsonObject(reference)) return undefined;
  const { reference: text, type } = reference;
  const parsed = typeof text === 'string' ? parseReference(text) : undefined;
  if (parsed !== undefined && 'type' in parsed) return parsed.type;
  return typeof type === 'string' ? type : undefined;
}

function profileMatch({ element, profile }: DefinedElement, path: string, linker: Linker): Match | undefined {
  const isTarget = path.endsWith('resolve()');
  const profiles = element.types.flatMap((type) => (isTarget && type.targetProfiles.length > 0 ? type.targetProfiles : type.profiles));
  if (profiles.length === 0) return undefined;
  return (run, { value, type, companion }) =>
    profiles.some((canonical) => {
      const linked = linker.findProfile(canonical, profile.packageId);
      if (linked === undefined) return false;
      return linked.plan.kind === 'resource'
        ? isJsonObject(value) && conformsTo(run, value, canonical, profile.packageId, linker)
        : run.probe(() => linked.check(run, value, companion, type));
    });
}

/** Whether a node has the values that the element (or what stands below it) fixes; undefined where nothing is fixed. */
function valueMatch(defined: DefinedElement, linker: Linker, depth: number): Match | undefined {
  const matches = ownMatches(defined, linker);
  if (matches.length === 0 && depth > 0) matches.push(...childMatches(defined, linker, depth - 1));
  if (matches.length === 0) return undefined;
  return (run, node) => matches.every((match) => match(run, node));
}

function ownMatches({ element, profile }: DefinedElement, linker: Linker): Match[] {
  return element.rules.flatMap((rule): readonly Match[] => {
    if (rule.keyword === 'fixed') return [(_, { value }) => isSame(value, rule.value)];
    if (rule.keyword === 'pattern') return [(_, { value }) => hasPattern(value, rule.value)];
    if (rule.keyword !== 'binding' || rule.strength !== 'required') return [];
    let valueSet: PreparedValueSet | undefined;
    let isSought = false;
    return [
      (_, { value }) => {
        if (!isSought) valueSet = linker.services.terminology.prepareValueSet(rule.valueSet, profile.packageId);
        isSought = true;
        return valueSet !== undefined && checkValue(value, valueSet) === 'member';
      },
    ];
  });
}

/** Children (and slices of children) that must be there, by what they fix. */
function childMatches({ element, profile }: DefinedElement, linker: Linker, depth: number): Match[] {
  return element.children.flatMap((child) => {
    const parts = [child, ...child.slices].filter(({ min }) => min > 0);
    return parts.flatMap((part): readonly Match[] => {
      const match = valueMatch({ element: part, profile }, linker, depth);
      if (match === undefined || child.name.endsWith('[x]')) return [];
      return [
        (run, { value }) => {
          const found = isJsonObject(value) ? value[child.name] : undefined;
          const items = Array.isArray(found) ? found : found === undefined ? [] : [found];
          return items.some((item) => match(run, { value: item, type: linker.nodeType(part, part.types[0]) }));
        },
      ];
    });
  });
}
