/** What R4 says of StructureDefinitions in words: https://hl7.org/fhir/R4/structuredefinition.html, https://hl7.org/fhir/R4/profiling.html */
import type { ElementDefinition, StructureDefinition } from 'fhir/r4.js';
import type { ConformanceEntry, ConformanceRegistry, DefinitionProblem } from '../../conformance/conformance-registry.js';
import { fitDefinition } from '../../conformance/definition-shape.js';
import { generateSnapshot } from '../../conformance/snapshot-generator.js';
import { parseCanonical } from '../../fhir/canonical.js';
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import type { LinkServices } from '../link/item-rule.js';
import type { PropertyStep, Run } from '../run/run.js';
import { checkElementDefinition, newExpressionBudget } from './element-definition.js';
import { at, choiceOf, forEachObject, pushTo, textOf } from './objects.js';
import type { ResourceRule } from './resource-rule.js';

export const checkStructureDefinition: ResourceRule = (run, resource, services) => {
  const isKnown = checkBase(run, resource, services);
  const differential = resource['differential'];
  if (!isKnown || !isJsonObject(differential)) return;
  const definition = fitDefinition(resource).definition as unknown as StructureDefinition;
  if (typeof definition.url !== 'string' || typeof definition.type !== 'string') return;
  checkDifferential(run, differential, definition, services);
};

/** False where the definition that this one is built on is not loaded. */
function checkBase(run: Run, resource: JsonObject, { conformance }: LinkServices): boolean {
  const canonical = textOf(resource['baseDefinition']);
  if (canonical === undefined) return true;
  if (isUponItself(canonical, resource, conformance)) {
    const text = 'The definition is built upon itself: name the one that it constrains';
    at(run, 'baseDefinition', undefined, () => run.error('invalid', 'base-circle', text));
    return false;
  }
  const base = conformance.findStructureDefinition(canonical)?.resource;
  if (base === undefined) {
    const text = `The base definition ${canonical} is not loaded: what this one says could not be held against it`;
    at(run, 'baseDefinition', undefined, () => run.add('warning', 'not-found', 'base-unknown', text));
    return false;
  }
  if (resource['derivation'] !== 'constraint') return true;
  for (const property of ['type', 'kind'] as const) {
    const value = textOf(resource[property]);
    if (value === undefined || base[property] === undefined || value === base[property]) continue;
    const text = `A profile has the ${property} of what it constrains: '${base[property]}', and not '${value}'`;
    at(run, property, undefined, () => run.error('invalid', 'base-mismatch', text));
  }
  return true;
}

/** Directly, or by way of what is loaded. */
function isUponItself(canonical: string, { url, version }: JsonObject, { find }: ConformanceRegistry): boolean {
  const seen = new Set<string>();
  let next: string | undefined = canonical;
  while (next !== undefined && seen.size < seen.add(next).size) {
    const stated = parseCanonical(next);
    const found: ConformanceEntry | undefined = find('StructureDefinition', next);
    // the definition may stand upon another version of its own
    if (stated.url === url && (stated.version ?? found?.version ?? version) === version) return true;
    const base: unknown = found?.resource['baseDefinition'];
    next = typeof base === 'string' ? base : undefined;
  }
  return false;
}

function checkDifferential(run: Run, differential: JsonObject, definition: StructureDefinition, services: LinkServices): void {
  const { snapshot, problems } = generateSnapshot(definition, '', services.conformance);
  // an element that R4 shapes otherwise was changed before it was read: of it the walk speaks
  const read = definition.differential?.element ?? [];
  const problemsOf = new Map<unknown, DefinitionProblem[]>();
  for (const problem of problems) if (problem.index !== undefined) pushTo(problemsOf, read[problem.index], problem);
  const byId = new Map<string, ElementDefinition>(snapshot.map((element) => [element.id ?? element.path, element]));
  const early = elementsTooEarly(read, [...byId.keys()]);
  const expressions = newExpressionBudget();
  at(run, 'differential', undefined, () =>
    forEachObject(run, differential, 'element', (element) => {
      const id = textOf(element['id']) ?? textOf(element['path']);
      if (id === undefined) return;
      for (const { message, below = [], instead, isRemark } of problemsOf.get(element) ?? []) {
        const depth = run.path.length;
        for (const step of below) run.path.push(typeof step === 'number' ? step : stepTo(element, step));
        const text = instead === undefined ? message : `${message}; ${instead}`;
        if (isRemark === true) run.add('information', 'incomplete', 'differential', `This says less than it could: ${text}`);
        else run.error('value', 'differential', `This cannot be laid onto the base definition: ${text}`);
        run.path.length = depth;
      }
      const later = early.get(element);
      if (later !== undefined) {
        const text = `Elements stand in the order of the base definition, and '${id}' comes after '${later}' there`;
        run.error('value', 'differential-order', text);
      }
      checkElementDefinition(run, element, byId.get(id), services, expressions);
      checkExtensionUrl(run, element, definition);
    }),
  );
}

/** Elements that stand before one that the definition has before them, with the id of that one. */
function elementsTooEarly(differential: readonly ElementDefinition[], order: readonly string[]): ReadonlyMap<unknown, string> {
  const positions = new Map(order.map((id, index) => [id, index]));
  const early = new Map<unknown, string>();
  let first = { position: order.length, id: '' };
  for (const element of differential.toReversed()) {
    const id = element.id ?? element.path;
    const position = positions.get(id);
    if (position === undefined) continue;
    if (position > first.position) early.set(element, first.id);
    else first = { position, id };
  }
  return early;
}

function stepTo(element: JsonObject, property: string): PropertyStep {
  const stem = /^(?:fixed|pattern)(?=[A-Z])/.exec(property)?.[0];
  return (stem === undefined ? undefined : choiceOf(element, stem)?.step) ?? { property, expression: property };
}

/** An extension is known by the url of its definition: https://hl7.org/fhir/R4/extensibility.html#Extension */
function checkExtensionUrl(run: Run, { path, fixedUri }: JsonObject, { type, url, derivation }: StructureDefinition): void {
  if (type !== 'Extension' || derivation !== 'constraint' || path !== 'Extension.url') return;
  if (typeof fixedUri !== 'string' || fixedUri === url) return;
  at(run, 'fixedUri', undefined, () =>
    run.error('invalid', 'extension-url', `An extension has the url of its definition: '${url}', and not '${fixedUri}'`),
  );
}
