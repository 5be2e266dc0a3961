/**
 * The Request-Context header: base64 of a JSON object that says who asks and why. Each API names its own schema.
 * Accepted: the standard and the URL-safe alphabet, padded or not.
 */
import { isUtf8 } from 'node:buffer';
import { Ajv, type ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { LRUCache } from 'lru-cache';
import { FhirError } from '../fhir/fhir-error.js';
import { isJsonObject, JsonSyntaxError, parseJson } from '../fhir/json.js';
import type { Issue } from '../fhir/operation-outcome.js';
import type { RequestContext } from './principal.js';

const LOCATION = 'http.Request-Context';
const BASE64 = /^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/;
const MAX_DEPTH = 20;
/** A caller sends the same header for as long as its user stays the same. */
const CACHED_HEADERS = 2_000;

export interface RequestContextOptions {
  readonly required: boolean;
  /** JSON Schema of the decoded object: draft 2020-12 where `$schema` says so, else draft 7. */
  readonly schema: { readonly $schema?: string };
}

/** Reads the header's value; throws 400 `invalid-request-context` with one issue for each fault. */
export type RequestContextReader = (header: string | undefined) => RequestContext | undefined;

export function createRequestContextReader(options: RequestContextOptions): RequestContextReader {
  const isDraft2020 = options.schema.$schema?.includes('2020-12') === true;
  const ajv = new (isDraft2020 ? Ajv2020 : Ajv)({ allErrors: true, strict: false });
  addFormats.default(ajv);
  const matchesSchema = ajv.compile(options.schema);
  const contexts = new LRUCache<string, RequestContext>({ max: CACHED_HEADERS });

  return (header) => {
    if (header === undefined || header.trim() === '') {
      if (!options.required) return undefined;
      return refuse(['The Request-Context header is required: send the base64 of a JSON object that says who asks and why'], 'required');
    }
    const known = contexts.get(header);
    if (known !== undefined) return known;
    const context = decode(header.trim());
    if (!matchesSchema(context)) return refuse(describeFaults(matchesSchema.errors ?? [], context));
    contexts.set(header, context);
    return context;
  };
}

function decode(header: string): RequestContext {
  const digits = header.replace(/=+$/, '');
  const paddingFits = digits.length === header.length || header.length % 4 === 0;
  if (!BASE64.test(header) || digits.length % 4 === 1 || !paddingFits) {
    return refuse(['The Request-Context header is not base64 (of the standard or the URL-safe alphabet)']);
  }
  const bytes = Buffer.from(digits, 'base64');
  if (!isUtf8(bytes)) return refuse(['The Request-Context header is base64, but what it holds is not UTF-8']);
  let document: ReturnType<typeof parseJson>;
  try {
    // a byte order mark is no JSON, but some encoders begin with one; bodies may as well
    document = parseJson(bytes.toString('utf8').replace(/^\uFEFF/, ''), { maxDepth: MAX_DEPTH });
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column } = error.position;
    return refuse([`The decoded Request-Context is not JSON: ${error.message} (line ${line}, column ${column})`]);
  }
  if (document.problems.length > 0) return refuse(document.problems.map((problem) => `In the Request-Context: ${problem.message}`));
  if (!isJsonObject(document.value)) return refuse(['The decoded Request-Context is JSON, but not an object']);
  return document.value;
}

/** One sentence for each fault; what only repeats a nested fault (`if`, `anyOf` and the like) is left out. */
function describeFaults(errors: readonly ErrorObject[], context: RequestContext): readonly string[] {
  const wrappers = new Set(['if', 'anyOf', 'oneOf', 'allOf', 'not']);
  const precise = errors.filter((error) => !wrappers.has(error.keyword));
  const sentences = mergeEnums(precise.length > 0 ? precise : errors).map((error) => describeFault(error, context));
  return [...new Set(sentences)];
}

/** A value that two lists refuse (a form's own and that of all forms) is one fault: it has to be on both. */
function mergeEnums(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const allowedAt = new Map<string, readonly unknown[]>();
  for (const { keyword, instancePath, params } of errors) {
    if (keyword !== 'enum') continue;
    const allowed = (params as { readonly allowedValues: readonly unknown[] }).allowedValues;
    const onBoth = allowedAt.get(instancePath)?.filter((value) => allowed.includes(value)) ?? [];
    allowedAt.set(instancePath, onBoth.length > 0 ? onBoth : allowed);
  }
  return errors.map((error) =>
    error.keyword === 'enum' ? { ...error, params: { allowedValues: allowedAt.get(error.instancePath) } } : error,
  );
}

/** As the schemas ask for text. */
const NOT_BLANK = '\\S';

function describeFault(error: ErrorObject, context: RequestContext): string {
  const steps = error.instancePath.split('/').slice(1).map(unescapePointer);
  const params = error.params as Readonly<Record<string, unknown>>;
  const name = propertyName(steps);
  switch (error.keyword) {
    case 'pattern':
      if (params['pattern'] !== NOT_BLANK) break;
      return `Request-Context: '${name}' must not be empty, or white space only`;
    case 'required':
      return `Request-Context: the property '${propertyName([...steps, String(params['missingProperty'])])}' is required`;
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const property = String(params['additionalProperty'] ?? params['unevaluatedProperty']);
      return `Request-Context: the property '${propertyName([...steps, property])}' is unknown`;
    }
    case 'enum': {
      const allowed = params['allowedValues'] as readonly unknown[];
      return `Request-Context: '${name}' ${found(steps, context)}must be ${allowed.length === 1 ? '' : 'one of '}${allowed.join(', ')}${kind(steps, context)}`;
    }
    case 'const':
      return `Request-Context: '${name}' ${found(steps, context)}must be ${JSON.stringify(params['allowedValue'])}`;
  }
  return `Request-Context: '${name}' ${error.message ?? `breaks the rule '${error.keyword}'`}`;
}

function propertyName(steps: readonly string[]): string {
  if (steps.length === 0) return 'the object';
  return steps.reduce((name, step) => (/^\d+$/.test(step) ? `${name}[${step}]` : name === '' ? step : `${name}.${step}`), '');
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The offending value where it is a short primitive: what the header says is the caller's own. */
function found(steps: readonly string[], context: RequestContext): string {
  const value = valueAt(steps, context);
  if (typeof value === 'string') return `is '${value.slice(0, 60)}' but `;
  return typeof value === 'number' ? `is the number ${value} but ` : '';
}

/** Codes of digits are sent as numbers by mistake. */
function kind(steps: readonly string[], context: RequestContext): string {
  return typeof valueAt(steps, context) === 'number' ? ' as a string' : '';
}

function valueAt(steps: readonly string[], context: RequestContext): unknown {
  let value: unknown = context;
  for (const step of steps) value = (value as Readonly<Record<string, unknown>> | undefined)?.[step];
  return value;
}

function refuse(messages: readonly string[], code: Issue['code'] = 'invalid'): never {
  const issues = messages.map((diagnostics): Issue => ({ severity: 'error', code, diagnostics, location: LOCATION }));
  throw new FhirError('invalid-request-context', messages.join('; '), { issues });
}
