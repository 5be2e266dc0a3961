/** The Parameters of a FHIRPath Patch: https://hl7.org/fhir/R4/fhirpatch.html */
import { FhirError } from '../../fhir/fhir-error.js';
import { isJsonTree, type JsonNode, type JsonTree } from '../../fhir/json-tree.js';
import { requireFew } from './patch-limits.js';

/** A value as the parameter has it: of a type by `value[x]`, a resource, or an element of no type by its parts. */
export type SentValue =
  | { readonly kind: 'value'; readonly suffix: string; readonly value: JsonNode | undefined; readonly companion: JsonTree | undefined }
  | { readonly kind: 'resource'; readonly resource: JsonTree }
  | { readonly kind: 'parts'; readonly parts: readonly SentPart[] };

export interface SentPart {
  readonly name: string;
  readonly sent: SentValue;
}

interface Common {
  readonly index: number;
  readonly path: string;
}

export type FhirPathPatchOperation = Common &
  (
    | { readonly type: 'add'; readonly name: string; readonly value: SentValue }
    | { readonly type: 'insert'; readonly value: SentValue; readonly at: number }
    | { readonly type: 'delete' }
    | { readonly type: 'replace'; readonly value: SentValue }
    | { readonly type: 'move'; readonly source: number; readonly destination: number }
  );

/** Parts of each type beside `type` and `path`, all of which it needs. */
const PARTS = {
  add: ['name', 'value'],
  insert: ['value', 'index'],
  delete: [],
  replace: ['value'],
  move: ['source', 'destination'],
} as const;
type OperationType = keyof typeof PARTS;

/** What a path to an element needs is less; with more the parser would be busy for seconds. */
const MOST_PATH_LENGTH = 500;
const MOST_BRACKETS = 50;

/** Throws 400 that says which parameter is none, and why. */
export function readFhirPathPatch({ parameter }: JsonTree): readonly FhirPathPatchOperation[] {
  if (!Array.isArray(parameter)) {
    throw new FhirError(
      'malformed-request',
      "A FHIRPath Patch is a Parameters resource with parameters named 'operation'; this one has none",
      {
        expression: 'Parameters.parameter',
      },
    );
  }
  requireFew(parameter.length);
  return parameter.map((operation, index) => new OperationReader(operation, index).read());
}

export function operationName(index: number): string {
  return `Operation ${index} of the FHIRPath Patch (counted from 0)`;
}

class OperationReader {
  readonly #node: JsonNode;
  readonly #index: number;
  readonly #parts = new Map<string, JsonTree>();

  constructor(node: JsonNode, index: number) {
    this.#node = node;
    this.#index = index;
  }

