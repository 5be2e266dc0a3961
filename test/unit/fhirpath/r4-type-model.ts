/** A TypeModel straight from R4's snapshots, independent of src/conformance. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Bundle, ElementDefinition, FhirResource, StructureDefinition } from 'fhir/r4.js';
import type { TypeModel } from '../../../src/fhirpath/fhirpath.js';

const folder = join(dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.core/package.json')), 'dist/fhir/r4');

export function readDefinitions(file: string): readonly FhirResource[] {
  const bundle = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Bundle;
  return (bundle.entry ?? []).flatMap((entry) => (entry.resource === undefined ? [] : [entry.resource as FhirResource]));
}

export function readStructureDefinitions(...files: readonly string[]): readonly StructureDefinition[] {
  return files.flatMap((file) => readDefinitions(file)).filter((resource) => resource.resourceType === 'StructureDefinition');
}

interface Child {
  readonly property: string;
  readonly type: string;
}

function childrenOf(element: ElementDefinition, name: string): readonly Child[] {
  if (element.contentReference !== undefined) return [{ property: name, type: element.contentReference.slice(1) }];
  const types = (element.type ?? []).map(({ code }) => code.replace('http://hl7.org/fhirpath/', ''));
  if (name.endsWith('[x]')) {
    const stem = name.slice(0, -3);
    return types.map((type) => ({ property: `${stem}${type.charAt(0).toUpperCase()}${type.slice(1)}`, type }));
  }
  return types.map((type) => ({
    property: name,
    type: type === 'BackboneElement' || (type === 'Element' && element.path.includes('.')) ? element.path : type,
  }));
}

export function createR4TypeModel(): TypeModel {
  const children = new Map<string, Map<string, readonly Child[]>>();
  const parents = new Map<string, string>();
  const primitives = new Set<string>();
  for (const definition of readStructureDefinitions('profiles-types.json', 'profiles-resources.json')) {
    if (definition.derivation === 'constraint') continue;
    if (definition.kind === 'primitive-type') primitives.add(definition.type);
    const parent = definition.baseDefinition?.split('/').at(-1);
    if (parent !== undefined) parents.set(definition.type, parent);
    for (const element of definition.snapshot?.element ?? []) {
      const at = element.path.lastIndexOf('.');
      if (at < 0) continue;
      const type = element.path.slice(0, at);
      const name = element.path.slice(at + 1);
      if (definition.kind === 'primitive-type' && name === 'value') continue;
      const names = children.get(type) ?? new Map<string, readonly Child[]>();
      names.set(name.replace('[x]', ''), childrenOf(element, name));
      children.set(type, names);
      if (at > element.path.indexOf('.') - 1 && type.includes('.')) parents.set(type, 'BackboneElement');
    }
  }
  parents.set('BackboneElement', 'Element');
  const isSubtype = (type: string, ofType: string): boolean => {
    for (let at: string | undefined = type; at !== undefined; at = parents.get(at)) {
      if (at === ofType) return true;
    }
    return false;
  };
  return {
    children: (type, name) => children.get(type)?.get(name),
    properties: (type) => [...(children.get(type)?.values() ?? [])].flat(),
    isSubtype,
    isPrimitive: (type) => primitives.has(type),
  };
}
