/** What an element of a differential asks for and cannot have: https://hl7.org/fhir/R4/profiling.html#limitations */
import type { ElementDefinition, ElementDefinitionSlicing } from 'fhir/r4.js';
import type { TypeModel } from '../fhirpath/fhirpath.js';
import type { ConformanceRegistry, DefinitionProblem } from './conformance-registry.js';
import { isBackbone, SYSTEM_TYPE } from './type-model.js';

/** Types that nothing defines, or that what is constrained does not allow. */
export function typeFaults(
  base: ElementDefinition,
  differential: ElementDefinition,
  registry: ConformanceRegistry,
  model: TypeModel,
): readonly string[] {
  const allowed = (base.type ?? []).map(({ code }) => code);
  return (differential.type ?? []).flatMap(({ code }) => {
    if (code.startsWith(SYSTEM_TYPE)) return [];
    if (registry.findType(code) === undefined && registry.findStructureDefinition(code) === undefined) {
      return [`the type ${code} is not defined`];
    }
    // what is said of FHIRPath's own types is said of those that they stand for
    if (allowed.length === 0 || allowed.some((one) => one.startsWith(SYSTEM_TYPE) || model.isSubtype(code, one))) return [];
    return [`the type ${code} is none of what it constrains, ${allowed.join(', ')}`];
  });
}

const VALUE = /^(?:fixed|pattern)([A-Z]\w*)$/;

/** Properties of fixed values and patterns whose type is none of the element's. */
export function valueFaults(whole: ElementDefinition, differential: ElementDefinition): readonly string[] {
  const types = (whole.type ?? []).map(({ code }) => code);
  if (types.length === 0 || types.some((type) => type.startsWith(SYSTEM_TYPE) || isBackbone(type))) return [];
  return Object.keys(differential).filter((property) => {
    const type = VALUE.exec(property)?.[1];
    return type !== undefined && !types.some((one) => one.toLowerCase() === type.toLowerCase());
  });
}

/** https://hl7.org/fhir/R4/valueset-discriminator-type.html */
export const DISCRIMINATORS: ReadonlySet<string> = new Set(['value', 'exists', 'pattern', 'type', 'profile']);

/** Discriminators of an element's slicing that R4 has not, or whose path leads to nothing in its types. */
export function discriminatorFaults(
  { slicing }: ElementDefinition,
  whole: ElementDefinition,
  model: TypeModel,
): readonly Pick<DefinitionProblem, 'message' | 'below'>[] {
  const unknown = (slicing?.discriminator ?? []).flatMap(({ type }, index) =>
    DISCRIMINATORS.has(type)
      ? []
      : [
          {
            message: `the discriminator type '${type}' is none of R4: ${[...DISCRIMINATORS].join(', ')}`,
            below: ['slicing', 'discriminator', index],
          },
        ],
  );
  return [...unknown, ...pathFaults(slicing, whole, model)];
}

function pathFaults(
  slicing: ElementDefinitionSlicing | undefined,
  whole: ElementDefinition,
  model: TypeModel,
): readonly Pick<DefinitionProblem, 'message' | 'below'>[] {
  const types = (whole.type ?? []).map(({ code }) => (isBackbone(code) ? whole.base?.path : code));
  const known = types.filter((type) => type !== undefined);
  if (known.length === 0 || known.length < types.length || !known.every((type) => model.properties(type).length > 0)) return [];
  return (slicing?.discriminator ?? []).flatMap(({ path }, index) =>
    leadsSomewhere(path, known, model)
      ? []
      : [
          {
            message: `the discriminator's path '${path}' leads to nothing in ${known.join(', ')}`,
            below: ['slicing', 'discriminator', index],
          },
        ],
  );
}

const STEP = /^(?:(\$this)|(resolve\(\))|ofType\(([A-Za-z0-9]+)\)|(extension\('[^']*'\))|([A-Za-z0-9]+))(?:\.|$)/;

/** https://hl7.org/fhir/R4/profiling.html#discriminator */
function leadsSomewhere(path: string, start: readonly string[], model: TypeModel): boolean {
  let types = start;
  for (let rest = path; rest !== ''; ) {
    const step = STEP.exec(rest);
    if (step === null) return false;
    rest = rest.slice(step[0].length);
    const [, , resolve, ofType, extension, name] = step;
    // what a reference leads to is anything
    if (resolve !== undefined || types.some((type) => model.isSubtype(type, 'Resource'))) return true;
    if (ofType !== undefined) types = [ofType];
    else if (extension !== undefined) types = ['Extension'];
    else if (name !== undefined) types = types.flatMap((type) => (model.children(type, name) ?? []).map((child) => child.type));
    if (types.length === 0) return false;
  }
  return true;
}
