/**
 * JSON as FHIR needs it: https://hl7.org/fhir/R4/json.html
 * The native parser makes the value; one own pass over the text finds what the native parser hides (duplicate keys, number
 * literals that a double does not keep, halves of surrogate pairs); positions come from a slow reading that only faults need.
 */
import { type JsonTextNode, readJsonText } from './json-position.js';

export type JsonPrimitive = string | number | boolean | null;
export type JsonValue = JsonPrimitive | JsonObject | JsonValue[];
export interface JsonObject {
  [key: string]: JsonValue;
}
/** Keys and array indexes from the root of a document. */
export type JsonPath = readonly (string | number)[];

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Counted from 1; columns in UTF-16 code units. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** The text is no JSON, or is nested deeper than allowed. */
export class JsonSyntaxError extends Error {
  readonly position: TextPosition;

  constructor(message: string, position: TextPosition) {
    super(message);
    this.name = 'JsonSyntaxError';
    this.position = position;
  }
}

/** What native JSON.parse accepts and FHIR must not. */
export interface JsonProblem {
  readonly kind: 'duplicate-key' | 'forbidden-key' | 'lone-surrogate';
  readonly path: JsonPath;
  readonly message: string;
}

/** A text that was parsed once. */
export interface JsonDocument {
  readonly text: string;
  readonly value: JsonValue;
  readonly problems: readonly JsonProblem[];
  /** Whether some number literal is not what `String(number)` gives back (`1.10`, 20 digits, `1e400`). */
  readonly hasInexactNumbers: boolean;
  /** Where the value at this path starts, or its nearest ancestor that exists; absent where nobody has seen the text. */
  readonly positionOf?: (path: JsonPath) => TextPosition;
  /** The number's literal to the letter; undefined where there is no number. */
  numberLiteral(path: JsonPath): string | undefined;
}

/** A document whose text somebody has seen. */
export type JsonText = JsonDocument & Required<Pick<JsonDocument, 'positionOf'>>;

export interface JsonParseOptions {
  /** Deepest nesting of objects and arrays; default 200. */
  readonly maxDepth?: number;
}

/** No element of FHIR has a hundredth of that. */
const MAX_PROPERTIES = 10_000;

/** Throws `JsonSyntaxError` with the position of the fault. */
export function parseJson(text: string, options: JsonParseOptions = {}): JsonText {
  const maxDepth = options.maxDepth ?? 200;
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    readPositions(text, maxDepth);
    throw new JsonSyntaxError(error.message, positionAt(text, text.length));
  }
  const survey = surveyText(text);
  if (survey.depth > maxDepth) {
    throw new JsonSyntaxError(`The JSON is nested deeper than ${maxDepth} levels`, positionAt(text, survey.deepestOffset));
  }
  const keys = countKeys(value);
  if (keys.widest > MAX_PROPERTIES) {
    const { properties, offset } = findWideObject(text);
    throw new JsonSyntaxError(`An object has ${properties} properties; at most ${MAX_PROPERTIES} are read`, positionAt(text, offset));
  }
  const suspicious = keys.count !== survey.keys || keys.forbidden || survey.hasSurrogateEscape || !text.isWellFormed();
  return new ParsedDocument(text, value, survey.hasInexactNumbers, suspicious, maxDepth);
}

/** A document for a value that has no text of its own (a resource made by a program); the text is made when asked for. */
export function toJsonDocument(value: JsonValue): JsonDocument {
  return {
    get text(): string {
      return JSON.stringify(value);
    },
    value,
    problems: [],
    hasInexactNumbers: false,
    numberLiteral: () => undefined,
  };
}

class ParsedDocument implements JsonDocument {
  readonly text: string;
  readonly value: JsonValue;
  readonly hasInexactNumbers: boolean;
  readonly problems: readonly JsonProblem[];
  readonly #maxDepth: number;
  #root: JsonTextNode | undefined;
  #lineStarts: number[] | undefined;

  constructor(text: string, value: JsonValue, hasInexactNumbers: boolean, suspicious: boolean, maxDepth: number) {
    this.text = text;
    this.value = value;
    this.hasInexactNumbers = hasInexactNumbers;
    this.#maxDepth = maxDepth;
    this.problems = suspicious ? this.#findProblems() : [];
  }

  positionOf(path: JsonPath): TextPosition {
    let node = this.#positions();
    for (const step of path) {
      // what is said of a primitive may stand without its value
      const next = node.children?.get(step) ?? node.children?.get(`_${step}`);
      if (next === undefined) break;
      node = next;
    }
    return this.#toPosition(node.start);
  }

  numberLiteral(path: JsonPath): string | undefined {
    let node: JsonTextNode | undefined = this.#positions();
    for (const step of path) node = node?.children?.get(step);
    if (node === undefined || node.kind !== 'number') return undefined;
    return this.text.slice(node.start, node.end);
  }

