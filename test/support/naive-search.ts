/**
 * What a search should find, written plainly from the tables of https://hl7.org/fhir/R4/search.html: the SearchParameter's expression
 * is evaluated by the fhirpath library on each resource, and each value is compared with each value that is searched for.
 */
import type { SearchParameter } from 'fhir/r4.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/fhir/json.js';
import { evaluateTypedByOracle } from './fhirpath-library.js';

interface Typed {
  readonly type: string;
  readonly value: JsonValue;
}

interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface NaiveContext {
  readonly definitionOf: (type: string, code: string) => SearchParameter | undefined;
  readonly definitionByUrl: (url: string) => SearchParameter;
  readonly baseUrl: string;
  readonly now: number;
  /** Current resources. */
  readonly all: readonly JsonObject[];
  /** `Patient.gender` -> the system that codes of the element have without saying so. */
  readonly systems: Readonly<Record<string, string>>;
}

/** Whether a resource fulfils one parameter of a query, escapes still in its value. */
export function naiveMatch(resource: JsonObject, name: string, value: string, context: NaiveContext): boolean {
  if (name.startsWith('_has:')) return hasMatch(resource, name, value, context);
  const chain = /^([^:.]+)(?::([^:.]+))?\.(.+)$/.exec(name);
  if (chain !== null) return chainMatch(resource, chain[1] as string, chain[2], chain[3] as string, value, context);
  const [code = '', modifier] = name.split(':');
  const definition = definitionFor(resource, code, context);
  if (modifier === 'missing') return (valuesOf(resource, definition).length === 0) === (value === 'true');
  const wanted = split(value, ',');
  const found = wanted.some((one) => matchOne(resource, definition, modifier, one, context));
  return modifier === 'not' ? !found : found;
}

function matchOne(resource: JsonObject, definition: SearchParameter, modifier: string | undefined, text: string, context: NaiveContext) {
  if (definition.code === '_id') return resource['id'] === unescaped(text);
  if (definition.type === 'composite') return compositeMatch(resource, definition, text, context);
  const values = valuesOf(resource, definition);
  return values.some((value) =>
    valueMatch(value, definition, modifier, text, context, `${String(resource['resourceType'])}.${definition.code}`),
  );
}

function valueMatch(
  typed: Typed,
  definition: SearchParameter,
  modifier: string | undefined,
  text: string,
  context: NaiveContext,
  key: string,
) {
  switch (definition.type) {
    case 'string':
      return stringsOf(typed).some((string) => matchString(string, modifier, unescaped(text)));
    case 'token':
      return matchToken(typed, modifier, text, context.systems[key]);
    case 'date':
      return matchDate(typed, unescaped(text), context.now, definition.code === '_lastUpdated');
    case 'number':
      return matchNumber(numberOf(typed), text);
    case 'quantity':
      return matchQuantity(typed, text);
    case 'uri':
      return matchUri(String(typed.value), modifier, unescaped(text));
    case 'reference':
      return matchReference(typed, definition, modifier, text, context);
    default:
      throw new Error(`No rule for ${definition.type}`);
  }
}

/** `where(resolve() is T)` asks what the reference says of its target: its text, else its type; one that says neither may be it. */
function withoutResolve(expression: string): string {
  return expression.replace(
    /where\(resolve\(\) is (\w+)\)/g,
    (_whole, type) =>
      `where(reference.matches('(^|/)${type}/[^/]+(/_history/[^/]+)?$') or (reference.exists().not() and (type.exists().not() or type = '${type}')))`,
  );
}

function evaluate(expression: string, value: JsonValue, base: string | undefined, resource: JsonObject): readonly Typed[] {
  const focus = { value, type: base ?? String(resource['resourceType']) };
  return evaluateTypedByOracle(withoutResolve(expression), { base, focus, resource, rootResource: resource });
}

function valuesOf(resource: JsonObject, { expression = '' }: SearchParameter): readonly Typed[] {
  // the library cannot unite quantities that have a comparator, so that each alternative is asked by itself
  return expression.split(' | ').flatMap((alternative) => evaluate(alternative, resource, undefined, resource));
}

function split(text: string, separator: string): readonly string[] {
  const parts = [''];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] as string;
    if (character === '\\') {
      parts[parts.length - 1] += character + (text[index + 1] ?? '');
      index += 1;
    } else if (character === separator) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function unescaped(text: string): string {
  return text.replace(/\\([\\,|$])/g, '$1');
}

