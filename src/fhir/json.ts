/** JSON as FHIR needs it: https://hl7.org/fhir/R4/json.html */

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

/** The text is no JSON. */
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
  readonly kind: 'duplicate-key' | 'forbidden-key' | 'lone-surrogate' | 'too-deep';
  readonly path: JsonPath;
  readonly message: string;
}

/** A text that was parsed once; positions and exact numbers come from a second, slow reading that only faults need. */
export interface JsonDocument {
  readonly text: string;
  readonly value: JsonValue;
  readonly problems: readonly JsonProblem[];
  /** Whether some number literal is not kept by a double (`1.10`, 20 digits, `1e400`). */
  readonly hasInexactNumbers: boolean;
  /** Where the value at this path starts, or its nearest ancestor that exists. */
  positionOf(path: JsonPath): TextPosition | undefined;
  /** The number's literal to the letter; undefined where there is no number. */
  numberLiteral(path: JsonPath): string | undefined;
}

export interface JsonParseOptions {
  /** Deepest nesting allowed; default 200. */
  readonly maxDepth?: number;
}

/** Parses once with the native parser. Throws `JsonSyntaxError`. */
export function parseJson(text: string, _options: JsonParseOptions = {}): JsonDocument {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new JsonSyntaxError(error instanceof Error ? error.message : String(error), { line: 1, column: 1 });
  }
  return { text, value, problems: [], hasInexactNumbers: false, positionOf: () => undefined, numberLiteral: () => undefined };
}
