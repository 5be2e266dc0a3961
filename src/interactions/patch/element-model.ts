/** What R4's definitions say of an element that a FHIRPath Patch adds or replaces. */
import type { ConformanceRegistry } from '../../conformance/conformance-registry.js';
import type { TypeModel } from '../../fhirpath/fhirpath.js';

export interface ElementChild {
  /** `valueQuantity` */
  readonly property: string;
  readonly type: string;
}

/** Whether the element may stand more than once. An element of several types never does. */
export function isRepeating(conformance: ConformanceRegistry, owner: string, name: string): boolean {
  const elements = conformance.findType(owner.split('.', 1)[0] as string)?.resource.snapshot?.element ?? [];
  const max = elements.find(({ path }) => path === `${owner}.${name}`)?.max;
  return max !== undefined && max !== '0' && max !== '1';
}

/** `valueQuantity` and all that can stand in its place: `valueString`, …; of an element of one type that alone. */
export function choicesOf(model: TypeModel, owner: string, { property, type }: ElementChild): readonly ElementChild[] {
  const suffix = type.charAt(0).toUpperCase() + type.slice(1);
  if (!property.endsWith(suffix)) return [{ property, type }];
  const choices = model.children(owner, property.slice(0, -suffix.length)) ?? [];
  return choices.some((choice) => choice.property === property) ? choices : [{ property, type }];
}

/** Of the choices the one whose type ends the name of the parameter's `value[x]`; of one alone it does not matter. */
export function findChoice(choices: readonly ElementChild[], suffix: string | undefined): ElementChild | undefined {
  if (choices.length === 1) return choices[0];
  return choices.find(
    ({ property, type }) => suffix !== undefined && property.endsWith(suffix) && suffix.toLowerCase() === type.toLowerCase(),
  );
}
