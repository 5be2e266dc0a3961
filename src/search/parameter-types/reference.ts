/** https://hl7.org/fhir/R4/search.html#reference */
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import type { Criterion } from '../../storage/store.js';
import { unescapeValue } from '../escaping.js';
import { type IndexWriter, qualifiers } from '../index-writer.js';
import { exactText } from '../normalize-text.js';
import { parseLiteralReference } from '../reference-text.js';
import type { ParameterPlan, ParameterType, ValueContext } from './parameter-type.js';
import { indexToken, tokenCriterion } from './token.js';

const ID = /^[A-Za-z0-9.-]{1,64}$/;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:/i;

/** Types are modifiers too (`subject:Patient`); the parser accepts them besides these. */
export const reference: ParameterType = {
  modifiers: ['identifier'],
  sortKind: 'term',
  index: (value, type, { code }, writer) => {
    if (!isJsonObject(value)) {
      if (typeof value === 'string') indexCanonical(exactText(value), code, writer);
    } else if (typeof value['resourceType'] === 'string') {
      if (typeof value['id'] === 'string') writer.term(code, `${value['resourceType']}/${value['id']}`);
    } else if (type === 'Identifier') {
      indexToken(value, type, qualifiers.identifier(code), writer);
    } else {
      indexReference(value, code, writer);
    }
  },
  toCriterion: (text, modifier, plan, context) => {
    if (modifier !== 'identifier') return referenceCriterion(exactText(unescapeValue(text)), modifier, plan, context);
    return tokenCriterion(text, { ...plan, code: qualifiers.identifier(plan.code), extractor: IDENTIFIERS }, context);
  },
  indexedAs: ({ code }) => [code, qualifiers.identifier(code), qualifiers.system(qualifiers.identifier(code))],
};

const IDENTIFIERS: ParameterPlan['extractor'] = { extract: () => {}, types: new Set(['Identifier']), paths: [], starts: new Set() };

function indexReference(value: JsonObject, param: string, writer: IndexWriter): void {
  const given = value['reference'];
  const text = typeof given === 'string' ? exactText(given) : '';
  const identifier = value['identifier'];
  let isIndexed = false;
  if (text !== '' && text[0] !== '#') {
    const literal = parseLiteralReference(text);
    writer.term(param, text);
    if (literal !== undefined && literal.unversioned !== text) writer.term(param, literal.unversioned);
    isIndexed = true;
  }
  if (isJsonObject(identifier)) {
    indexToken(identifier, 'Identifier', qualifiers.identifier(param), writer);
    isIndexed = true;
  }
  // only a display, or something contained: no search finds it by value, :missing=false does
  if (!isIndexed) writer.term(param, '');
}

function indexCanonical(value: string, param: string, writer: IndexWriter): void {
  if (value === '') return;
  writer.term(param, value);
  const url = value.split(/[|#]/, 1)[0] as string;
  if (url !== '' && url !== value) writer.term(param, url);
}

function referenceCriterion(
  value: string,
  modifier: string | undefined,
  plan: ParameterPlan,
  context: ValueContext,
): Criterion | undefined {
  if (ID.test(value)) {
    const types = modifier === undefined ? plan.targets : [modifier];
    return { op: 'term', param: plan.code, values: types.flatMap((type) => localForms(`${type}/${value}`, context)) };
  }
  const literal = parseLiteralReference(value);
  if (ABSOLUTE.test(value)) {
    if (modifier !== undefined && literal !== undefined && literal.type !== modifier) return contradiction(modifier, context);
    const isOwn = value.startsWith(`${context.baseUrl}/`);
    return { op: 'term', param: plan.code, values: isOwn ? localForms(value.slice(context.baseUrl.length + 1), context) : [value] };
  }
  const isRelative = literal !== undefined && value.startsWith(`${literal.type}/`) && context.resourceTypes.has(literal.type);
  if (!isRelative) return context.fault("an id, 'Type/id' with a resource type of R4, or an absolute URL");
  if (modifier !== undefined && literal.type !== modifier) return contradiction(modifier, context);
  return { op: 'term', param: plan.code, values: localForms(value, context) };
}

function contradiction(modifier: string, context: ValueContext): undefined {
  return context.fault(`a reference to ${modifier}, as the modifier says`);
}

/** A reference to a resource of this server may have been stored either way. */
export function localForms(relative: string, { baseUrl }: Pick<ValueContext, 'baseUrl'>): readonly string[] {
  return [relative, `${baseUrl}/${relative}`];
}
