/** Walks a discriminator's path over definitions, to the element that says what the slice has there. */
import { parseCanonical } from '../../fhir/canonical.js';
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import type { ElementPlan, ProfilePlan, TypePlan } from '../plan.js';
import type { Linker } from './linker.js';

export interface DefinedElement {
  readonly element: ElementPlan;
  readonly profile: ProfilePlan;
}

const STEP = /^(\$this|resolve\(\)|ofType\(([A-Za-z0-9]+)\)|extension\('([^']*)'\)|([A-Za-z0-9]+))(?:\.|$)/;

export function findDefinedElement(slice: ElementPlan, profile: ProfilePlan, path: string, linker: Linker): DefinedElement | undefined {
  let current: DefinedElement | undefined = { element: slice, profile };
  let rest = path;
  while (rest !== '' && current !== undefined) {
    const match = STEP.exec(rest);
    if (match === null) return undefined;
    rest = rest.slice(match[0].length);
    const [, step, ofType, extensionUrl, name] = match;
    if (step === 'resolve()') current = resolveTarget(current, linker);
    else if (ofType !== undefined) current = narrowToType(current, ofType);
    else if (extensionUrl !== undefined) current = findExtension(current, extensionUrl, linker);
    else if (name !== undefined) current = findChild(current, name, linker);
  }
  return current;
}

const NAMES = /^[A-Za-z0-9]+(\.[A-Za-z0-9]+)*$/;

/** What a fixed value or a pattern above the named element says of it: `coding.code` below the pattern of a CodeableConcept. */
export function findImpliedValues(slice: ElementPlan, profile: ProfilePlan, path: string, linker: Linker): readonly JsonValue[] {
  if (!NAMES.test(path)) return [];
  const extensionUrl = path === 'url' ? urlOfExtension(slice) : undefined;
  if (extensionUrl !== undefined) return [extensionUrl];
  const steps = path.split('.');
  for (let at = 0; at < steps.length; at++) {
    const above = findDefinedElement(slice, profile, steps.slice(0, at).join('.'), linker);
    const values = above?.element.rules.flatMap((rule) =>
      rule.keyword === 'fixed' || rule.keyword === 'pattern' ? valuesAt(rule.value, steps.slice(at)) : [],
    );
    if (values !== undefined && values.length > 0) return values;
  }
  return [];
}

/** The definition of an extension may not be loaded: its canonical says its url all the same. */
function urlOfExtension({ types }: ElementPlan): string | undefined {
  const [type] = types;
  const [canonical, ...others] = type?.code === 'Extension' ? type.profiles : [];
  return canonical === undefined || others.length > 0 ? undefined : parseCanonical(canonical).url;
}

function valuesAt(value: JsonValue | undefined, steps: readonly string[]): readonly JsonValue[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, steps));
  const [step, ...rest] = steps;
  if (step === undefined) return value === undefined ? [] : [value];
  return isJsonObject(value) ? valuesAt(value[step], rest) : [];
}

/** A child as the profile has it, else as the type (or its profile) does. */
function findChild(parent: DefinedElement, name: string, linker: Linker): DefinedElement | undefined {
  for (const { element, profile } of [parent, ...typeRoots(parent, linker)]) {
    const child = element.children.find((one) => one.name === name || one.name === `${name}[x]`);
    if (child !== undefined) return { element: child, profile };
  }
  return undefined;
}

function typeRoots({ element, profile }: DefinedElement, linker: Linker): readonly DefinedElement[] {
  if (element.contentReference !== undefined) {
    const target = linker.findElement(element.contentReference, profile);
    return target === undefined ? [] : [target];
  }
  return element.types.flatMap((type) => rootsOfType(type, profile, linker));
}

function rootsOfType(type: TypePlan, profile: ProfilePlan, linker: Linker): readonly DefinedElement[] {
  const profiles = type.profiles.flatMap((canonical) => linker.findProfile(canonical, profile.packageId)?.plan ?? []);
  const base = linker.findType(type.code)?.plan;
  return [...profiles, ...(base === undefined ? [] : [base])].map((plan) => ({ element: plan.root, profile: plan }));
}

function narrowToType({ element, profile }: DefinedElement, type: string): DefinedElement {
  const slice = element.slices.find(({ types }) => types.length === 1 && types[0]?.code === type);
  return { element: slice ?? { ...element, types: element.types.filter(({ code }) => code === type) }, profile };
}

function findExtension(parent: DefinedElement, url: string, linker: Linker): DefinedElement | undefined {
  const extension = findChild(parent, 'extension', linker);
  if (extension === undefined) return undefined;
  const { profile } = extension;
  const slice = extension.element.slices.find((one) => {
    if (one.types.some(({ profiles }) => profiles.some((canonical) => canonical.split('|')[0] === url))) return true;
    const urlElement = one.children.find(({ name }) => name === 'url');
    return urlElement?.rules.some((rule) => rule.keyword === 'fixed' && rule.value === url) === true;
  });
  if (slice !== undefined) return { element: slice, profile };
  const definition = linker.findProfile(url, profile.packageId)?.plan;
  return definition === undefined ? undefined : { element: definition.root, profile: definition };
}

function resolveTarget({ element, profile }: DefinedElement, linker: Linker): DefinedElement | undefined {
  const targets = element.types.flatMap(({ targetProfiles }) => targetProfiles);
  const [first] = targets;
  const plan = first === undefined ? undefined : linker.findProfile(first, profile.packageId)?.plan;
  if (plan === undefined) return undefined;
  // what is said of the target's type and profile stands at its root
  const types = targets.flatMap((canonical) => {
    const target = linker.findProfile(canonical, profile.packageId)?.plan;
    return target === undefined ? [] : [{ code: target.type, profiles: [canonical], targetProfiles: [] }];
  });
  return { element: { ...plan.root, types }, profile: plan };
}