/** "Case-insensitive and accent-insensitive"; runs of blanks count as one. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
}

const STRING_PARTS: Readonly<Record<string, readonly string[]>> = {
  HumanName: ['text', 'family', 'given', 'prefix', 'suffix'],
  Address: ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country'],
  CodeableConcept: ['text'],
};

function stringsOf({ type, value }: Typed): readonly string[] {
  if (!isJsonObject(value)) return [String(value)];
  return (STRING_PARTS[type] ?? []).flatMap((part) => value[part] ?? []).filter((one) => typeof one === 'string');
}

function matchString(string: string, modifier: string | undefined, wanted: string): boolean {
  if (modifier === 'exact') return string === wanted;
  return modifier === 'contains' ? plain(string).includes(plain(wanted)) : plain(string).startsWith(plain(wanted));
}

interface Token {
  readonly system?: JsonValue | undefined;
  readonly code?: JsonValue | undefined;
}

function tokensOf({ type, value }: Typed, implicit: string | undefined): readonly Token[] {
  if (!isJsonObject(value)) return [{ system: type === 'boolean' ? 'http://hl7.org/fhir/special-values' : implicit, code: String(value) }];
  switch (type) {
    case 'CodeableConcept':
      return (value['coding'] ?? []) as readonly Token[];
    case 'Coding':
      return [value];
    case 'Identifier':
      return [{ system: value['system'], code: value['value'] }];
    default:
      return [{ code: value['value'] }];
  }
}

function matchToken(typed: Typed, modifier: string | undefined, text: string, implicit: string | undefined): boolean {
  const { value } = typed;
  if (modifier === 'text') return textsOf(typed).some((one) => plain(one).startsWith(plain(unescaped(text))));
  if (modifier === 'of-type') {
    const [system, code, wanted] = split(text, '|').map(unescaped);
    const identifier = value as JsonObject;
    const types = tokensOf({ type: 'CodeableConcept', value: identifier['type'] ?? {} }, undefined);
    return same(identifier['value'], wanted) && types.some((one) => one.system === system && same(one.code, code));
  }
  const parts = split(text, '|').map(unescaped);
  return tokensOf(typed, implicit).some(({ system, code }) => {
    if (parts.length === 1) return same(code, parts[0]);
    if (parts[0] === '') return system === undefined && same(code, parts[1]);
    return system === parts[0] && (parts[1] === '' || same(code, parts[1]));
  });
}

function same(code: JsonValue | undefined, wanted: string | undefined): boolean {
  return typeof code === 'string' && code.toLowerCase() === wanted?.toLowerCase();
}

function textsOf({ type, value }: Typed): readonly string[] {
  if (!isJsonObject(value)) return [];
  const concept = type === 'Identifier' ? value['type'] : value;
  if (!isJsonObject(concept)) return [];
  // of an identifier's type, the text is meant
  const codings = type === 'Identifier' ? [] : ((concept['coding'] ?? []) as readonly JsonObject[]);
  return [concept['text'], concept['display'], ...codings.map(({ display }) => display)].filter((one) => typeof one === 'string');
}

const PREFIXED = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)$/s;

function splitPrefixed(text: string): readonly [string, string] {
  const [, prefix = 'eq', rest = ''] = PREFIXED.exec(text) ?? [];
  return [prefix, rest];
}

/** From the first to the last millisecond that the text may mean; what has no zone is UTC. */
function intervalOf(text: string): Interval {
  const [, year, month, day, hour, minute, second, fraction, zone = 'Z'] =
    /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/.exec(text) ?? [];
  if (year === undefined) throw new Error(`No date: ${text}`);
  const start = Date.parse(
    `${year}-${month ?? '01'}-${day ?? '01'}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}${fraction ?? ''}${zone}`,
  );
  const y = Number(year);
  if (month === undefined) return { low: start, high: Date.UTC(y + 1, 0, 1) - 1 };
  if (day === undefined) return { low: start, high: Date.UTC(y, Number(month), 1) - 1 };
  const length = hour === undefined ? 86_400_000 : second === undefined ? 60_000 : fraction === undefined ? 1000 : 1;
  return { low: start, high: start + length - 1 };
}

function datesOf({ type, value }: Typed): readonly Interval[] {
  if (typeof value === 'string') return [intervalOf(value)];
  if (!isJsonObject(value)) return [];
  const period = type === 'Timing' ? ((value['repeat'] as JsonObject | undefined)?.['boundsPeriod'] as JsonObject | undefined) : value;
  const events = ((value['event'] ?? []) as readonly string[]).map(intervalOf);
  const { start, end } = period ?? {};
  if (typeof start === 'string' || typeof end === 'string') {
    events.push({
      low: typeof start === 'string' ? intervalOf(start).low : Number.NEGATIVE_INFINITY,
      high: typeof end === 'string' ? intervalOf(end).high : Number.POSITIVE_INFINITY,
    });
  }
  if (events.length === 0)
    return type === 'Timing' && 'repeat' in value ? [{ low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }] : [];
  return [{ low: Math.min(...events.map(({ low }) => low)), high: Math.max(...events.map(({ high }) => high)) }];
}

