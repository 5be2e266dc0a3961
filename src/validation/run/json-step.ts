/** Steps of the walk for JSON that is looked at without it: what a fixed value differs in, what the text itself has wrong. */
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import type { TypeModel } from '../../fhirpath/fhirpath.js';
import type { PropertyStep } from './run.js';

export interface TypedStep {
  readonly step: PropertyStep;
  /** FHIR type of what stands there. */
  readonly type: string;
}

/** Undefined where the type has no such property. `_name` leads to the element `name`. */
export function findStep(type: string, property: string, model: TypeModel): TypedStep | undefined {
  const name = property.startsWith('_') ? property.slice(1) : property;
  const [child] = model.children(type, name) ?? [];
  if (child === undefined || child.property !== name) return undefined;
  const stem = name.slice(0, -child.type.length);
  const isChoice = stem !== '' && model.children(type, stem)?.some((one) => one.property === name) === true;
  return { step: { property, expression: isChoice ? `${stem}.ofType(${child.type})` : name }, type: child.type };
}

/** The type that a resource says it is. */
export function typeOfValue(value: JsonValue | undefined, type: string): string {
  const stated = isJsonObject(value) ? value['resourceType'] : undefined;
  return typeof stated === 'string' ? stated : type;
}
