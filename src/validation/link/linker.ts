/**
 * Plans -> closures. Every profile and base type is compiled and linked once, when something first needs it; types that
 * contain themselves end in links that are followed late.
 */
import type { StructureDefinition } from 'fhir/r4.js';
import type { ConformanceEntry } from '../../conformance/conformance-registry.js';
import { isBackbone } from '../../conformance/type-model.js';
import { parseCanonical } from '../../fhir/canonical.js';
import type { JsonValue } from '../../fhir/json.js';
import { compileExpression } from '../../fhirpath/compile-expression.js';
import { type CompiledExpression, FhirPathError } from '../../fhirpath/fhirpath.js';
import { compileProfile } from '../compile/compile-profile.js';
import { checkValue } from '../compile/rules/binding.js';
import { linkRule } from '../compile/rules/link-rule.js';
import type { ElementPlan, ProfilePlan, TypePlan } from '../plan.js';
import { checkAttachment } from '../run/attachment.js';
import { checkCoding } from '../run/coding.js';
import { checkElementId } from '../run/element-id.js';
import { checkIdentifier } from '../run/identifier.js';
import { checkNarrative } from '../run/narrative-links.js';
import { PRIMITIVE_CHECKS } from '../run/primitive.js';
import { checkQuantity } from '../run/quantity.js';
import { checkReference } from '../run/reference.js';
import type { Run } from '../run/run.js';
import { linkElement } from './element.js';
import { linkExtension } from './extension.js';
import type { ItemRule, LinkServices, RuleScope } from './item-rule.js';
import type { LinkedElement } from './linked-element.js';
import { linkObject, linkPrimitive } from './object-shape.js';
import { linkReferenceForm } from './reference-form.js';
import { linkReferenceTargets } from './reference-targets.js';
import { checkResource } from './resource.js';
import { isWeaker } from './weaker-profile.js';

const ABSTRACT_RESOURCES: ReadonlySet<string> = new Set(['Resource', 'DomainResource']);
type DatatypeCheck = (run: Run, value: JsonValue | undefined, services: LinkServices) => void;
/** What R4 says of a data type in words only. */
const DATATYPE_CHECKS: ReadonlyMap<string, DatatypeCheck> = new Map<string, DatatypeCheck>([
  ['Coding', checkCoding],
  ['Attachment', checkAttachment],
  ['Identifier', checkIdentifier],
  ['Narrative', checkNarrative],
  ['Quantity', checkQuantity],
  ['Reference', checkReference],
]);
const CONTAINED = 'DomainResource.contained';
const INSTEAD = 'what it is built upon holds there';

export interface LinkedProfile {
  readonly plan: ProfilePlan;
  /** Structure, and the rules of the root element. */
  readonly check: ItemRule;
}

export class Linker {
  readonly services: LinkServices;
  readonly #profiles = new Map<string, LinkedProfile | undefined>();
  readonly #entries = new Map<ConformanceEntry<StructureDefinition>, LinkedProfile | undefined>();
  readonly #ancestors = new Map<string, ReadonlySet<string>>();
  readonly #expressions = new Map<string, CompiledExpression>();
  readonly #elements = new Map<ProfilePlan, Map<string, ElementPlan>>();

  constructor(services: LinkServices) {
    this.services = services;
  }

