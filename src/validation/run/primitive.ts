/** Values of R4's primitive types: https://hl7.org/fhir/R4/datatypes.html#primitive */
import { withArticle } from '../../fhir/article.js';
import { parseDateTime } from '../../fhir/date-time.js';
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import type { IssueType } from '../../fhir/operation-outcome.js';
import { readNarrative } from '../../fhirpath/narrative.js';
import type { Run } from './run.js';

/** Checks the JSON value of one primitive, at the run's path. */
export type PrimitiveCheck = (run: Run, value: JsonValue) => void;

// a group that repeats overflows the stack on a text of megabytes: patterns here repeat single characters
const ID = /^[A-Za-z0-9\-.]{1,64}$/;
/** White space as XML has it: a no-break space is a character like others. */
const MISPLACED_SPACE = /^[ \t\r\n\f\v]|[ \t\r\n\f\v]{2}|[ \t\r\n\f\v]$/;
const URI = /^\S+$/;
const OID = /^urn:oid:[0-2]\.[0-9.]*[0-9]$/;
/** A part of an OID that is empty, or begins with a zero that it does not need. */
const NO_OID_PART = /\.\.|\.0[0-9]/;
const UUID = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}(-\d\d(-\d\d)?)?$/;
const DATE_TIME = /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?$/;
const NO_BASE64 = /[^A-Za-z0-9+/=]/;
const INTEGER_LITERAL = /^(0|-?[1-9]\d*)$/;
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;
/** A string `SHALL NOT exceed 1MB (1024*1024 characters) in size`. */
const MAX_CHARACTERS = 1_048_576;
const MAX_INTEGER = 2_147_483_647;
const MIN_INTEGER = -2_147_483_648;
const MAX_DECIMAL_DIGITS = 18;

export const PRIMITIVE_CHECKS: Readonly<Record<string, PrimitiveCheck>> = {
  boolean: checkBoolean,
  integer: integerCheck('integer', MIN_INTEGER),
  unsignedInt: integerCheck('unsignedInt', 0),
  positiveInt: integerCheck('positiveInt', 1),
  decimal: checkDecimal,
  string: checkString,
  markdown: checkString,
  xhtml: checkXhtml,
  code: textCheck('code', (text) => text !== '' && !MISPLACED_SPACE.test(text), 'text without leading, trailing or doubled white space'),
  id: textCheck('id', (text) => ID.test(text), '1 to 64 letters (A-Z, a-z), digits, - and .'),
  uri: checkUri,
  url: textCheck('url', (text) => URI.test(text), 'a URL without white space'),
  canonical: textCheck('canonical', (text) => URI.test(text), 'a URI without white space, with |version where one is meant'),
  oid: textCheck('oid', (text) => OID.test(text) && !NO_OID_PART.test(text), 'urn:oid:1.2.3'),
  uuid: textCheck('uuid', (text) => UUID.test(text), 'urn:uuid: with a UUID in lower case'),
  date: textCheck('date', (text) => DATE.test(text) && parseDateTime(text) !== undefined, 'YYYY, YYYY-MM or YYYY-MM-DD, a day that exists'),
  dateTime: checkDateTime,
  instant: textCheck(
    'instant',
    (text) => INSTANT.test(text) && parseDateTime(text) !== undefined,
    'YYYY-MM-DDThh:mm:ss.sss with Z or a zone, a moment that exists',
  ),
  time: textCheck('time', (text) => TIME.test(text), 'hh:mm:ss, with a fraction if need be'),
  base64Binary: textCheck('base64Binary', isBase64, 'base64 text'),
};

/** A urn of a UUID or an OID is one. */
function checkUri(run: Run, value: JsonValue): void {
  if (typeof value !== 'string') reportJsonType(run, 'uri', value, 'string');
  else if (value === '') run.error('value', 'type-uri', 'An empty string is no value: leave the element out');
  else if (!URI.test(value)) reportValue(run, 'uri', value, 'a URI without white space');
  else {
    const wanted = faultOfUrn(value);
    if (wanted === undefined) return;
    // whatever a link is named there, it is so until it is resolved
    if (isRequestBundle(run)) run.add('warning', 'value', 'type-uri', `${shorten(value)} is no uri: ${wanted} should stand here`);
    else reportValue(run, 'uri', value, wanted);
  }
}

/** What is wanted in place of a urn that names no UUID or OID; a fragment may come behind. */
export function faultOfUrn(uri: string): string | undefined {
  if (!uri.startsWith('urn:uuid:') && !uri.startsWith('urn:oid:')) return undefined;
  const hash = uri.indexOf('#');
  const urn = hash < 0 ? uri : uri.slice(0, hash);
  if (urn.startsWith('urn:uuid:')) return UUID.test(urn) ? undefined : 'urn:uuid: with a UUID';
  return OID.test(urn) && !NO_OID_PART.test(urn) ? undefined : 'urn:oid: with an OID, such as urn:oid:1.2.3,';
}

function isRequestBundle({ rootType, document }: Run): boolean {
  const type = rootType === 'Bundle' && isJsonObject(document.value) ? document.value['type'] : undefined;
  return type === 'transaction' || type === 'batch';
}

