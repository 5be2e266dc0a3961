/** An OperationDefinition's parameters against the profiles that it names for them: https://hl7.org/fhir/R4/operationdefinition-definitions.html */

import type { ElementDefinition } from 'fhir/r4.js';
import { withArticle } from '../../fhir/article.js';
import type { JsonObject } from '../../fhir/json.js';
import type { LinkServices } from '../link/item-rule.js';
import type { Run } from '../run/run.js';
import { at, forEachObject, textOf } from './objects.js';
import type { ResourceRule } from './resource-rule.js';

export const checkOperationDefinition: ResourceRule = (run, operation, services) => {
  checkCardinality(run, operation, 'parameter');
  for (const [property, use] of [
    ['inputProfile', 'in'],
    ['outputProfile', 'out'],
  ] as const) {
    const canonical = textOf(operation[property]);
    if (canonical === undefined) continue;
    const profile = services.conformance.findStructureDefinition(canonical)?.resource;
    if (profile === undefined) {
      const text = `The profile ${canonical} is not loaded: the parameters were not held against it`;
      at(run, property, undefined, () => run.add('warning', 'not-found', 'profile-unknown', text));
      continue;
    }
    const slices = toSlices(profile.snapshot?.element ?? []);
    forEachObject(run, operation, 'parameter', (parameter) => {
      const slice = parameter['use'] === use ? slices.get(textOf(parameter['name']) ?? '') : undefined;
      if (slice !== undefined) checkParameter(run, parameter, slice, canonical, services);
    });
  }
};

/** Of parameters and their parts, which have parts themselves. */
function checkCardinality(run: Run, holder: JsonObject, property: 'parameter' | 'part'): void {
  forEachObject(run, holder, property, (parameter) => {
    const { min, max } = parameter;
    if (typeof min === 'number' && typeof max === 'string' && /^\d+$/.test(max) && min > Number(max)) {
      const text = `min ${min} is more than max ${max}: no number of values is both`;
      at(run, 'max', undefined, () => run.error('invalid', 'operation-cardinality', text));
    }
    checkCardinality(run, parameter, 'part');
  });
}

interface ParameterSlice {
  readonly min: number;
  readonly max: string;
  readonly types: readonly string[];
}

/** Slices of `Parameters.parameter` by the name that they fix. */
function toSlices(elements: readonly ElementDefinition[]): ReadonlyMap<string, ParameterSlice> {
  const slices = new Map<string, ParameterSlice>();
  for (const { id, path, sliceName, min = 0, max = '*' } of elements) {
    if (path !== 'Parameters.parameter' || sliceName === undefined || id === undefined) continue;
    const child = (name: string): ElementDefinition | undefined => elements.find((element) => element.id === `${id}.${name}`);
    const name = child('name');
    const fixed = name?.fixedString ?? name?.patternString;
    if (fixed === undefined) continue;
    const types = ['value[x]', 'resource'].flatMap((choice) => {
      const element = child(choice);
      return element === undefined || element.max === '0' ? [] : (element.type ?? []).map(({ code }) => code);
    });
    slices.set(fixed, { min, max, types });
  }
  return slices;
}

/** The profile may ask for more than the operation does, and for nothing else. */
function checkParameter(run: Run, parameter: JsonObject, slice: ParameterSlice, profile: string, { model }: LinkServices): void {
  const { min, max } = parameter;
  const type = textOf(parameter['type']);
  if (typeof min === 'number' && slice.min < min) {
    conflict(run, 'min', `The parameter is needed ${min} times, and the profile ${profile} is content with ${slice.min}`);
  }
  if (typeof max === 'string' && max !== '*' && (slice.max === '*' || Number(slice.max) > Number(max))) {
    conflict(run, 'max', `The parameter may stand ${max} times, and the profile ${profile} allows ${slice.max}`);
  }
  // `Any` and abstract types are what R4 calls a parameter of many types
  if (type === undefined || slice.types.length === 0 || type === 'Any' || slice.types.some((one) => model.isSubtype(one, type))) return;
  conflict(run, 'type', `The parameter is ${withArticle(type)}, and the profile ${profile} wants ${slice.types.join(' or ')}`);
}

function conflict(run: Run, property: string, text: string): void {
  at(run, property, undefined, () => run.error('invalid', 'operation-profile', text));
}