/** The table of https://hl7.org/fhir/R4/search.html#prefix; `contains`: whether the range of the search holds that of the target. */
function compareByPrefix(prefix: string, target: Interval, above: number, below: number, contains: boolean, slack: Interval): boolean {
  switch (prefix) {
    case 'eq':
      return contains;
    case 'ne':
      return !contains;
    case 'gt':
      return target.high > above;
    case 'lt':
      return target.low < below;
    case 'ge':
      return target.high > above || contains;
    case 'le':
      return target.low < below || contains;
    case 'sa':
      return target.low > above;
    case 'eb':
      return target.high < below;
    default:
      return target.high >= slack.low && target.low <= slack.high;
  }
}

function matchDate(typed: Typed, text: string, now: number, isInstant: boolean): boolean {
  const [prefix, rest] = splitPrefixed(text);
  const wanted = intervalOf(rest);
  const slack = Math.abs(now - (wanted.low + wanted.high) / 2) * 0.1;
  const near = { low: wanted.low - slack, high: wanted.high + slack };
  const targets = isInstant ? [{ low: Date.parse(String(typed.value)), high: Date.parse(String(typed.value)) }] : datesOf(typed);
  return targets.some((target) =>
    compareByPrefix(prefix, target, wanted.high, wanted.low, wanted.low <= target.low && target.high <= wanted.high, near),
  );
}

/** `100` is [99.5, 100.5), `100.00` is [99.995, 100.005); other prefixes than eq and ne take the number as it stands. */
function matchNumber(target: Interval | undefined, text: string, factor = 1): boolean {
  const [prefix, rest] = splitPrefixed(text);
  if (target === undefined) return false;
  const value = tidy(Number(rest) * factor);
  const half = (factor * 0.5) / 10 ** (rest.split('.')[1] ?? '').length;
  const contains = target.low >= tidy(value - half) && target.high < tidy(value + half);
  const slack = Math.max(Math.abs(value) * 0.1, half);
  const near = { low: tidy(value - slack), high: tidy(value + slack) };
  if (prefix === 'ge') return target.high >= value;
  if (prefix === 'le') return target.low <= value;
  return compareByPrefix(prefix, target, value, value, contains, near);
}

/** Without the dust of binary fractions. */
function tidy(value: number): number {
  return Number.isFinite(value) ? Number(value.toFixed(9)) : value;
}

function numberOf({ value }: Typed): Interval | undefined {
  if (typeof value === 'number') return { low: value, high: value };
  if (!isJsonObject(value)) return undefined;
  const { low, high, value: number, comparator } = value;
  if (low !== undefined || high !== undefined) {
    return {
      low: numberOf({ type: 'Quantity', value: low ?? null })?.low ?? Number.NEGATIVE_INFINITY,
      high: numberOf({ type: 'Quantity', value: high ?? null })?.high ?? Number.POSITIVE_INFINITY,
    };
  }
  if (typeof number !== 'number') return undefined;
  return {
    low: comparator === '<' || comparator === '<=' ? Number.NEGATIVE_INFINITY : number,
    high: comparator === '>' || comparator === '>=' ? Number.POSITIVE_INFINITY : number,
  };
}

const UCUM = 'http://unitsofmeasure.org';
/** The units that the tests use, in the base unit of their dimension. */
const UNITS: Readonly<Record<string, readonly [dimension: string, factor: number]>> = {
  mg: ['mass', 1],
  g: ['mass', 1000],
  kg: ['mass', 1_000_000],
  min: ['time', 1],
  h: ['time', 60],
};

function matchQuantity(typed: Typed, text: string): boolean {
  const { value } = typed;
  if (!isJsonObject(value)) return false;
  const [number = '', system = '', code = ''] = split(text, '|').map(unescaped);
  if (typed.type === 'SampledData') return matchQuantity({ type: 'Range', value: boundsOf(value) }, text);
  const unit = (isJsonObject(value['low']) ? value['low'] : isJsonObject(value['high']) ? value['high'] : value) as JsonObject;
  const target = numberOf(typed);
  if (code === '') return matchNumber(target, number);
  if (system === '') return (unit['code'] === code || unit['unit'] === code) && matchNumber(target, number);
  if (unit['system'] !== system) return false;
  const known = UNITS[code];
  const own = UNITS[String(unit['code'])];
  if (system !== UCUM || known === undefined) return unit['code'] === code && matchNumber(target, number);
  if (own === undefined || own[0] !== known[0] || target === undefined) return false;
  return matchNumber({ low: tidy(target.low * own[1]), high: tidy(target.high * own[1]) }, number, known[1]);
}