  read(): FhirPathPatchOperation {
    const node = this.#node;
    if (!isJsonTree(node) || node['name'] !== 'operation') throw this.#refuse("is no parameter named 'operation'");
    this.#collect(node['part']);
    const type = this.#text('type', 'valueCode');
    if (!isOperationType(type))
      throw this.#refuse(`has the type '${type.slice(0, 64)}': wanted is one of ${Object.keys(PARTS).join(', ')}`);
    const path = this.#text('path', 'valueString');
    if (path.length > MOST_PATH_LENGTH) throw this.#refuse(`has a path of ${path.length} characters; at most ${MOST_PATH_LENGTH} are read`);
    const brackets = path.split(/[([]/).length - 1;
    if (brackets > MOST_BRACKETS) throw this.#refuse(`has a path with ${brackets} opening brackets; at most ${MOST_BRACKETS} are read`);
    const known: readonly string[] = ['type', 'path', ...PARTS[type]];
    for (const name of this.#parts.keys()) {
      if (!known.includes(name)) throw this.#refuse(`has a part '${name.slice(0, 64)}', which a ${type} has not: leave it out`);
    }
    const common = { index: this.#index, path };
    switch (type) {
      case 'add':
        return { ...common, type, name: this.#text('name', 'valueString'), value: this.#value() };
      case 'insert':
        return { ...common, type, value: this.#value(), at: this.#integer('index') };
      case 'delete':
        return { ...common, type };
      case 'replace':
        return { ...common, type, value: this.#value() };
      case 'move':
        return { ...common, type, source: this.#integer('source'), destination: this.#integer('destination') };
    }
  }

  #collect(parts: JsonNode | undefined): void {
    if (!Array.isArray(parts)) throw this.#refuse("has no parts: wanted are 'type', 'path' and what the type needs");
    for (const part of parts) {
      const name = isJsonTree(part) ? part['name'] : undefined;
      if (!isJsonTree(part) || typeof name !== 'string') throw this.#refuse('has a part without a name');
      if (this.#parts.has(name)) throw this.#refuse(`has two parts '${name.slice(0, 64)}'`);
      this.#parts.set(name, part);
    }
  }

  #text(name: string, property: string): string {
    const part = this.#part(name);
    // clients send one for the other
    const text = ['valueCode', 'valueString'].map((known) => part[known]).find((value) => typeof value === 'string');
    if (typeof text !== 'string' || text === '') throw this.#refuse(`has no ${property} in its part '${name}'`);
    return text;
  }

  #integer(name: string): number {
    const part = this.#part(name);
    const value = part['valueInteger'] ?? part['valueUnsignedInt'] ?? part['valuePositiveInt'];
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    throw this.#refuse(`has no valueInteger from 0 up in its part '${name}'`);
  }

  #value(): SentValue {
    return this.#readValue(this.#part('value'), "part 'value'");
  }

  #readValue(part: JsonTree, what: string): SentValue {
    const names = new Set(Object.keys(part).flatMap((key) => /^_?(value[A-Z]\w*)$/.exec(key)?.[1] ?? []));
    const kinds = [...names, ...['part', 'resource'].filter((key) => Object.hasOwn(part, key))];
    const [kind] = kinds;
    if (kind === undefined || kinds.length > 1) {
      const found = kind === undefined ? 'no value' : `several values (${kinds.join(', ')})`;
      throw this.#refuse(`has ${found} in its ${what}: wanted is one value[x], one resource, or parts`);
    }
    if (kind === 'resource') {
      const { resource } = part;
      if (isJsonTree(resource) && Object.keys(resource).length > 0) return { kind, resource };
      throw this.#refuse(`has a resource that is none in its ${what}`);
    }
    if (kind === 'part') return { kind: 'parts', parts: this.#readParts(part['part'], what) };
    const beside = part[`_${kind}`];
    const value = part[kind] ?? undefined;
    const companion = isJsonTree(beside) ? beside : undefined;
    if (isEmpty(value) && isEmpty(companion)) throw this.#refuse(`has an empty ${kind} in its ${what}: to take an element away, delete it`);
    return { kind: 'value', suffix: kind.slice('value'.length), value, companion };
  }

  #readParts(parts: JsonNode | undefined, what: string): readonly SentPart[] {
    if (!Array.isArray(parts) || parts.length === 0) throw this.#refuse(`has an empty list of parts in its ${what}`);
    return parts.map((part) => {
      const name = isJsonTree(part) ? part['name'] : undefined;
      if (!isJsonTree(part) || typeof name !== 'string') throw this.#refuse(`has a part without a name in its ${what}`);
      return { name, sent: this.#readValue(part, `part '${name.slice(0, 64)}'`) };
    });
  }

  #part(name: string): JsonTree {
    const part = this.#parts.get(name);
    if (part === undefined) throw this.#refuse(`has no part '${name}'`);
    return part;
  }

  #refuse(what: string): FhirError {
    return new FhirError('malformed-request', `${operationName(this.#index)} ${what}`, {
      expression: `Parameters.parameter[${this.#index}]`,
    });
  }
}

function isEmpty(value: JsonNode | undefined): boolean {
  return value === undefined || (isJsonTree(value) && Object.keys(value).length === 0);
}

function isOperationType(text: string): text is OperationType {
  return Object.hasOwn(PARTS, text);
}
