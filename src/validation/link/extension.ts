/** An extension by the definition that its url names: https://hl7.org/fhir/R4/extensibility.html */
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import type { ProfilePlan } from '../plan.js';
import type { PropertyStep, Run } from '../run/run.js';
import type { ItemRule } from './item-rule.js';
import type { LinkedProfile, Linker } from './linker.js';

/** Contexts that R4 published too narrow for its own use of these extensions; the reference validator widens them likewise. */
const WIDER_CONTEXTS: Readonly<Record<string, ProfilePlan['contexts']>> = {
  'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type': [{ type: 'element', expression: 'ElementDefinition.type' }],
  'http://hl7.org/fhir/StructureDefinition/regex': [{ type: 'element', expression: 'ElementDefinition.type' }],
  'http://hl7.org/fhir/StructureDefinition/structuredefinition-normative-version': [{ type: 'element', expression: 'Element' }],
};

interface ExtensionOptions {
  /** The children that the profile lists for it: an extension inside another's definition has no definition of its own. */
  readonly own: ItemRule | undefined;
  /** Canonicals that the profile demands. */
  readonly profiles: readonly string[];
  readonly isModifier: boolean;
  readonly profile: ProfilePlan;
  readonly linker: Linker;
}

export function linkExtension({ own, profiles, isModifier, profile, linker }: ExtensionOptions): ItemRule {
  const [canonical] = profiles;
  return (run, value, companion, type) => {
    own?.(run, value, companion, type);
    const demanded = canonical === undefined ? undefined : linker.findProfile(canonical, profile.packageId);
    const url = isJsonObject(value) ? value['url'] : undefined;
    if (demanded !== undefined) {
      checkDefinition(run, value, demanded, isModifier, linker);
      return;
    }
    // inside an extension a url without scheme is a name that the outer definition gives
    const isLocal = typeof url !== 'string' || !url.includes(':');
    const defined = isLocal ? undefined : linker.findProfile(url, profile.packageId);
    if (defined !== undefined && defined.plan.type === 'Extension') {
      checkDefinition(run, value, defined, isModifier, linker);
      return;
    }
    if (own === undefined) linker.findType('Extension')?.check(run, value, undefined, 'Extension');
    if (typeof url !== 'string' || url === '') return;
    if (defined !== undefined) {
      run.error('extension', 'extension-type', `${url} defines a ${defined.plan.type}, not an extension`);
    } else if (!isLocal) {
      reportUnknown(run, url, linker);
    } else if (!isInsideExtension(run)) {
      run.error('extension', 'extension-url', `The url of an extension is an absolute URI, not '${url}'`);
    }
  };
}

function checkDefinition(
  run: Run,
  value: JsonValue | undefined,
  { plan, check }: LinkedProfile,
  isModifier: boolean,
  linker: Linker,
): void {
  check(run, value, undefined, 'Extension');
  const origin = { definition: plan.canonical };
  if (plan.root.isModifier !== isModifier) {
    const text = isModifier
      ? `The extension ${plan.url} is no modifier: it goes into 'extension', not into 'modifierExtension'`
      : `The extension ${plan.url} is a modifier: it goes into 'modifierExtension', not into 'extension'`;
    run.error('extension', 'extension-modifier', text, origin);
  }
  const contexts = [...plan.contexts, ...(WIDER_CONTEXTS[plan.url] ?? [])];
  if (plan.contexts.length > 0 && !contexts.some((context) => isInContext(run, context, linker))) {
    const wanted = contexts.map(({ expression }) => expression).join(', ');
    run.error('extension', 'extension-context', `The extension ${plan.url} may not stand here: its context is ${wanted}`, origin);
  }
}

function reportUnknown(run: Run, url: string, linker: Linker): void {
  const isAllowed = run.options.allowUnknownExtensions ?? linker.services.options.allowUnknownExtensions;
  const text = isAllowed
    ? `The extension ${url} is unknown and was not checked`
    : `The extension ${url} is unknown and not allowed here: load the package that defines it`;
  run.add(isAllowed ? 'warning' : 'error', 'extension', 'extension-unknown', text);
}

/** The step of the element that holds the extension; undefined for the resource itself. */
function holderOf(run: Run): { readonly step: PropertyStep | undefined; readonly at: number } {
  let at = run.path.length - 1;
  // over the index and the property of the extension itself
  if (typeof run.path[at] === 'number') at--;
  at--;
  while (at >= 0 && typeof run.path[at] === 'number') at--;
  const depth = run.scope?.depth ?? 0;
  return at >= depth ? { step: run.path[at] as PropertyStep, at } : { step: undefined, at };
}

function isInsideExtension(run: Run): boolean {
  return holderOf(run).step?.type === 'Extension';
}

/** https://hl7.org/fhir/R4/defining-extensions.html#context */
function isInContext(run: Run, { type, expression: stated }: ProfilePlan['contexts'][number], linker: Linker): boolean {
  const { step, at } = holderOf(run);
  // of an element of a profile (`url#Patient.name:official`) only the path can be told
  const expression = type === 'element' && stated.includes('#') ? stated.replace(/^.*#/, '').replace(/:[^.]+/g, '') : stated;
  // an expression would have to be evaluated on the resource: it is taken as met
  if (type === 'fhirpath') return true;
  if (type === 'extension') {
    return step?.type === 'Extension' && urlOfHolder(run, at) === expression;
  }
  const resourceType = run.scope?.type ?? '';
  const { model } = linker.services;
  if (step === undefined) return expression === resourceType || model.isSubtype(resourceType, expression) || expression === 'Element';
  if (expression === 'Element' || expression === step.basePath || expression === step.type) return true;
  if (step.type !== undefined && model.isSubtype(step.type, expression)) return true;
  return namesOf(run, at).includes(expression);
}

/** From the resource on: it need not be where the path says, when a profile is tried on what a reference leads to. */
function urlOfHolder(run: Run, at: number): JsonValue | undefined {
  let value: JsonValue | undefined = run.scope?.value;
  for (let index = run.scope?.depth ?? 0; index <= at + 1 && index < run.path.length; index++) {
    const step = run.path[index];
    if (index > at && typeof step !== 'number') break;
    if (typeof step === 'number') value = Array.isArray(value) ? value[step] : undefined;
    else value = isJsonObject(value) && step !== undefined ? value[step.property] : undefined;
  }
  return isJsonObject(value) ? value['url'] : undefined;
}

/**
 * The element as paths of definitions call it, from the resource and from each type on the way (`Patient.name.family`,
 * `HumanName.family`); of a choice also with its type (`Patient.deceased.ofType(dateTime)`).
 */
function namesOf(run: Run, at: number): readonly string[] {
  const names: string[] = [];
  let tails = [''];
  for (let index = at; index >= (run.scope?.depth ?? 0); index--) {
    const step = run.path[index];
    if (typeof step === 'number' || step === undefined) continue;
    if (index < at && step.type !== undefined) names.push(...tails.map((tail) => `${step.type}${tail}`));
    const stem = step.expression.replace(/\.ofType\(.*\)$/, '');
    const own = stem === step.expression ? [stem] : [stem, step.expression, `${stem}[x]`];
    tails = own.flatMap((name) => tails.map((tail) => `.${name}${tail}`));
  }
  return [...names, ...tails.map((tail) => `${run.scope?.type ?? ''}${tail}`)];
}