  #positions(): JsonTextNode {
    this.#root ??= readPositions(this.text, this.#maxDepth);
    return this.#root;
  }

  #toPosition(offset: number): TextPosition {
    if (this.#lineStarts === undefined) {
      this.#lineStarts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
    }
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] as number) + 1 };
  }

  #findProblems(): readonly JsonProblem[] {
    const problems: JsonProblem[] = [];
    const walk = (value: JsonValue, node: JsonTextNode, path: JsonPath): void => {
      for (const key of node.duplicateKeys ?? []) {
        problems.push({ kind: 'duplicate-key', path: [...path, key], message: `The property '${key}' stands twice in one object` });
      }
      if (typeof value === 'string') {
        if (!value.isWellFormed()) {
          problems.push({ kind: 'lone-surrogate', path, message: 'The string has half of a surrogate pair, which is no Unicode text' });
        }
      } else if (Array.isArray(value)) {
        value.forEach((item, index) => {
          const child = node.children?.get(index);
          if (child !== undefined) walk(item, child, [...path, index]);
        });
      } else if (isJsonObject(value)) {
        for (const key of Object.keys(value)) {
          if (key === '__proto__') {
            problems.push({ kind: 'forbidden-key', path: [...path, key], message: `The property name '${key}' is not allowed` });
          }
          const child = node.children?.get(key);
          if (child !== undefined) walk(value[key] as JsonValue, child, [...path, key]);
        }
      }
    };
    walk(this.value, this.#positions(), []);
    return problems;
  }
}

function readPositions(text: string, maxDepth: number): JsonTextNode {
  return readJsonText(text, maxDepth, (message, offset) => {
    throw new JsonSyntaxError(message, positionAt(text, offset));
  });
}

function positionAt(text: string, offset: number): TextPosition {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    start = at + 1;
  }
  return { line, column: offset - start + 1 };
}

interface TextSurvey {
  keys: number;
  depth: number;
  deepestOffset: number;
  hasInexactNumbers: boolean;
  hasSurrogateEscape: boolean;
}

const QUOTE = 34;
const MINUS = 45;
const COLON = 58;
const BACKSLASH = 92;

/** One pass over valid JSON. Strings are jumped over, so its cost is that of what stands between them. */
function surveyText(text: string): TextSurvey {
  const survey: TextSurvey = { keys: 0, depth: 0, deepestOffset: 0, hasInexactNumbers: false, hasSurrogateEscape: false };
  const length = text.length;
  const hasEscapes = text.includes('\\');
  if (hasEscapes) survey.hasSurrogateEscape = text.includes('\\ud') || text.includes('\\uD');
  let depth = 0;
  let at = 0;
  while (at < length) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      at = hasEscapes ? endOfString(text, at + 1) : text.indexOf('"', at + 1);
    } else if (char === COLON) {
      survey.keys++;
    } else if (char === 123 || char === 91) {
      if (++depth > survey.depth) {
        survey.depth = depth;
        survey.deepestOffset = at;
      }
    } else if (char === 125 || char === 93) {
      depth--;
    } else if (char === MINUS || (char >= 48 && char <= 57)) {
      const start = at;
      while (at + 1 < length && isNumberCharacter(text.charCodeAt(at + 1))) at++;
      if (!survey.hasInexactNumbers && !isExact(text, start, at + 1)) survey.hasInexactNumbers = true;
    }
    at++;
  }
  return survey;
}

/** Offset of the closing quote of the string whose first character stands at `from`. */
function endOfString(text: string, from: number): number {
  let at = text.indexOf('"', from);
  for (;;) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
}

function isNumberCharacter(char: number): boolean {
  return (char >= 48 && char <= 57) || char === 46 || char === 43 || char === MINUS || (char | 32) === 101;
}

function isExact(text: string, start: number, end: number): boolean {
  if (end - start <= 15) {
    let plain = true;
    for (let at = start; at < end && plain; at++) {
      const char = text.charCodeAt(at);
      plain = char >= 48 && char <= 57;
    }
    if (plain) return true;
  }
  const literal = text.slice(start, end);
  return String(Number(literal)) === literal;
}

/** How many keys the parsed value has; recursion is bounded by the depth that was surveyed before. */
function countKeys(value: JsonValue): { count: number; widest: number; forbidden: boolean } {
  const counted = { count: 0, widest: 0, forbidden: false };
  const visit = (item: JsonValue): void => {
    if (typeof item !== 'object' || item === null) return;
    if (Array.isArray(item)) {
      for (const element of item) visit(element);
      return;
    }
    let own = 0;
    for (const key in item) {
      own++;
      if (key === '__proto__') counted.forbidden = true;
      const child = item[key];
      if (typeof child === 'object' && child !== null) visit(child);
    }
    counted.count += own;
    if (own > counted.widest) counted.widest = own;
  };
  visit(value);
  return counted;
}

interface WideObject {
  properties: number;
  readonly offset: number;
}

/** The object with the most properties. */
function findWideObject(text: string): WideObject {
  const open: WideObject[] = [];
  let widest: WideObject = { properties: 0, offset: 0 };
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at + 1);
    else if (char === 123 || char === 91) open.push({ properties: 0, offset: at });
    else if (char === COLON) (open.at(-1) as WideObject).properties++;
    else if (char === 125 || char === 93) {
      const closed = open.pop();
      if (closed !== undefined && closed.properties > widest.properties) widest = closed;
    }
  }
  return widest;
}