  /** Undefined when no such definition is loaded, or it has no elements. */
  findProfile(canonical: string, from?: string): LinkedProfile | undefined {
    const key = from === undefined ? canonical : `${from} ${canonical}`;
    if (this.#profiles.has(key)) return this.#profiles.get(key);
    const entry = this.services.conformance.findStructureDefinition(canonical, from);
    const linked = entry === undefined ? undefined : this.#link(entry);
    this.#profiles.set(key, linked);
    return linked;
  }

  /** What a resource claims: a version that is stated is exactly that one, where definitions may state the beginning of one. */
  findClaim(claim: string): LinkedProfile | undefined {
    if (claim.includes('#')) return undefined;
    const linked = this.findProfile(claim);
    const isOther = linked !== undefined && claim.includes('|') && !linked.plan.canonical.endsWith(claim.slice(claim.indexOf('|')));
    return isOther ? undefined : linked;
  }

  /** The definition of a type of R4. */
  findType(type: string): LinkedProfile | undefined {
    return this.findProfile(`http://hl7.org/fhir/StructureDefinition/${type}`);
  }

  /** Canonicals of the definitions that a profile is built on, nearest first. */
  ancestorsOf(plan: ProfilePlan): ReadonlySet<string> {
    const known = this.#ancestors.get(plan.canonical);
    if (known !== undefined) return known;
    const chain = new Set<string>();
    let current: ProfilePlan | undefined = plan;
    while (current?.baseDefinition !== undefined) {
      current = this.findProfile(current.baseDefinition, current.packageId)?.plan;
      if (current === undefined || chain.has(current.canonical)) break;
      chain.add(current.canonical);
    }
    this.#ancestors.set(plan.canonical, chain);
    return chain;
  }

  isPrimitive(type: string): boolean {
    return Object.hasOwn(PRIMITIVE_CHECKS, type);
  }

  isResource(type: string): boolean {
    return ABSTRACT_RESOURCES.has(type) || this.services.conformance.resourceTypes.has(type);
  }

  /** `memberOf()`: undefined where it cannot be known. */
  isMember(value: JsonValue | undefined, valueSet: string): boolean | undefined {
    const prepared = this.services.terminology.prepareValueSet(valueSet);
    const membership = prepared === undefined ? 'unknown' : checkValue(value, prepared);
    return membership === 'unknown' ? undefined : membership === 'member';
  }

  /** What `use` makes of a compiled expression; the text of the fault where it is no FHIRPath, or fails. */
  tryExpression(expression: string, use: (compiled: CompiledExpression) => boolean): boolean | string {
    try {
      let compiled = this.#expressions.get(expression);
      if (compiled === undefined) {
        compiled = compileExpression(expression, this.services.model);
        this.#expressions.set(expression, compiled);
      }
      return use(compiled);
    } catch (error) {
      if (error instanceof FhirPathError) return error.message;
      throw error;
    }
  }

  /** Type name of items for FHIRPath: the base path of a backbone element (of the one it refers to), else the type's code. */
  nodeType(element: ElementPlan, type: TypePlan | undefined): string {
    if (element.contentReference !== undefined) return element.contentReference;
    return type === undefined || isBackbone(type.code) ? element.basePath : type.code;
  }

  scopeOf(element: ElementPlan, profile: ProfilePlan): RuleScope {
    const { canonical: definition, packageId } = profile;
    const { elementId, types, sliceName } = element;
    return { definition, packageId, elementId, types, sliceName, services: this.services };
  }

  /** Everything that holds for one item of an element that has this type. */
  linkItem(element: ElementPlan, type: TypePlan | undefined, profile: ProfilePlan): ItemRule {
    const rules = element.rules.flatMap((plan) => linkRule(plan, this.scopeOf(element, profile)) ?? []);
    const structure = this.#linkStructure(element, type, profile);
    if (element.basePath === 'Element.id') rules.push(checkElementId);
    if (type?.code === 'Reference') rules.push(...this.#referenceRules(type, this.scopeOf(element, profile)));
    return sequence(structure, rules);
  }

  #referenceRules(type: TypePlan, scope: RuleScope): readonly ItemRule[] {
    const form = linkReferenceForm(type, scope);
    const targets = type.targetProfiles.length > 0 ? [linkReferenceTargets(type.targetProfiles, scope, this)] : [];
    return form === undefined ? targets : [...targets, form];
  }

  linkElement(element: ElementPlan, profile: ProfilePlan): LinkedElement {
    return linkElement(element, profile, this);
  }

  #link(entry: ConformanceEntry<StructureDefinition>): LinkedProfile | undefined {
    if (this.#entries.has(entry)) return this.#entries.get(entry);
    const plan = compileProfile(entry);
    const linked = plan === undefined ? undefined : this.#linkProfile(plan);
    this.#entries.set(entry, linked);
    return linked;
  }

  #linkProfile(plan: ProfilePlan): LinkedProfile {
    const { root } = plan;
    const check = late(() => {
      const rules = root.rules.flatMap((rule) => linkRule(rule, this.scopeOf(root, plan)) ?? []);
      const own = sequence(this.#linkChildren(root, plan.type, plan), rules);
      const base = this.#baseBeside(plan);
      return base === undefined ? own : sequence(own, [base.check]);
    });
    return { plan, check };
  }

  /** The base of a profile, where its snapshot does not hold all that the base says. */
  #baseBeside(plan: ProfilePlan): LinkedProfile | undefined {
    const { baseDefinition, packageId, canonical, type } = plan;
    if (baseDefinition === undefined) return undefined;
    // an extension that is built upon another has not the other's url
    const base = type === 'Extension' ? this.findType(type) : this.findProfile(baseDefinition, packageId);
    if (base?.plan.type !== type || this.ancestorsOf(plan).has(canonical)) return undefined;
    return isWeaker(plan, base.plan, this.services) ? base : undefined;
  }

