/** The index entries of a resource: on the way of every write. https://hl7.org/fhir/R4/search.html */
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import type { IndexEntry } from '../storage/store.js';
import { IndexWriter } from './index-writer.js';
import type { ParameterCatalog } from './parameter-catalog.js';
import { parameterTypeOf } from './parameter-types/index.js';
import type { ParameterPlan } from './parameter-types/parameter-type.js';
import { parseLiteralReference } from './reference-text.js';

/** Never throws: what cannot be indexed is left out. */
export function indexResource(resource: JsonObject, catalog: ParameterCatalog): readonly IndexEntry[] {
  const type = resource['resourceType'];
  if (typeof type !== 'string') return [];
  const writer = new IndexWriter();
  for (const plan of catalog.indexed(type)) {
    writer.begin();
    const { index } = parameterTypeOf(plan);
    plan.extractor.extract(resource, (value, valueType) => {
      if (valueType === 'Extension') indexExtension(value, plan, writer);
      else index(value, valueType, plan, writer);
    });
  }
  return writer.entries;
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
  const type = resource['resourceType'];
  if (typeof type !== 'string') return [];
  const one = param === '*' ? undefined : catalog.find(type, param);
  const plans = param === '*' ? catalog.references(type) : one === undefined ? [] : [one];
  const texts = new Set<string>();
  for (const plan of plans) {
    plan.extractor.extract(resource, (value) => {
      const text = isJsonObject(value) ? value['reference'] : value;
      if (typeof text === 'string' && text !== '' && !text.startsWith('#')) texts.add(parseLiteralReference(text)?.unversioned ?? text);
    });
  }
  return [...texts];
}
