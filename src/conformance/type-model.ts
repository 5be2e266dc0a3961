/** The types of children for FHIRPath and search, from the snapshots of R4's base types. */
import type { ElementDefinition } from 'fhir/r4.js';
import type { TypeModel } from '../fhirpath/fhirpath.js';
import type { ConformanceRegistry } from './conformance-registry.js';

type Child = { readonly property: string; readonly type: string };

interface TypeChildren {
  readonly byName: ReadonlyMap<string, readonly Child[]>;
  readonly all: readonly Child[];
}

/** Types of FHIRPath, which R4 gives to values of primitives: https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.code */
export const SYSTEM_TYPE = 'http://hl7.org/fhirpath/System.';

/** An element whose children are its own: its type is where it stands. */
export function isBackbone(type: string): boolean {
  return type === 'BackboneElement' || type === 'Element';
}

const models = new WeakMap<ConformanceRegistry, TypeModel>();

/** The same model for the same registry: types that are loaded do not change. */
export function createTypeModel(registry: ConformanceRegistry): TypeModel {
  let model = models.get(registry);
  if (model === undefined) {
    model = newTypeModel(registry);
    models.set(registry, model);
  }
  return model;
}

function newTypeModel(registry: ConformanceRegistry): TypeModel {
  const cache = new Map<string, TypeChildren>();
  const ancestors = new Map<string, ReadonlySet<string>>();

  const read = (type: string): TypeChildren | undefined => {
    let known = cache.get(type);
    if (known === undefined) {
      const root = type.split('.', 1)[0] as string;
      const elements = registry.findType(root)?.resource.snapshot?.element;
      // what is not there may be added yet
      if (elements === undefined) return undefined;
      known = childrenOf(type, elements);
      cache.set(type, known);
    }
    return known;
  };

  const ancestorsOf = (type: string): ReadonlySet<string> => {
    let known = ancestors.get(type);
    if (known === undefined) {
      const chain = new Set<string>([type]);
      if (type.includes('.')) {
        chain.add('BackboneElement').add('Element');
      } else {
        let definition = registry.findType(type)?.resource;
        while (definition?.baseDefinition !== undefined) {
          const base = definition.baseDefinition.slice(definition.baseDefinition.lastIndexOf('/') + 1);
          chain.add(base);
          definition = registry.findType(base)?.resource;
        }
      }
      known = chain;
      if (chain.size > 1) ancestors.set(type, known);
    }
    return known;
  };

  return {
    children: (type, name) => read(type)?.byName.get(name),
    properties: (type) => read(type)?.all ?? [],
    isSubtype: (type, ofType) => type === ofType || ancestorsOf(type).has(ofType),
    isPrimitive: (type) => /^[a-z]/.test(type) && registry.findType(type)?.resource.kind === 'primitive-type',
  };
}

function childrenOf(path: string, elements: readonly ElementDefinition[]): TypeChildren {
  const byName = new Map<string, Child[]>();
  const all: Child[] = [];
  for (const element of elements) {
    const stem = element.path.slice(0, element.path.lastIndexOf('.'));
    if (stem !== path) continue;
    const last = element.path.slice(stem.length + 1);
    const isChoice = last.endsWith('[x]');
    const name = isChoice ? last.slice(0, -3) : last;
    const list = byName.get(name) ?? [];
    byName.set(name, list);
    for (const type of typesOf(element)) {
      const property = isChoice ? `${name}${type.charAt(0).toUpperCase()}${type.slice(1)}` : name;
      const child = { property, type };
      list.push(child);
      all.push(child);
      if (isChoice) byName.set(property, [child]);
    }
  }
  return { byName, all };
}

function typesOf(element: ElementDefinition): readonly string[] {
  if (element.contentReference !== undefined) return [element.contentReference.slice(element.contentReference.indexOf('#') + 1)];
  const types = element.type ?? [];
  return types.map(({ code, extension }) => {
    if (isBackbone(code) && element.path.includes('.')) return element.path;
    if (!code.startsWith(SYSTEM_TYPE)) return code;
    const real = extension?.find(({ url }) => url === 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type');
    return real?.valueUrl ?? code.slice(SYSTEM_TYPE.length).toLowerCase();
  });
}
