/** https://hl7.org/fhir/R4/search.html#token */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { UCUM_SYSTEM } from '../../fhir/ucum.js';
import type { Criterion } from '../../storage/store.js';
import { splitUnescaped, unescapeValue } from '../escaping.js';
import { type IndexWriter, qualifiers } from '../index-writer.js';
import { exactText, normalizeText } from '../normalize-text.js';
import { NOTHING, type ParameterPlan, type ParameterType, type ValueContext } from './parameter-type.js';
import { splitPrefix } from './prefix.js';

/**
 * `code` stands under the parameter's own name (and is what sorting goes by); `system|code`, `system|` and `|code` stand under
 * its system name, so that each of the four forms of a search is one lookup of one term.
 */
export const token: ParameterType = {
  modifiers: ['not', 'text', 'of-type'],
  sortKind: 'term',
  index: (value, type, plan, writer) => indexToken(value, type, plan.code, writer),
  toCriterion: (text, modifier, plan, context) => {
    if (modifier === 'text') {
      const wanted = normalizeText(unescapeValue(text));
      if (wanted === '') return context.fault('a text');
      return { op: 'string', param: qualifiers.text(plan.code), match: 'starts', value: wanted };
    }
    return modifier === 'of-type' ? ofTypeCriterion(text, plan, context) : tokenCriterion(text, plan, context);
  },
  indexedAs: ({ code }) => [code, qualifiers.system(code), qualifiers.text(code)],
};

