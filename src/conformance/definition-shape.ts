/**
 * The parts of definitions that are read here, as R4 shapes them: definitions come from anywhere, and a part of another shape is
 * named and left out. https://hl7.org/fhir/R4/structuredefinition-definitions.html and its like
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import type { DefinitionProblem } from './conformance-registry.js';

/** A primitive by its JSON type (`!`: the object is nothing without it), a list of what it names, or an object. */
type Shape = 'string' | 'string!' | 'number' | 'boolean' | readonly [Shape] | { readonly [key: string]: Shape };

const EXTENSIONS: Shape = [{ url: 'string!' }];

const ELEMENT: { readonly [key: string]: Shape } = {
  id: 'string',
  path: 'string!',
  sliceName: 'string',
  min: 'number',
  max: 'string',
  base: { path: 'string!', min: 'number', max: 'string' },
  contentReference: 'string',
  type: [
    {
      code: 'string!',
      profile: ['string'],
      targetProfile: ['string'],
      aggregation: ['string'],
      versioning: 'string',
      extension: EXTENSIONS,
    },
  ],
  slicing: { discriminator: [{ type: 'string!', path: 'string!' }], ordered: 'boolean', rules: 'string' },
  maxLength: 'number',
  condition: ['string'],
  constraint: [{ key: 'string!', severity: 'string', human: 'string', expression: 'string', extension: EXTENSIONS }],
  binding: { strength: 'string!', valueSet: 'string', extension: EXTENSIONS },
  isModifier: 'boolean',
  extension: EXTENSIONS,
};

const STRUCTURE_DEFINITION: { readonly [key: string]: Shape } = {
  type: 'string',
  baseDefinition: 'string',
  kind: 'string',
  abstract: 'boolean',
  derivation: 'string',
  context: [{ type: 'string!', expression: 'string!' }],
  contextInvariant: ['string'],
  snapshot: { element: [ELEMENT] },
  differential: { element: [ELEMENT] },
};

const CONCEPT: { [key: string]: Shape } = {
  code: 'string!',
  display: 'string',
  designation: [{ language: 'string', value: 'string!' }],
  property: [{ code: 'string!' }],
};
CONCEPT['concept'] = [CONCEPT];

const CODE_SYSTEM: { readonly [key: string]: Shape } = {
  content: 'string',
  caseSensitive: 'boolean',
  valueSet: 'string',
  supplements: 'string',
  property: [{ code: 'string!', uri: 'string', type: 'string' }],
  concept: [CONCEPT],
};

const INCLUDE: Shape = {
  system: 'string',
  version: 'string',
  concept: [{ code: 'string!', display: 'string', designation: [{ language: 'string', value: 'string!' }] }],
  filter: [{ property: 'string!', op: 'string!', value: 'string!' }],
  valueSet: ['string'],
};

const CONTAINS: { [key: string]: Shape } = { system: 'string', version: 'string', code: 'string', display: 'string', abstract: 'boolean' };
CONTAINS['contains'] = [CONTAINS];

const VALUE_SET: { readonly [key: string]: Shape } = {
  compose: { inactive: 'boolean', include: [INCLUDE], exclude: [INCLUDE] },
  expansion: { total: 'number', offset: 'number', parameter: [{ name: 'string!' }], contains: [CONTAINS] },
};

const SEARCH_PARAMETER: { readonly [key: string]: Shape } = {
  code: 'string',
  type: 'string',
  base: ['string'],
  expression: 'string',
  target: ['string'],
  component: [{ definition: 'string!', expression: 'string!' }],
};

const SHAPES: ReadonlyMap<string, { readonly [key: string]: Shape }> = new Map([
  ['StructureDefinition', STRUCTURE_DEFINITION],
  ['CodeSystem', CODE_SYSTEM],
  ['ValueSet', VALUE_SET],
  ['SearchParameter', SEARCH_PARAMETER],
]);

export interface FittedDefinition {
  /** The resource itself where nothing was wrong. */
  readonly definition: JsonObject;
  readonly problems: readonly DefinitionProblem[];
}

/** A resource of another type is taken as it is. */
export function fitDefinition(resource: JsonObject): FittedDefinition {
  const type = String(resource['resourceType']);
  const shape = SHAPES.get(type);
  const problems: DefinitionProblem[] = [];
  const definition = shape === undefined ? resource : fitObject(resource, shape, type, problems);
  return { definition: definition ?? resource, problems };
}

/** Undefined where the value has another shape. What fits is given back as it is. */
function fit(value: JsonValue, shape: Shape, at: string, problems: DefinitionProblem[]): JsonValue | undefined {
  if (typeof shape === 'string') {
    const wanted = shape.replace('!', '');
    if (typeof value === wanted) return value;
    problems.push({ elementId: at, message: `is no ${wanted}` });
    return undefined;
  }
  if (isList(shape)) {
    if (Array.isArray(value)) return fitList(value, shape[0], at, problems);
    problems.push({ elementId: at, message: 'is no list' });
    return undefined;
  }
  if (isJsonObject(value)) return fitObject(value, shape, at, problems);
  problems.push({ elementId: at, message: 'is no object' });
  return undefined;
}

function isList(shape: Exclude<Shape, string>): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function fitList(list: JsonValue[], shape: Shape, at: string, problems: DefinitionProblem[]): JsonValue[] {
  let isChanged = false;
  const fitted = list.flatMap((item, index): JsonValue[] => {
    const found = fit(item, shape, `${at}[${index}]`, problems);
    if (found !== item) isChanged = true;
    return found === undefined ? [] : [found];
  });
  return isChanged ? fitted : list;
}

function fitObject(
  object: JsonObject,
  shape: { readonly [key: string]: Shape },
  at: string,
  problems: DefinitionProblem[],
): JsonObject | undefined {
  let fitted = object;
  for (const [key, wanted] of Object.entries(shape)) {
    const value = object[key];
    const found = value === undefined ? undefined : fit(value, wanted, `${at}.${key}`, problems);
    if (wanted === 'string!' && found === undefined) {
      if (value === undefined) problems.push({ elementId: at, message: `has no ${key}` });
      return undefined;
    }
    if (found === value) continue;
    fitted = { ...fitted };
    if (found === undefined) delete fitted[key];
    else fitted[key] = found;
  }
  return fitted;
}
