/** https://hl7.org/fhir/R4/search.html#string */
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import { unescapeValue } from '../escaping.js';
import { type IndexWriter, qualifiers } from '../index-writer.js';
import { exactText, normalizeText } from '../normalize-text.js';
import type { ParameterType } from './parameter-type.js';

/** Any part may match: "a search on any of the string fields in the HumanName", and so for Address. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  HumanName: ['family', 'given', 'text', 'prefix', 'suffix'],
  Address: ['line', 'city', 'district', 'state', 'postalCode', 'country', 'text'],
  CodeableConcept: ['text'],
  Coding: ['display'],
  Identifier: ['value'],
  ContactPoint: ['value'],
};

export const string: ParameterType = {
  modifiers: ['exact', 'contains'],
  sortKind: 'string',
  index: (value, type, { code }, writer) => {
    const exact = qualifiers.exact(code);
    if (!isJsonObject(value)) {
      indexText(value, code, exact, writer);
      return;
    }
    for (const part of PARTS[type] ?? []) {
      const inner = value[part];
      if (!Array.isArray(inner)) indexText(inner, code, exact, writer);
      else for (const item of inner) indexText(item, code, exact, writer);
    }
  },
  toCriterion: (text, modifier, { code }, context) => {
    const plain = unescapeValue(text);
    if (modifier === 'exact') return { op: 'term', param: qualifiers.exact(code), values: [exactText(plain)] };
    const value = normalizeText(plain);
    // accents alone normalise to nothing, which everything starts with
    if (value === '') return context.fault('a text with letters or digits');
    return { op: 'string', param: code, match: modifier === 'contains' ? 'contains' : 'starts', value };
  },
  indexedAs: ({ code }) => [code],
};

function indexText(value: JsonValue | undefined, param: string, exact: string, writer: IndexWriter): void {
  if (typeof value !== 'string') return;
  const normalized = normalizeText(value);
  if (normalized === '') return;
  writer.string(param, normalized);
  writer.term(exact, exactText(value));
}
