/** Parameters of an operation, held against its OperationDefinition: https://hl7.org/fhir/R4/operations.html#request */
import type { OperationDefinition, OperationDefinitionParameter } from 'fhir/r4.js';
import { parseDateTime, type TimeRange } from '../fhir/date-time.js';
import { FhirError, type FhirErrorCode } from '../fhir/fhir-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import { isAcceptable } from '../fhir/operation-outcome.js';
import { invalid } from '../interactions/check-resource.js';
import type { InteractionRequest } from '../interactions/interaction.js';
import { readDocument, requireResource, type SentResource } from '../interactions/read-resource.js';
import type { Services } from '../services.js';
import { definitionOf } from './operation-input.js';

/** What was sent, each value of the type that the definition gives its parameter. */
export interface OperationParameters {
  has(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean | undefined;
  /** From 0 up. */
  wholeNumber(name: string): number | undefined;
  time(name: string): TimeRange | undefined;
  /** A Coding, CodeableConcept, Meta; its shape is R4's. */
  object<T>(name: string): T | undefined;
  /** Its shape is R4's. */
  resource<T>(name: string): T | undefined;
}

export interface ParameterOptions {
  /** Parameters of R4's definition that this server has nothing for, and why not or what else to do. */
  readonly unsupported?: Readonly<Record<string, string>>;
  /** Parameters of this server's own links. */
  readonly more?: readonly string[];
}

interface GivenParameter {
  readonly name: string;
  readonly value: JsonValue;
  /** `uri`, `Coding`, the type of a resource; undefined in the URL, where all is text. */
  readonly type: string | undefined;
  readonly place: { readonly location: string } | { readonly expression: string };
}

/** Rules about what a code means, which hold for what is stored. */
const ABOUT_CODES: ReadonlySet<string> = new Set(['coding-system', 'example-url', 'inactive-code', 'unknown-code', 'wrong-display']);
const VALUE = /^Parameters\.parameter\[\d+\]\.value/;

/** Throws 400 for what is unknown, missing, of a wrong type or given too often, 422 for a body that is misshapen. */
export function readParameters(
  services: Services,
  request: InteractionRequest,
  { unsupported = {}, more = [] }: ParameterOptions = {},
): OperationParameters {
  const canonical = definitionOf(request);
  const found = canonical === undefined ? undefined : request.api.conformance.find('OperationDefinition', canonical);
  const definition = found?.resource as unknown as OperationDefinition | undefined;
  const declared = (definition?.parameter ?? []).filter(({ use }) => use === 'in');
  const given = [...fromUrl(request), ...fromBody(services, request, declared)];
  const byName = new Map<string, GivenParameter[]>();
  for (const parameter of given) {
    const { name, place } = parameter;
    const spec = declared.find((candidate) => candidate.name === name);
    const instead = Object.hasOwn(unsupported, name) ? unsupported[name] : undefined;
    if (instead !== undefined) throw refuse('unsupported-parameter', place, `The parameter '${name}' is not supported: ${instead}`);
    if (spec === undefined && !more.includes(name)) throw unknownParameter(request, parameter, declared, unsupported);
    if (spec !== undefined) requireType(parameter, spec);
    byName.set(name, [...(byName.get(name) ?? []), parameter]);
  }
  requireNumbers(byName, declared, more);
  return toParameters(byName);
}

/** Throws 400 where two of these are given, which say the same in different ways. */
export function requireOneOf(parameters: OperationParameters, names: readonly string[]): string {
  const given = names.filter((name) => parameters.has(name));
  const wanted = `give one of ${names.map((name) => `'${name}'`).join(', ')}`;
  if (given.length > 1) {
    throw new FhirError('invalid-parameter', `${given.map((name) => `'${name}'`).join(' and ')} exclude each other: ${wanted}`);
  }
  if (given[0] === undefined) throw new FhirError('missing-parameter', `There is nothing to look at: ${wanted}`);
  return given[0];
}

function fromUrl({ search }: InteractionRequest): readonly GivenParameter[] {
  return search.map(([name, value]) => ({ name, value, type: undefined, place: { location: `http.${name}` } }));
}

/** A body that is no Parameters is the one parameter that is a resource of its type. */
function fromBody(
  services: Services,
  request: InteractionRequest,
  declared: readonly OperationDefinitionParameter[],
): readonly GivenParameter[] {
  if (request.body === undefined || request.body.text.trim() === '') return [];
  const document = readDocument(services, request);
  const { value } = document;
  const bareType = isJsonObject(value) ? value['resourceType'] : undefined;
  const bare = declared.find(({ type }) => type !== undefined && type === bareType);
  const sent = requireResource(document, bare?.type ?? 'Parameters');
  requireShape(request, sent);
  const { resource } = sent;
  if (bare?.type !== undefined)
    return [{ name: bare.name, value: resource, type: bare.type, place: { expression: String(resource['resourceType']) } }];
  const parameters = Array.isArray(resource['parameter']) ? resource['parameter'].filter(isJsonObject) : [];
  return parameters.map((parameter, index) => toGiven(parameter, `Parameters.parameter[${index}]`));
}

/** Throws 422 for what R4 shapes otherwise. Whether a code that is asked about is one is for the operation to say. */
function requireShape({ api, issueLimit }: InteractionRequest, { document, type }: SentResource): void {
  const { issues } = api.validator.validate(document, issueLimit === undefined ? {} : { issueLimit });
  const faults = issues.filter(({ rule = '', expression = '' }) => !ABOUT_CODES.has(rule) || !VALUE.test(expression));
  if (!isAcceptable(faults)) throw invalid(api, type, faults);
}

function toGiven(parameter: JsonObject, expression: string): GivenParameter {
  const name = String(parameter['name']);
  const { resource } = parameter;
  if (isJsonObject(resource)) {
    return { name, value: resource, type: String(resource['resourceType']), place: { expression: `${expression}.resource` } };
  }
  const key = Object.keys(parameter).find((property) => property.startsWith('value'));
  const value = key === undefined ? undefined : parameter[key];
  if (key === undefined || value === undefined) {
    throw refuse('invalid-parameter', { expression }, `The parameter '${name.slice(0, 64)}' has no value`);
  }
  const type = key.slice('value'.length);
  return { name, value, type: isJsonObject(value) ? type : type.charAt(0).toLowerCase() + type.slice(1), place: { expression } };
}

function unknownParameter(
  { operation }: InteractionRequest,
  { name, place }: GivenParameter,
  declared: readonly OperationDefinitionParameter[],
  unsupported: Readonly<Record<string, string>>,
): FhirError {
  const known = declared.map((one) => one.name).filter((one) => unsupported[one] === undefined);
  const wanted = known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`;
  return refuse('unsupported-parameter', place, `$${operation} has no parameter '${name.slice(0, 64)}': ${wanted}`);
}

/** Words of one kind stand for each other: clients send `valueString` for a uri, and nothing else is told by it. */
function requireType({ name, value, type, place }: GivenParameter, { type: wanted = 'string' }: OperationDefinitionParameter): void {
  const isComplex = /^[A-Z]/.test(wanted);
  if (isComplex) {
    if (type === wanted) return;
    const found = type === undefined ? 'cannot be given in the URL' : `is a ${type}`;
    throw refuse('invalid-parameter', place, `The parameter '${name}' ${found}; wanted is a ${wanted} in Parameters, sent by POST`);
  }
  if (isJsonObject(value)) {
    throw refuse('invalid-parameter', place, `The parameter '${name}' is a ${type}; wanted is one value of type ${wanted}`);
  }
  const text = String(value);
  if (!isOfType(text, wanted)) {
    throw refuse('invalid-parameter', place, `The parameter '${name}' is '${text.slice(0, 100)}'; wanted is a value of type ${wanted}`);
  }
}

function isOfType(text: string, type: string): boolean {
  switch (type) {
    case 'boolean':
      return text === 'true' || text === 'false';
    case 'integer':
      return /^\d{1,9}$/.test(text);
    case 'date':
    case 'dateTime':
    case 'instant':
      return toTime(text) !== undefined;
    case 'string':
      return true;
    default:
      return text.trim() !== '';
  }
}

/** A `+` of a zone that arrives unescaped in a URL has become a blank. */
function toTime(text: string): TimeRange | undefined {
  return parseDateTime(text.replace(/ (\d\d:\d\d)$/, '+$1'));
}

function requireNumbers(
  byName: ReadonlyMap<string, readonly GivenParameter[]>,
  declared: readonly OperationDefinitionParameter[],
  more: readonly string[],
): void {
  for (const { name, min, max } of [...declared, ...more.map((own) => ({ name: own, min: 0, max: '1' }))]) {
    const given = byName.get(name) ?? [];
    if (max !== '*' && given.length > Number(max)) {
      throw refuse(
        'invalid-parameter',
        (given[1] ?? given[0])?.place,
        `The parameter '${name}' is given ${given.length} times: give it once`,
      );
    }
    if (given.length < min) throw refuse('missing-parameter', undefined, `The parameter '${name}' is missing`);
  }
}

function refuse(code: FhirErrorCode, place: GivenParameter['place'] | undefined, message: string): FhirError {
  return new FhirError(code, message, place);
}

function toParameters(byName: ReadonlyMap<string, readonly GivenParameter[]>): OperationParameters {
  const firstOf = (name: string): JsonValue | undefined => byName.get(name)?.[0]?.value;
  const text = (name: string): string | undefined => {
    const value = firstOf(name);
    return value === undefined ? undefined : String(value);
  };
  return {
    has: (name) => byName.has(name),
    text,
    texts: (name) => (byName.get(name) ?? []).map(({ value }) => String(value)),
    flag: (name) => (byName.has(name) ? text(name) === 'true' : undefined),
    wholeNumber: (name) => (byName.has(name) ? Number(text(name)) : undefined),
    time: (name) => toTime(text(name) ?? ''),
    object: <T>(name: string) => firstOf(name) as T | undefined,
    resource: <T>(name: string) => firstOf(name) as T | undefined,
  };
}
