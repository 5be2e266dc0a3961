/** Where an extension may stand, by its own definition: https://hl7.org/fhir/R4/defining-extensions.html#context */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { TypedNode } from '../../fhirpath/fhirpath.js';
import type { ProfilePlan } from '../plan.js';
import type { PropertyStep, Run } from '../run/run.js';
import type { Linker } from './linker.js';

/** Contexts that R4 published too narrow for its own use of these extensions; the reference validator widens them likewise. */
const WIDER_CONTEXTS: Readonly<Record<string, ProfilePlan['contexts']>> = {
  'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type': [{ type: 'element', expression: 'ElementDefinition.type' }],
  'http://hl7.org/fhir/StructureDefinition/regex': [{ type: 'element', expression: 'ElementDefinition.type' }],
  'http://hl7.org/fhir/StructureDefinition/structuredefinition-normative-version': [{ type: 'element', expression: 'Element' }],
};

/** What holds an extension: the step that led to it (none for the resource itself), and where on the path that is. */
interface Holder {
  readonly step: PropertyStep | undefined;
  readonly at: number;
}

/** At an extension: one of the contexts is met, and every invariant about its use holds. */
export function checkContext(run: Run, extension: JsonValue | undefined, plan: ProfilePlan, linker: Linker): void {
  const { url, canonical: definition, contexts: stated, contextInvariants } = plan;
  const contexts = [...stated, ...(WIDER_CONTEXTS[url] ?? [])];
  if (stated.length > 0 && !contexts.some((context) => isInContext(run, context, linker))) {
    const wanted = contexts.map(({ expression }) => expression).join(', ');
    run.error('extension', 'extension-context', `The extension ${url} may not stand here: its context is ${wanted}`, { definition });
  }
  const scope = run.scope;
  if (contextInvariants.length === 0 || scope === undefined || extension === undefined) return;
  const focus = nodeOf(run, holderOf(run));
  const context = { ...scope.context, extension: { value: extension, type: 'Extension' } };
  for (const expression of contextInvariants) {
    const fault = linker.tryExpression(expression, (compiled) => compiled.holds(focus, context));
    if (fault === true) continue;
    const why = fault === false ? 'what its definition demands of this place does not hold' : `its use could not be checked (${fault})`;
    run.error('extension', 'extension-context-invariant', `The extension ${url} may not stand here: ${why}: ${expression}`, { definition });
  }
}

export function isInsideExtension(run: Run): boolean {
  return holderOf(run).step?.type === 'Extension';
}

function holderOf(run: Run): Holder {
  let at = run.path.length - 1;
  // over the index and the property of the extension itself
  if (typeof run.path[at] === 'number') at--;
  at--;
  while (at >= 0 && typeof run.path[at] === 'number') at--;
  const depth = run.scope?.depth ?? 0;
  return at >= depth ? { step: run.path[at] as PropertyStep, at } : { step: undefined, at };
}

function isInContext(run: Run, { type, expression: stated }: ProfilePlan['contexts'][number], linker: Linker): boolean {
  const holder = holderOf(run);
  const { step, at } = holder;
  // of an element of a profile (`url#Patient.name:official`) only the path can be told
  const expression = type === 'element' && stated.includes('#') ? stated.replace(/^.*#/, '').replace(/:[^.]+/g, '') : stated;
  if (type === 'fhirpath') return isSelected(run, stated, holder, linker);
  if (type === 'extension') {
    const { value } = nodeOf(run, holder);
    return step?.type === 'Extension' && isJsonObject(value) && value['url'] === expression;
  }
  const resourceType = run.scope?.type ?? '';
  const { model } = linker.services;
  if (step === undefined) return expression === resourceType || model.isSubtype(resourceType, expression) || expression === 'Element';
  if (expression === 'Element' || expression === step.basePath || expression === step.type) return true;
  if (step.type !== undefined && model.isSubtype(step.type, expression)) return true;
  return namesOf(run, at).includes(expression);
}

/** Whether the expression, evaluated on the resource, gives the holder; one that cannot be evaluated excludes nothing. */
function isSelected(run: Run, expression: string, holder: Holder, linker: Linker): boolean {
  const scope = run.scope;
  if (scope === undefined) return true;
  const { value, companion } = nodeOf(run, holder);
  const isHolder = (node: TypedNode): boolean =>
    companion === undefined ? isJsonObject(node.value) && node.value === value : node.companion === companion;
  return linker.tryExpression(expression, (compiled) => compiled.evaluate(scope.node, scope.context).some(isHolder)) !== false;
}

/** From the resource on: it need not be where the path says, when a profile is tried on what a reference leads to. */
function nodeOf(run: Run, { step: last, at }: Holder): TypedNode {
  const scope = run.scope;
  let value: JsonValue | undefined = scope?.value;
  /** Beside `value`, that of the primitive whose companion it is. */
  let primitive: JsonValue | undefined;
  for (let index = scope?.depth ?? 0; index <= at + 1 && index < run.path.length; index++) {
    const step = run.path[index];
    if (step === undefined || (index > at && typeof step !== 'number')) break;
    const parent: JsonValue | undefined = value;
    value = childOf(parent, typeof step === 'number' ? step : step.property);
    primitive = childOf(typeof step === 'number' ? primitive : parent, typeof step === 'number' ? step : step.property.slice(1));
  }
  const type = last?.type ?? scope?.type ?? '';
  return last?.property.startsWith('_') === true ? { value: primitive, type, companion: value as JsonObject } : { value, type };
}

function childOf(value: JsonValue | undefined, key: string | number): JsonValue | undefined {
  if (typeof key === 'number') return Array.isArray(value) ? value[key] : undefined;
  return isJsonObject(value) ? value[key] : undefined;
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
