/** Profiles with differentials, and the snapshots that the registry makes of them. */
import type { ElementDefinition, StructureDefinition } from 'fhir/r4.js';
import type { ConformanceRegistry, DefinitionProblem } from '../../../src/conformance/conformance-registry.js';
import { CoreDefinitions, createConformanceRegistry } from '../../../src/conformance/create-conformance-registry.js';
import { openCoreDefinitions } from '../../../src/conformance/definitions-index.js';
import type { JsonObject } from '../../../src/fhir/json.js';

export const core = new CoreDefinitions(openCoreDefinitions());
const HL7 = 'http://hl7.org/fhir/StructureDefinition/';

/** A differential's element: `Patient.identifier:nhi.system` as id, its path follows. */
export function anElement(id: string, content: Partial<ElementDefinition> = {}): ElementDefinition {
  const sliceName = /:([^.]+)$/.exec(id)?.[1];
  return { id, path: id.replace(/:[^.]+/g, ''), ...(sliceName !== undefined && { sliceName }), ...content };
}

export function aProfile(
  name: string,
  type: string,
  elements: readonly ElementDefinition[],
  content: Partial<StructureDefinition> = {},
): StructureDefinition {
  return {
    resourceType: 'StructureDefinition',
    url: `http://example.org/${name}`,
    name,
    status: 'active',
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: HL7 + type,
    derivation: 'constraint',
    ...content,
    differential: { element: [...elements] },
  };
}

export function registryOf(...definitions: readonly StructureDefinition[]): ConformanceRegistry {
  const registry = createConformanceRegistry({ core });
  for (const definition of definitions) registry.add(definition as unknown as JsonObject);
  return registry;
}

export interface Snapshot {
  readonly ids: readonly string[];
  readonly problems: readonly DefinitionProblem[];
  /** Throws where there is no such element. */
  element(id: string): ElementDefinition;
}

/** Of the last of the definitions. */
export function snapshotOf(...definitions: readonly StructureDefinition[]): Snapshot {
  const entry = registryOf(...definitions).findStructureDefinition((definitions.at(-1) as StructureDefinition).url);
  const elements = entry?.resource.snapshot?.element ?? [];
  return {
    ids: elements.map(({ id }) => id ?? ''),
    problems: entry?.snapshotProblems ?? [],
    element(id) {
      const found = elements.find((element) => element.id === id);
      if (found === undefined) throw new Error(`The snapshot has no ${id}`);
      return found;
    },
  };
}

export function codesOf({ type }: ElementDefinition): readonly string[] {
  return (type ?? []).map(({ code }) => code);
}

export function anExtension(name: string, elements: readonly ElementDefinition[]): StructureDefinition {
  return aProfile(name, 'Extension', elements, { kind: 'complex-type' });
}