/** Elements whose system is not written but implied by their definition. */
const IMPLICIT_TYPES: ReadonlySet<string> = new Set(['code', 'boolean', 'System.Boolean']);
const SPECIAL_VALUES = 'http://hl7.org/fhir/special-values';
/** A telephone number, however it is set; `+` at its beginning may have arrived as the blank that it is in a query string. */
const PHONE = /^[\s+(]*\d[\d\s()./-]{4,}$/;

/**
 * R4 lets tokens be compared without regard to case unless the code system says otherwise. Codes of UCUM differ by case alone
 * (`mG` and `Mg`); in no other system that patients' records use does it tell two codes apart.
 */
function foldCode(code: string, system: string): string {
  return system === UCUM_SYSTEM ? exactText(code) : exactText(code).toLowerCase();
}

export function indexToken(value: JsonValue, type: string, param: string, writer: IndexWriter): void {
  if (!isJsonObject(value)) {
    if (value !== null && !Array.isArray(value)) indexPrimitive(String(value), type, param, writer);
    return;
  }
  switch (type) {
    case 'CodeableConcept':
      indexCodeableConcept(value, param, writer);
      break;
    case 'Identifier':
      indexCoding(value['system'], value['value'], param, writer);
      indexIdentifierType(value, param, writer);
      break;
    case 'ContactPoint':
      indexContactPoint(value, param, writer);
      break;
    default:
      indexCoding(value['system'], value['code'], param, writer);
      indexText(value['display'], param, writer);
  }
}

function indexPrimitive(value: string, type: string, param: string, writer: IndexWriter): void {
  const folded = foldCode(value, '');
  writer.term(param, folded);
  if (!IMPLICIT_TYPES.has(type)) writer.term(qualifiers.system(param), `|${folded}`);
}

function indexCoding(system: JsonValue | undefined, code: JsonValue | undefined, param: string, writer: IndexWriter): void {
  const systemText = typeof system === 'string' ? system : '';
  const hasCode = typeof code === 'string' && code !== '';
  if (hasCode) writer.term(param, foldCode(code, ''));
  if (systemText === '' && !hasCode) return;
  const bySystem = qualifiers.system(param);
  writer.term(bySystem, `${systemText}|${hasCode ? foldCode(code, systemText) : ''}`);
  if (systemText !== '' && hasCode) writer.term(bySystem, `${systemText}|`);
}

function indexCodeableConcept(concept: JsonObject, param: string, writer: IndexWriter): void {
  const codings = concept['coding'];
  if (Array.isArray(codings)) {
    for (const coding of codings) {
      if (!isJsonObject(coding)) continue;
      indexCoding(coding['system'], coding['code'], param, writer);
      indexText(coding['display'], param, writer);
    }
  }
  indexText(concept['text'], param, writer);
}

function indexText(text: JsonValue | undefined, param: string, writer: IndexWriter): void {
  if (typeof text !== 'string') return;
  const normalized = normalizeText(text);
  if (normalized !== '') writer.string(qualifiers.text(param), normalized);
}

function indexIdentifierType(identifier: JsonObject, param: string, writer: IndexWriter): void {
  const type = identifier['type'];
  if (!isJsonObject(type)) return;
  indexText(type['text'], param, writer);
  const { value } = identifier;
  const codings = type['coding'];
  if (typeof value !== 'string' || !Array.isArray(codings)) return;
  for (const coding of codings) {
    if (!isJsonObject(coding)) continue;
    const { system, code } = coding;
    if (typeof system !== 'string' || typeof code !== 'string') continue;
    writer.term(qualifiers.ofType(param), `${system}|${foldCode(code, system)}|${foldCode(value, '')}`);
  }
}

/** The system of a ContactPoint is its kind (`phone|…`): R4 gives it no meaning in a search, but clients send it. */
function indexContactPoint(contact: JsonObject, param: string, writer: IndexWriter): void {
  const { value, system } = contact;
  if (typeof value !== 'string') return;
  const folded = foldCode(value.trim(), '');
  writer.term(param, folded);
  writer.term(qualifiers.system(param), `|${folded}`);
  if (typeof system === 'string') writer.term(qualifiers.system(param), `${system}|${folded}`);
  if (PHONE.test(value)) writer.term(param, phoneTerm(value));
}

function phoneTerm(value: string): string {
  return `tel:${value.replace(/\D+/g, '')}`;
}

export function tokenCriterion(text: string, plan: ParameterPlan, context: ValueContext): Criterion | undefined {
  const parts = splitUnescaped(text, '|');
  if (parts.length > 2) return context.fault("'code', 'system|code', 'system|' or '|code' (a | inside a code is written \\|)");
  const system = unescapeValue(parts.length === 2 ? (parts[0] as string) : '');
  const code = unescapeValue(parts.at(-1) as string);
  if (system === '' && code === '') return context.fault("'code', 'system|code', 'system|' or '|code'");
  const isImplicit = hasImplicitSystem(plan);
  if (parts.length === 1) {
    const boolean = wrongBoolean(code, plan);
    if (boolean) return context.fault("'true' or 'false'");
    if (isImplicit && hasPrefix(code, plan)) return context.fault('a code without a prefix: tokens have no order');
    const values = [foldCode(code, '')];
    if (PHONE.test(code)) values.push(phoneTerm(code), ...(code.startsWith(' ') ? [foldCode(`+${code.slice(1)}`, '')] : []));
    return { op: 'term', param: plan.code, values };
  }
  if (isImplicit && system !== '') {
    const systems = plan.implicitSystems();
    if (!systems.has(system) && system !== SPECIAL_VALUES) return NOTHING;
    return code === '' ? { op: 'exists', param: plan.code } : { op: 'term', param: plan.code, values: [foldCode(code, '')] };
  }
  // what an expression computes (`deceased`) is a boolean, and none with a system of its own
  if (system === SPECIAL_VALUES && plan.extractor.types === undefined)
    return { op: 'term', param: plan.code, values: [foldCode(code, '')] };
  return { op: 'term', param: qualifiers.system(plan.code), values: [`${system}|${foldCode(code, system)}`] };
}

function hasImplicitSystem({ extractor: { types } }: ParameterPlan): boolean {
  if (types === undefined || types.size === 0) return false;
  for (const type of types) if (!IMPLICIT_TYPES.has(type)) return false;
  return true;
}

/** `gtmale` is no code, and `male` is: whoever sends it means something else than nothing. */
function hasPrefix(code: string, plan: ParameterPlan): boolean {
  const { rest } = splitPrefix(code);
  if (rest === code) return false;
  const codes = plan.implicitCodes();
  return codes.has(rest.toLowerCase()) && !codes.has(code.toLowerCase());
}

function wrongBoolean(code: string, { extractor: { types } }: ParameterPlan): boolean {
  return types?.size === 1 && types.has('boolean') && !/^(true|false)$/i.test(code);
}

/** `system|code|value`: the first two are the identifier's type, the third its value. */
function ofTypeCriterion(text: string, plan: ParameterPlan, context: ValueContext): Criterion | undefined {
  const parts = splitUnescaped(text, '|').map(unescapeValue);
  const [system, code, value] = parts;
  if (parts.length !== 3 || !system || !code || !value) return context.fault("'system|code|value' of an identifier's type and value");
  return { op: 'term', param: qualifiers.ofType(plan.code), values: [`${system}|${foldCode(code, system)}|${foldCode(value, '')}`] };
}