/** txt-1 says that something is not allowed; this, what. */
function checkXhtml(run: Run, value: JsonValue): void {
  if (typeof value !== 'string') reportJsonType(run, 'xhtml', value, 'string');
  else if (value.trim() === '') reportValue(run, 'xhtml', value, 'a <div> of XHTML');
  else for (const problem of readNarrative(value).problems) run.error('invalid', 'type-xhtml', problem);
}

function reportValue(run: Run, type: string, value: JsonValue, wanted: string, code: IssueType = 'value'): void {
  const text = typeof value === 'string' ? value : (run.document.numberLiteral(run.jsonPath()) ?? String(value));
  run.error(code, `type-${type}`, `${typeof value === 'string' ? shorten(text) : text.slice(0, 60)} is no ${type}: ${wanted} is wanted`);
}

/** As JSON has it. */
function shorten(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function reportJsonType(run: Run, type: string, value: JsonValue, wanted: string): void {
  const found = Array.isArray(value) ? 'an array' : value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  run.error('structure', 'json-type', `The value of ${withArticle(type)} is a JSON ${wanted}, not ${found}`);
}

function checkBoolean(run: Run, value: JsonValue): void {
  if (typeof value !== 'boolean') reportJsonType(run, 'boolean', value, 'boolean (true or false, without quotes)');
}

function integerCheck(type: string, least: number): PrimitiveCheck {
  const wanted = `a whole number from ${least} to ${MAX_INTEGER}, without fraction or exponent,`;
  return (run, value) => {
    if (typeof value !== 'number') {
      reportJsonType(run, type, value, 'number (without quotes)');
    } else if (!Number.isInteger(value) || value < least || value > MAX_INTEGER || !isWrittenAsInteger(run)) {
      reportValue(run, type, value, wanted);
    }
  };
}

/** `1.0`, `1e0` and `-0` are numbers, and no integers. */
function isWrittenAsInteger(run: Run): boolean {
  if (!run.document.hasInexactNumbers) return true;
  const literal = run.document.numberLiteral(run.jsonPath());
  return literal === undefined || INTEGER_LITERAL.test(literal);
}

function checkDecimal(run: Run, value: JsonValue): void {
  if (typeof value !== 'number') {
    reportJsonType(run, 'decimal', value, 'number (without quotes)');
    return;
  }
  if (!run.document.hasInexactNumbers) return;
  const literal = run.document.numberLiteral(run.jsonPath()) ?? String(value);
  const digits = literal
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '').length;
  if (!Number.isFinite(value) || digits > MAX_DECIMAL_DIGITS) {
    const text = `The number ${literal.slice(0, 60)} is beyond what systems can be expected to keep (${MAX_DECIMAL_DIGITS} digits)`;
    run.add(Number.isFinite(value) ? 'warning' : 'error', 'value', 'type-decimal', text);
  }
}

function checkString(run: Run, value: JsonValue): void {
  if (typeof value !== 'string') {
    reportJsonType(run, 'string', value, 'string');
    return;
  }
  const { length } = value;
  if (length === 0) {
    run.error('value', 'type-string', 'An empty string is no value: leave the element out');
    return;
  }
  if (isWhiteSpace(value.charCodeAt(0)) || isWhiteSpace(value.charCodeAt(length - 1))) {
    if (value.trim() === '') run.error('value', 'type-string', 'A string of white space only is no value: leave the element out');
    else run.add('warning', 'value', 'type-string', 'The text should not begin or end with white space');
  }
  if (length > MAX_CHARACTERS && countCharacters(value) > MAX_CHARACTERS) {
    run.error('too-long', 'type-string', `The text is longer than ${MAX_CHARACTERS} characters`);
  }
  if (CONTROL.test(value))
    run.error('value', 'type-string', 'The text has a control character other than tab, line feed and carriage return');
}

/** Unicode's characters, of which some are two units of a JavaScript string. */
function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** As XML has it: space, tab, line feed, carriage return. */
function isWhiteSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

function textCheck(type: string, isValid: (text: string) => boolean, wanted: string): PrimitiveCheck {
  return (run, value) => {
    if (typeof value !== 'string') reportJsonType(run, type, value, 'string');
    else if (value === '') run.error('value', `type-${type}`, 'An empty string is no value: leave the element out');
    else if (!isValid(value)) reportValue(run, type, value, wanted);
  };
}

function checkDateTime(run: Run, value: JsonValue): void {
  if (typeof value !== 'string') {
    reportJsonType(run, 'dateTime', value, 'string');
  } else if (!DATE_TIME.test(value) || parseDateTime(value) === undefined) {
    const lacksZone = /T\d\d:\d\d:\d\d(\.\d+)?$/.test(value);
    const wanted = lacksZone
      ? 'a zone (Z or +hh:mm) after a time'
      : 'YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with Z or a zone, a moment that exists,';
    reportValue(run, 'dateTime', value, wanted);
  }
}

/** White space may stand anywhere; the rest is groups of four. */
function isBase64(text: string): boolean {
  // one search for what is no part of it: far quicker than a pattern for the whole
  const isClean = !NO_BASE64.test(text);
  const packed = isClean ? text : text.replace(/\s+/g, '');
  const { length } = packed;
  if (length === 0 || length % 4 !== 0 || (!isClean && NO_BASE64.test(packed))) return false;
  const padding = packed.indexOf('=');
  return padding < 0 || padding === length - 1 || (padding === length - 2 && packed.endsWith('='));
}
