/** What two snapshots say of the same profile, compared by what can make a resource valid or not, or say how it is read. */
import type { ElementDefinition, ElementDefinitionType, StructureDefinition } from 'fhir/r4.js';

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
    differences.push(...constraintDifferences(own, element).map((difference) => `${id} ${difference}`));
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const [a, b] = [toText(left[key]), toText(right[key])];
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
    base: element.base && `${element.base.path} ${element.base.min}..${element.base.max}`,
    sliceName: element.sliceName,
    min: element.min,
    max: element.max,
    contentReference: element.contentReference?.replace(/^.*#/, '#'),
    maxLength: element.maxLength,
    isModifier: element.isModifier ?? false,
    isSummary: element.isSummary ?? false,
    mustSupport: element.mustSupport ?? false,
    representation: sorted(element.representation),
    orderMeaning: element.orderMeaning,
    meaningWhenMissing: element.meaningWhenMissing,
    slicing: slicingOf(element),
    type: (element.type ?? []).map(typeText),
    binding: element.binding && { strength: element.binding.strength, valueSet: element.binding.valueSet },
  };
  for (const [key, value] of Object.entries(element)) if (VALUE_KEY.test(key)) rules[key] = value;
  return rules;
}

function typeText({ code, profile, targetProfile }: ElementDefinitionType): string {
  const profiles = profile === undefined ? '' : `<${sorted(profile).join(', ')}>`;
  return `${code}${profiles}${targetProfile === undefined ? '' : `(${sorted(targetProfile).join(', ')})`}`;
}

function constraintDifferences(ours: ElementDefinition, theirs: ElementDefinition): readonly string[] {
  const [left, right] = [constraintsOf(ours), constraintsOf(theirs)];
  return [
    ...left.filter((constraint) => !right.includes(constraint)).map((constraint) => `constraint only in ours: ${constraint}`),
    ...right.filter((constraint) => !left.includes(constraint)).map((constraint) => `constraint missing in ours: ${constraint}`),
  ];
}

function constraintsOf({ constraint }: ElementDefinition): readonly string[] {
  return (constraint ?? []).map(({ key, severity, expression }) => `${key} ${severity} ${expression ?? ''}`);
}

function slicingOf({ slicing }: ElementDefinition): unknown {
  if (slicing === undefined) return undefined;
  const discriminator = slicing.discriminator?.map(({ type, path }) => `${type}:${path}`);
  return { rules: slicing.rules, ordered: slicing.ordered ?? false, discriminator };
}

function sorted(list: readonly string[] | undefined): readonly string[] {
  return [...(list ?? [])].sort();
}

/** Properties in the order of their names: an order in JSON says nothing. */
function toText(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
