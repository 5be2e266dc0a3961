/** Values of a FHIRPath Patch, those by parts too: https://hl7.org/fhir/R4/fhirpatch.html */
import type { ConformanceRegistry } from '../../conformance/conformance-registry.js';
import { cloneJsonTree, type JsonTree } from '../../fhir/json-tree.js';
import type { TypeModel } from '../../fhirpath/fhirpath.js';
import { type ElementItem, readItems, writeItems } from './element-items.js';
import { findChoice, isRepeating } from './element-model.js';
import type { SentPart, SentValue } from './fhirpath-patch-operation.js';

/** What no resource can be patched with, as half a sentence. */
export class ValueFault extends Error {}

/** `type`: that of the element. Throws `ValueFault` for parts that it has not. */
export function buildItem(sent: SentValue, type: string, model: TypeModel, conformance: ConformanceRegistry): ElementItem {
  switch (sent.kind) {
    case 'value':
      return {
        value: sent.value === undefined ? undefined : cloneJsonTree(sent.value),
        companion: sent.companion === undefined ? undefined : (cloneJsonTree(sent.companion) as JsonTree),
      };
    case 'resource':
      return { value: cloneJsonTree(sent.resource), companion: undefined };
    case 'parts':
      return { value: buildElement(sent.parts, type, model, conformance), companion: undefined };
  }
}

function buildElement(parts: readonly SentPart[], type: string, model: TypeModel, conformance: ConformanceRegistry): JsonTree {
  if (model.isPrimitive(type)) throw new ValueFault(`the value of a ${type} has no parts: wanted is its value[x]`);
  const element: JsonTree = {};
  for (const { name, sent } of parts) {
    const shown = `${type}.${name.slice(0, 64)}`;
    const choices = model.children(type, name);
    if (choices === undefined) throw new ValueFault(`there is no element ${shown}`);
    const child = findChoice(choices, sent.kind === 'value' ? sent.suffix : undefined);
    if (child === undefined) throw new ValueFault(`the value of ${shown} is of no type that it may have`);
    const list = isRepeating(conformance, type, child.property);
    const items = readItems(element, child.property);
    if (!list && items.length > 0) throw new ValueFault(`${shown} stands twice, and may stand once only`);
    writeItems(element, child.property, [...items, buildItem(sent, child.type, model, conformance)], list);
  }
  return element;
}
