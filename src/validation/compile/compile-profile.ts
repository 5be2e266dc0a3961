/** StructureDefinition with snapshot -> ProfilePlan: https://hl7.org/fhir/R4/profiling.html#snapshot */
import type { ElementDefinition, ElementDefinitionType, StructureDefinition } from 'fhir/r4.js';
import type { ConformanceEntry } from '../../conformance/conformance-registry.js';
import { type ElementNode, toElementTree } from '../../conformance/element-tree.js';
import { SYSTEM_TYPE } from '../../conformance/type-model.js';
import { toCanonical } from '../../fhir/canonical.js';
import type { ElementPlan, ProfilePlan, SlicingPlan, TypePlan } from '../plan.js';
import { RULE_COMPILERS } from './rules/index.js';

const FHIR_TYPE = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';

/** Undefined when the definition has no elements: nothing could be held against it. */
export function compileProfile(entry: ConformanceEntry<StructureDefinition>): ProfilePlan | undefined {
  const definition = entry.resource;
  const tree = toElementTree(definition.snapshot?.element ?? []);
  if (tree === undefined) return undefined;
  return {
    canonical: toCanonical(entry.url, entry.version),
    url: entry.url,
    type: definition.type,
    kind: definition.kind,
    isAbstract: definition.abstract,
    packageId: entry.packageId,
    baseDefinition: definition.baseDefinition,
    missingBase: entry.missingBase,
    faults: () => [
      ...(entry.shapeProblems ?? []).map((problem) => ({ ...problem, instead: 'it is left out' })),
      ...(entry.snapshotProblems ?? []),
    ],
    root: compileElement(tree, tree.element.path),
    contexts: (definition.context ?? []).map(({ type, expression }) => ({ type, expression })),
    contextInvariants: definition.contextInvariant ?? [],
  };
}

function compileElement(node: ElementNode, elementId: string): ElementPlan {
  const { element } = node;
  const max = element.max === undefined || element.max === '*' ? '*' : Number(element.max);
  const baseMax = element.base?.max ?? element.max ?? '*';
  return {
    elementId,
    name: node.name,
    sliceName: node.sliceName,
    basePath: element.base?.path ?? element.path,
    min: element.min ?? 0,
    max,
    isArray: baseMax !== '0' && baseMax !== '1',
    isModifier: element.isModifier === true,
    types: compileTypes(element),
    contentReference: element.contentReference?.slice(element.contentReference.indexOf('#') + 1),
    children: node.children.map((child) => compileElement(child, `${elementId}.${child.name}`)),
    slicing: compileSlicing(element),
    slices: node.slices.map((slice) => compileElement(slice, `${elementId}:${slice.sliceName}`)),
    rules: RULE_COMPILERS.flatMap((compile) => compile(element)),
  };
}

function compileTypes(element: ElementDefinition): readonly TypePlan[] {
  return (element.type ?? []).map((type) => ({
    code: codeOf(type, element),
    profiles: type.profile ?? [],
    targetProfiles: type.targetProfile ?? [],
    ...(type.aggregation !== undefined && type.aggregation.length > 0 && { aggregation: type.aggregation }),
    ...((type.versioning === 'independent' || type.versioning === 'specific') && { versioning: type.versioning }),
  }));
}

function codeOf(type: ElementDefinitionType, element: ElementDefinition): string {
  if (!type.code.startsWith(SYSTEM_TYPE)) return type.code;
  // R4 says that a resource's id is a string, and means an id: https://hl7.org/fhir/R4/resource.html#id
  if (element.base?.path === 'Resource.id') return 'id';
  const stated = type.extension?.find(({ url }) => url === FHIR_TYPE)?.valueUrl;
  return stated ?? type.code.slice(SYSTEM_TYPE.length).toLowerCase();
}

function compileSlicing({ slicing }: ElementDefinition): SlicingPlan | undefined {
  if (slicing === undefined) return undefined;
  return {
    discriminators: (slicing.discriminator ?? []).map(({ type, path }) => ({ type, path })),
    rules: slicing.rules,
    isOrdered: slicing.ordered === true,
  };
}
