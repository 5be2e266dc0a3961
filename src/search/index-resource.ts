/** The index entries of a resource: on the way of every write. https://hl7.org/fhir/R4/search.html */
import { FhirError } from '../fhir/fhir-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import type { IndexEntry } from '../storage/store.js';
import { IndexOverflow, IndexWriter, MOST_ENTRIES } from './index-writer.js';
import type { ParameterCatalog } from './parameter-catalog.js';
import { parameterTypeOf } from './parameter-types/index.js';
import type { ParameterPlan } from './parameter-types/parameter-type.js';
import { parseLiteralReference } from './reference-text.js';
import type { SearchEngine } from './search-engine.js';

/**
 * What cannot be indexed is left out. Throws 413 for more entries or units than one may have: a resource that is stored but not found by what
 * stands at its end would be worse, as a condition would create it twice.
 */
export function indexResource(resource: JsonObject, catalog: ParameterCatalog): readonly IndexEntry[] {
  const type = resource['resourceType'];
  if (typeof type !== 'string') return [];
  const writer = new IndexWriter();
  const starts = new Map<ParameterPlan, number>();
  try {
    for (const plan of catalog.indexed(type)) {
      starts.set(plan, writer.entries.length);
      indexParameter(resource, plan, writer);
    }
  } catch (error) {
    if (error instanceof IndexOverflow) throw tooMuch(type, error.most, starts);
    throw error;
  }
  return writer.entries;
}

function indexParameter(resource: JsonObject, plan: ParameterPlan, writer: IndexWriter): void {
  writer.begin();
  const { index } = parameterTypeOf(plan);
  plan.extractor.extract(resource, (value, valueType) => {
    if (valueType === 'Extension') indexExtension(value, plan, writer);
    else index(value, valueType, plan, writer);
  });
}

/** `starts`: how many entries there were before each parameter. */
function tooMuch(type: string, limit: string, starts: ReadonlyMap<ParameterPlan, number>): FhirError {
  const plans = [...starts];
  let most = { plan: undefined as ParameterPlan | undefined, count: 0 };
  for (const [index, [plan, start]] of plans.entries()) {
    const count = (plans[index + 1]?.[1] ?? MOST_ENTRIES) - start;
    if (count > most.count) most = { plan, count };
  }
  const { plan } = most;
  const diagnostics =
    `The ${type} has more to search by than one resource may have, ${limit}: ` +
    `most of it for the search parameter '${plan?.code}'. Split it into several resources`;
  return new FhirError('too-large', diagnostics, {
    issues: [{ severity: 'error', code: 'too-costly', diagnostics, expression: plan?.extractor.paths[0] ?? type }],
  });
}

/** A parameter may select an extension itself: its value is meant. */
function indexExtension(extension: JsonValue, plan: ParameterPlan, writer: IndexWriter): void {
  if (!isJsonObject(extension)) return;
  for (const key of Object.keys(extension)) {
    const value = extension[key];
    if (!key.startsWith('value') || value === undefined || value === null) continue;
    const suffix = key.slice('value'.length);
    parameterTypeOf(plan).index(value, isJsonObject(value) ? suffix : suffix.charAt(0).toLowerCase() + suffix.slice(1), plan, writer);
  }
}

/** `*` stands for every reference parameter. A version in the reference is left out: it includes what is current. */
export function referencesOf(resource: JsonObject, param: string, catalog: ParameterCatalog): readonly string[] {
  const texts = new Set<string>();
  for (const plan of referencePlans(resource, param, catalog)) {
    plan.extractor.extract(resource, (value) => {
      const text = isJsonObject(value) ? value['reference'] : value;
      if (typeof text === 'string' && text !== '' && !text.startsWith('#')) texts.add(parseLiteralReference(text)?.unversioned ?? text);
    });
  }
  return [...texts];
}

export function canonicalsOf(resource: JsonObject, param: string, catalog: ParameterCatalog): ReturnType<SearchEngine['canonicalsOf']> {
  return referencePlans(resource, param, catalog).flatMap((plan) => {
    if (plan.extractor.types?.has('canonical') === false) return [];
    const canonicals: string[] = [];
    plan.extractor.extract(resource, (value, valueType) => {
      if (valueType === 'canonical' && typeof value === 'string' && !value.startsWith('#')) canonicals.push(value);
    });
    return canonicals.map((canonical) => ({ canonical, targets: plan.targets }));
  });
}

function referencePlans(resource: JsonObject, param: string, catalog: ParameterCatalog): readonly ParameterPlan[] {
  const type = resource['resourceType'];
  if (typeof type !== 'string') return [];
  if (param === '*') return catalog.references(type);
  const one = catalog.find(type, param);
  return one === undefined ? [] : [one];
}
