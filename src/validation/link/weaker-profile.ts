/**
 * Whether a profile's snapshot lets pass what its base refuses: then the base is held beside it. A snapshot may have come from
 * anywhere, and a value set that takes the place of a required one has nobody compared with it.
 */
import { isBuiltUpon } from '../../conformance/profile-chain.js';
import { parseCanonical } from '../../fhir/canonical.js';
import { hasPattern } from '../../fhir/json-pattern.js';
import { isSame } from '../compile/rules/fixed.js';
import type { BindingPlan, ConstraintPlan, ElementPlan, ProfilePlan, RulePlan, SlicingPlan, TypePlan } from '../plan.js';
import type { LinkServices } from './item-rule.js';

/** What holds for every element, or extension, is held by their types, whatever a snapshot repeats. */
const OF_EVERY: ReadonlySet<string> = new Set(['ele-1', 'ext-1']);

interface Comparison {
  readonly profile: ProfilePlan;
  readonly services: LinkServices;
}

/** Of a profile and the definition of the same type that it is built upon. */
export function isWeaker(profile: ProfilePlan, base: ProfilePlan, services: LinkServices): boolean {
  return isWeakerElement(profile.root, base.root, { profile, services });
}

function isWeakerElement(element: ElementPlan, base: ElementPlan, comparison: Comparison): boolean {
  if (element.min < base.min || !isWithin(element.max, base.max)) return true;
  if (isLooserSlicing(element, base)) return true;
  const slices = base.slices.some((slice) => {
    const own = element.slices.find(({ sliceName }) => sliceName === slice.sliceName);
    return own === undefined || isWeakerElement(own, slice, comparison);
  });
  return slices || isWeakerItem(element, base, comparison);
}

/** What is said of one item, be it in a slice or not. */
function isWeakerItem(element: ElementPlan, base: ElementPlan, comparison: Comparison): boolean {
  if (base.types.length > 0 && element.types.some((type) => !isOneOf(type, base.types, comparison))) return true;
  if (base.rules.some((rule) => !isHeld(rule, element))) return true;
  // slices that the base has were compared with those
  const added = element.slices.filter(({ sliceName }) => !base.slices.some((slice) => slice.sliceName === sliceName));
  if (added.some((slice) => isWeakerItem(slice, base, comparison))) return true;
  return hasWeakerChild(element, base, comparison);
}

/** Where the profile does not go into the element, its type says the same of it as the base's does. */
function hasWeakerChild(element: ElementPlan, base: ElementPlan, comparison: Comparison): boolean {
  if (base.children.length === 0) return false;
  // a slice that repeats nothing is held against what it slices as well
  if (element.children.length === 0) return element.sliceName === base.sliceName;
  return base.children.some((child) => {
    const own = element.children.find(({ name }) => name === child.name);
    return own === undefined || isWeakerElement(own, child, comparison);
  });
}

function isWithin(max: number | '*', base: number | '*'): boolean {
  return base === '*' || (max !== '*' && max <= base);
}

const RULES: readonly SlicingPlan['rules'][] = ['open', 'openAtEnd', 'closed'];

function isLooserSlicing(element: ElementPlan, base: ElementPlan): boolean {
  if (base.slicing === undefined || base.slices.length === 0) return false;
  const { slicing } = element;
  if (slicing === undefined || RULES.indexOf(slicing.rules) < RULES.indexOf(base.slicing.rules)) return true;
  if (base.slicing.isOrdered && !slicing.isOrdered) return true;
  const { discriminators } = slicing;
  const isTold = base.slicing.discriminators.every(({ type, path }) =>
    discriminators.some((one) => one.type === type && one.path === path),
  );
  if (!isTold) return true;
  const names = new Set(base.slices.map(({ sliceName }) => sliceName));
  return base.slicing.rules === 'closed' && element.slices.some(({ sliceName }) => !names.has(sliceName));
}

function isOneOf(type: TypePlan, base: readonly TypePlan[], comparison: Comparison): boolean {
  const { model } = comparison.services;
  return base.some((held) => {
    if (type.code !== held.code && !model.isSubtype(type.code, held.code)) return false;
    const isHow =
      (held.aggregation === undefined || (type.aggregation ?? ['']).every((one) => held.aggregation?.includes(one))) &&
      (held.versioning === undefined || type.versioning === held.versioning);
    return (
      isHow &&
      areOf(type.profiles, held.profiles, comparison) &&
      // a subtype of Resource has no targets, and needs none
      areOf(type.targetProfiles, held.targetProfiles, comparison)
    );
  });
}

function areOf(profiles: readonly string[], held: readonly string[], { profile, services }: Comparison): boolean {
  if (held.length === 0) return true;
  if (profiles.length === 0) return false;
  return profiles.every(
    (canonical) => held.includes(canonical) || isBuiltUpon(canonical, held, profile.packageId, services.conformance) === true,
  );
}

function isHeld(rule: RulePlan, { rules }: ElementPlan): boolean {
  switch (rule.keyword) {
    case 'fixed':
      return rules.some((own) => own.keyword === 'fixed' && isSame(own.value, rule.value));
    case 'pattern':
      return rules.some((own) => (own.keyword === 'fixed' || own.keyword === 'pattern') && hasPattern(own.value, rule.value));
    case 'binding':
      return rules.some((own) => own.keyword === 'binding' && isAsStrict(own, rule));
    case 'maxLength':
      return rules.some((own) => own.keyword === 'maxLength' && own.limit <= rule.limit);
    case 'constraint':
      return rules.some((own) => own.keyword === 'constraint' && isSameConstraint(own, rule)) || OF_EVERY.has(rule.key);
    case 'minValue':
      return rules.some((own) => own.keyword === 'minValue' && (isSame(own.value, rule.value) || isLess(rule.value, own.value)));
    case 'maxValue':
      return rules.some((own) => own.keyword === 'maxValue' && (isSame(own.value, rule.value) || isLess(own.value, rule.value)));
    case 'regex':
      return rules.some((own) => own.keyword === 'regex' && own.source === rule.source);
  }
}

function isLess(left: unknown, right: unknown): boolean {
  return typeof left === 'number' && typeof right === 'number' && left < right;
}

/** The value sets of bindings that are not required may be left where nothing in them fits. */
function isAsStrict(own: BindingPlan, held: BindingPlan): boolean {
  if (held.maxValueSet !== undefined && own.maxValueSet !== held.maxValueSet) return false;
  if (held.strength === 'required') return own.strength === 'required' && urlOf(own) === urlOf(held);
  return held.strength === 'preferred' || own.strength !== 'preferred';
}

function urlOf({ valueSet }: BindingPlan): string {
  return parseCanonical(valueSet).url;
}

function isSameConstraint(own: ConstraintPlan, held: ConstraintPlan): boolean {
  return own.key === held.key && own.expression === held.expression && (own.severity === 'error' || held.severity === 'warning');
}