  /** The children that a plan lists. */
  #linkChildren(element: ElementPlan, type: string, profile: ProfilePlan): ItemRule {
    if (this.isPrimitive(type)) return linkPrimitive(type, element, profile, this);
    const shape = linkObject(element, profile, this);
    const checkValue = DATATYPE_CHECKS.get(type);
    if (checkValue === undefined) return shape;
    const { services } = this;
    return (run, value, companion, nodeType) => {
      shape(run, value, companion, nodeType);
      checkValue(run, value, services);
    };
  }

  #linkStructure(element: ElementPlan, type: TypePlan | undefined, profile: ProfilePlan): ItemRule {
    if (element.contentReference !== undefined) return this.#linkContentReference(element.contentReference, profile);
    if (type === undefined) return () => undefined;
    if (this.isResource(type.code)) {
      if (element.basePath === CONTAINED && !this.services.options.contained) return () => undefined;
      const inline = element.children.length > 0 ? linkObject(element, profile, this) : undefined;
      const expectation = { allowed: element.types, from: profile.packageId, inline };
      return (run, value) => checkResource(run, value, this, expectation);
    }
    const own = element.children.length > 0 ? this.#linkInline(element, type, profile) : undefined;
    if (type.code === 'Extension') {
      const isModifier = element.name === 'modifierExtension';
      return linkExtension({ own, profiles: type.profiles, isModifier, profile, linker: this });
    }
    if (own === undefined) return this.#linkType(type, profile);
    // below a choice of types stands what they have in common, and no type whole
    if (type.profiles.length === 0 && element.types.length === 1) return own;
    const profiled = this.#linkType(type, profile);
    return (run, value, companion, nodeType) => {
      own(run, value, companion, nodeType);
      profiled(run, value, companion, nodeType);
    };
  }

  /** Children that the profile lists below an element, with the rules that its type has of its own. */
  #linkInline(element: ElementPlan, type: TypePlan, profile: ProfilePlan): ItemRule {
    const structure = late(() => this.#linkChildren(element, type.code, profile));
    if (isBackbone(type.code) || element.types.length > 1) return structure;
    const rules = late(() => {
      const base = this.findType(type.code)?.plan;
      if (base === undefined) return () => undefined;
      const stated = new Set(element.rules.flatMap((rule) => (rule.keyword === 'constraint' ? [rule.key] : [])));
      const inherited = base.root.rules.filter((rule) => rule.keyword !== 'constraint' || !stated.has(rule.key));
      return sequence(
        undefined,
        inherited.flatMap((rule) => linkRule(rule, this.scopeOf(base.root, base)) ?? []),
      );
    });
    return sequence(structure, [rules]);
  }

  #linkType(type: TypePlan, profile: ProfilePlan): ItemRule {
    return late(() => {
      const base = this.findType(type.code)?.check ?? this.#unknownType(type, profile);
      const profiles = type.profiles.flatMap((canonical) => this.findProfile(canonical, profile.packageId) ?? []);
      const unknown = type.profiles.find((canonical) => this.findProfile(canonical, profile.packageId) === undefined);
      const [first] = profiles;
      if (first === undefined && unknown === undefined) return base;
      if (first !== undefined && type.profiles.length === 1) return first.check;
      return (run, value, companion, nodeType) => {
        const conforming = profiles.find(({ check }) => run.probe(() => check(run, value, companion, nodeType)));
        (conforming?.check ?? base)(run, value, companion, nodeType);
        if (conforming !== undefined) return;
        if (unknown !== undefined) {
          this.reportUnknownProfile(run, unknown);
          return;
        }
        const wanted = profiles.map(({ plan }) => plan.canonical).join(', ');
        const text = `The value conforms to none of the profiles that are allowed here: ${wanted}`;
        run.error('structure', 'type-profile', text, { definition: profile.canonical });
      };
    });
  }

  /** Of a profile that is claimed: what it says and cannot be. Without its base it is no profile that can be held. */
  reportIncomplete(run: Run, plan: ProfilePlan): void {
    const { canonical: definition, url, packageId, missingBase } = plan;
    const named = `The profile ${definition} of package ${packageId}`;
    if (missingBase !== undefined) {
      run.error('not-found', 'profile-incomplete', `${named} ${faultOfBase(url, missingBase)}`, { definition });
      return;
    }
    for (const { elementId, message, instead = INSTEAD, isRemark } of plan.faults()) {
      const text = `${named} has a fault at ${elementId}: ${message}; instead, ${instead}`;
      run.add(isRemark === true ? 'information' : 'warning', 'incomplete', 'profile-faulty', text, { definition });
    }
  }

  reportUnknownProfile(run: Run, canonical: string, severity = this.services.options.unknownProfile): void {
    const text = `Profile reference '${canonical}' has not been checked because it is unknown`;
    run.add(severity, 'not-found', 'profile-unknown', text);
  }

  #unknownType(type: TypePlan, profile: ProfilePlan): ItemRule {
    const text = `The type ${type.code} is not defined: what stands here was not checked`;
    return (run) => run.noteOnce(`type ${type.code}`, 'warning', 'not-found', 'type-unknown', text, { definition: profile.canonical });
  }

  /** Children and rules of another element of the same definition. */
  #linkContentReference(elementId: string, profile: ProfilePlan): ItemRule {
    return late(() => {
      const target = this.findElement(elementId, profile);
      if (target === undefined) return () => undefined;
      const rules = target.element.rules.flatMap((rule) => linkRule(rule, this.scopeOf(target.element, target.profile)) ?? []);
      return sequence(this.#linkChildren(target.element, target.element.types[0]?.code ?? 'Element', target.profile), rules);
    });
  }

  /** An element of a profile by its id; where the profile has none, that of its base type. */
  findElement(elementId: string, profile: ProfilePlan): { readonly element: ElementPlan; readonly profile: ProfilePlan } | undefined {
    let elements = this.#elements.get(profile);
    if (elements === undefined) {
      elements = new Map();
      indexElements(profile.root, elements);
      this.#elements.set(profile, elements);
    }
    const element = elements.get(elementId);
    if (element !== undefined) return { element, profile };
    const base = this.findType(elementId.slice(0, elementId.indexOf('.')))?.plan;
    return base === undefined || base === profile ? undefined : this.findElement(elementId, base);
  }
}

