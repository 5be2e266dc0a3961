/** What two snapshots say of the same profile, compared by what can make a resource valid or not. */
import type { ElementDefinition, StructureDefinition } from 'fhir/r4.js';

/** Element definition keys that hold a value to be met, such as fixedCode or patternCodeableConcept. */
const VALUE_KEY = /^(fixed|pattern|minValue|maxValue)/;

/** One line for each element and keyword in which the snapshots differ. */
export function snapshotDifferences(ours: StructureDefinition, theirs: StructureDefinition): readonly string[] {
  const ourElements = elementsOf(ours);
  const theirElements = elementsOf(theirs);
  const differences: string[] = [];
  for (const [id, element] of theirElements) {
    const own = ourElements.get(id);
    if (own === undefined) {
      differences.push(`${id}: missing in ours`);
      continue;
    }
    const [left, right] = [rulesOf(own), rulesOf(element)];
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const [a, b] = [JSON.stringify(left[key]), JSON.stringify(right[key])];
      if (a !== b) differences.push(`${id} ${key}: ours ${a ?? 'absent'}, theirs ${b ?? 'absent'}`);
    }
  }
  for (const id of ourElements.keys()) if (!theirElements.has(id)) differences.push(`${id}: only in ours`);
  return differences;
}

function elementsOf(definition: StructureDefinition): ReadonlyMap<string, ElementDefinition> {
  return new Map((definition.snapshot?.element ?? []).map((element) => [element.id ?? element.path, element]));
}

function rulesOf(element: ElementDefinition): Readonly<Record<string, unknown>> {
  const rules: Record<string, unknown> = {
    path: element.path,
    sliceName: element.sliceName,
    min: element.min,
    max: element.max,
    contentReference: element.contentReference?.replace(/^.*#/, '#'),
    maxLength: element.maxLength,
    isModifier: element.isModifier ?? false,
    slicing: slicingOf(element),
    type: (element.type ?? []).map(({ code, profile, targetProfile }) => ({
      code,
      profile: sorted(profile),
      targetProfile: sorted(targetProfile),
    })),
    binding: element.binding && { strength: element.binding.strength, valueSet: element.binding.valueSet },
    constraint: sorted(element.constraint?.map(({ key, severity, expression }) => `${key} ${severity} ${expression ?? ''}`)),
  };
  for (const [key, value] of Object.entries(element)) if (VALUE_KEY.test(key)) rules[key] = value;
  return rules;
}

function slicingOf({ slicing }: ElementDefinition): unknown {
  if (slicing === undefined) return undefined;
  const discriminator = slicing.discriminator?.map(({ type, path }) => `${type}:${path}`);
  return { rules: slicing.rules, ordered: slicing.ordered ?? false, discriminator };
}

function sorted(list: readonly string[] | undefined): readonly string[] {
  return [...(list ?? [])].sort();
}