/** "Just search on the bounds of the values in sampled data." */
function boundsOf({ origin, data, factor }: JsonObject): JsonObject {
  const { value, ...unit } = origin as JsonObject;
  const samples = String(data)
    .split(' ')
    .map(Number)
    .filter((sample) => !Number.isNaN(sample))
    .map((sample) => tidy(Number(value) + sample * Number(factor)));
  return { low: { ...unit, value: Math.min(...samples) }, high: { ...unit, value: Math.max(...samples) } };
}

function matchUri(uri: string, modifier: string | undefined, wanted: string): boolean {
  const own = uri.split('|')[0] as string;
  const trim = (text: string): string => text.replace(/\/+$/, '');
  if (modifier === 'below') return uri === wanted || trim(own) === trim(wanted) || own.startsWith(`${trim(wanted)}/`);
  if (modifier === 'above') return uri === wanted || own === wanted || wanted.startsWith(`${trim(own)}/`);
  return uri === wanted || own === wanted;
}

interface Literal {
  readonly text: string;
  readonly unversioned: string;
}

function literalOf(text: string, baseUrl: string): Literal {
  const local = text.startsWith(`${baseUrl}/`) ? text.slice(baseUrl.length + 1) : text;
  return { text: local, unversioned: local.replace(/\/_history\/[^/]+$/, '') };
}

function matchReference(
  { type, value }: Typed,
  definition: SearchParameter,
  modifier: string | undefined,
  text: string,
  { baseUrl }: NaiveContext,
): boolean {
  if (typeof value === 'string') return value === unescaped(text) || (type === 'canonical' && value.split('|')[0] === unescaped(text));
  if (!isJsonObject(value)) return false;
  const { identifier, reference } = value;
  if (modifier === 'identifier')
    return isJsonObject(identifier) && matchToken({ type: 'Identifier', value: identifier }, undefined, text, undefined);
  if (typeof reference !== 'string') return false;
  const own = literalOf(reference, baseUrl);
  const wanted = literalOf(unescaped(text), baseUrl).text;
  if (/^[A-Za-z0-9.-]+$/.test(wanted)) {
    const types: readonly string[] = modifier === undefined ? (definition.target ?? []) : [modifier];
    return types.some((target) => own.unversioned === `${target}/${wanted}`);
  }
  return own.text === wanted || own.unversioned === wanted;
}

/** Both parts in one of the elements that the composite selects. */
function compositeMatch(resource: JsonObject, composite: SearchParameter, text: string, context: NaiveContext): boolean {
  const parts = split(text, '$');
  const type = String(resource['resourceType']);
  return valuesOf(resource, composite).some((element) => {
    const base = element.type === type ? undefined : element.type;
    return (composite.component ?? []).every(({ definition, expression }, index) => {
      const parameter = context.definitionByUrl(definition);
      // the component says `value.as(Quantity)`; value-quantity, which it names, has sampled data too, and so has the server
      const also = base === undefined && parameter.code === 'value-quantity' ? ['value.as(SampledData)'] : [];
      const values = [expression, ...also].flatMap((one) => evaluate(one, element.value, base, resource));
      return values.some((value) => valueMatch(value, parameter, undefined, parts[index] as string, context, ''));
    });
  });
}

function targetsOf(resource: JsonObject, code: string, context: NaiveContext): readonly JsonObject[] {
  const definition = definitionFor(resource, code, context);
  const literals = valuesOf(resource, definition).flatMap(({ value }) =>
    isJsonObject(value) && typeof value['reference'] === 'string' ? [literalOf(value['reference'], context.baseUrl).unversioned] : [],
  );
  return context.all.filter(({ resourceType, id }) => literals.includes(`${String(resourceType)}/${String(id)}`));
}

function chainMatch(resource: JsonObject, code: string, type: string | undefined, rest: string, value: string, context: NaiveContext) {
  return targetsOf(resource, code, context)
    .filter(({ resourceType }) => type === undefined || resourceType === type)
    .some((target) => offers(target, rest, context) && naiveMatch(target, rest, value, context));
}

/** A chain goes to the types of its targets that have the next parameter. */
function offers(target: JsonObject, name: string, context: NaiveContext): boolean {
  const code = name.split(/[:.]/)[0] as string;
  return code === '_has' || context.definitionOf(String(target['resourceType']), code) !== undefined;
}

function definitionFor(resource: JsonObject, code: string, { definitionOf }: NaiveContext): SearchParameter {
  const definition = definitionOf(String(resource['resourceType']), code);
  if (definition === undefined) throw new Error(`${String(resource['resourceType'])} has no ${code}`);
  return definition;
}

function hasMatch(resource: JsonObject, name: string, value: string, context: NaiveContext): boolean {
  const [, source, code = '', ...rest] = name.split(':');
  return context.all
    .filter(({ resourceType }) => resourceType === source)
    .filter((candidate) => naiveMatch(candidate, rest.join(':'), value, context))
    .some((candidate) => targetsOf(candidate, code, context).includes(resource));
}