function indexElements(element: ElementPlan, into: Map<string, ElementPlan>): void {
  into.set(element.elementId, element);
  for (const child of element.children) indexElements(child, into);
  for (const slice of element.slices) indexElements(slice, into);
}

/** Linked when it first runs. */
function late(link: () => ItemRule): ItemRule {
  let linked: ItemRule | undefined;
  return (run, value, companion, type) => {
    linked ??= link();
    linked(run, value, companion, type);
  };
}

function sequence(structure: ItemRule | undefined, rules: readonly ItemRule[]): ItemRule {
  const all = structure === undefined ? rules : [structure, ...rules];
  const [first, second, third] = all;
  if (first === undefined) return () => undefined;
  if (second === undefined) return first;
  if (third === undefined) {
    return (run, value, companion, type) => {
      first(run, value, companion, type);
      second(run, value, companion, type);
    };
  }
  return (run, value, companion, type) => {
    for (let index = 0; index < all.length; index++) (all[index] as ItemRule)(run, value, companion, type);
  };
}

function faultOfBase(url: string, missingBase: string): string {
  if (missingBase === '') return 'has no baseDefinition that says what it constrains: it cannot be used';
  if (parseCanonical(missingBase).url === url) return 'is built upon itself: it cannot be used';
  return `is built upon ${missingBase}, which is not loaded or cannot be used: load the package that has it`;
}
