/**
 * The definitions package carries edits of its publisher: elements of R5 and of its own in R4's types. HL7's data elements, one
 * definition for each element of R4, are in the package as HL7 made them, and here say what R4 has.
 */
import type { Bundle, ElementDefinition, StructureDefinition } from 'fhir/r4.js';
import { cloneJson } from '../fhir/clone-json.js';

const LONGEST_ID = 64;

/** R4's own elements by path; elements that only hold others have no data element. */
export type DataElements = ReadonlyMap<string, ElementDefinition>;

export function readDataElements(bundle: Bundle<StructureDefinition>): DataElements {
  const elements = new Map<string, ElementDefinition>();
  for (const { resource } of bundle.entry ?? []) {
    const element = resource?.snapshot?.element[0];
    // a path comes again for the profiles of its type, such as SimpleQuantity
    if (element !== undefined && !elements.has(element.path)) elements.set(element.path, element);
  }
  return elements;
}

/** Search parameters that R4 does not have, though they bear its version. */
const ADDED = new Set(['DetectedIssue-status', 'ServiceRequest-order-detail'].map((id) => `http://hl7.org/fhir/SearchParameter/${id}`));

/** Whether a definition belongs to R4 at all. */
export function isOfR4({ url, version }: { readonly url?: unknown; readonly version?: unknown }): boolean {
  if (typeof url === 'string' && ADDED.has(url)) return false;
  return !(typeof version === 'string' && /^(4\.[1-9]|[5-9])\./.test(version));
}

/** The snapshot of a type of R4 as HL7 published it; other definitions are left as they are. */
export function restoreType(definition: StructureDefinition, dataElements: DataElements): StructureDefinition {
  const { snapshot, differential, derivation } = definition;
  if (snapshot === undefined || differential === undefined || derivation === 'constraint') return definition;
  const own = new Map(differential.element.map((element) => [element.path, element]));
  const dropped = new Set<string>();
  const elements: ElementDefinition[] = [];
  for (const element of snapshot.element) {
    const { path } = element;
    if (dropped.has(parentOf(path)) || !isR4Element(element, own, dataElements)) dropped.add(path);
    else elements.push(restoreElement(element, own.get(path), dataElements.get(path)));
  }
  const previous = new Map<string, string>();
  for (const { path } of differential.element) {
    const parent = parentOf(path);
    const missing = dataElements.get(path);
    if (missing !== undefined && elements.every((element) => element.path !== path)) insert(elements, missing, previous.get(parent));
    previous.set(parent, path);
  }
  return { ...definition, snapshot: { ...snapshot, element: elements } };
}

function isR4Element(element: ElementDefinition, own: ReadonlyMap<string, ElementDefinition>, dataElements: DataElements): boolean {
  const { path, base, contentReference } = element;
  // roots, and what is inherited
  if (!path.includes('.') || base === undefined || base.path !== path) return true;
  if (dataElements.has(path)) return true;
  if (!own.has(path)) return false;
  // those that hold others have no data element, nor have those whose id would be too long
  if (contentReference !== undefined || `de-${path}`.length > LONGEST_ID) return true;
  return [...dataElements.keys()].some((known) => known.startsWith(`${path}.`));
}

/** Of the differential only what holds others is taken: for the rest the data element speaks. */
function restoreElement(
  element: ElementDefinition,
  own: ElementDefinition | undefined,
  dataElement: ElementDefinition | undefined,
): ElementDefinition {
  if (!element.path.includes('.') || element.base?.path !== element.path) return element;
  const { min, max, type, binding } = dataElement ?? { ...element, min: own?.min ?? element.min, max: own?.max ?? element.max };
  const restored: ElementDefinition = { ...element, base: { path: element.path, min: min ?? 0, max: max ?? '1' } };
  for (const [key, value] of Object.entries({ min, max, type, binding })) {
    if (value !== undefined) Object.assign(restored, { [key]: value });
  }
  if (dataElement === undefined && element.constraint !== undefined) {
    const keys = new Set((own?.constraint ?? []).map(({ key }) => key));
    restored.constraint = element.constraint.filter(({ key }) => keys.has(key) || key === 'ele-1');
  }
  return restored;
}

/** Behind the sibling that R4 has before it, or behind what is inherited; it takes what every element has from the last of its siblings. */
function insert(elements: ElementDefinition[], missing: ElementDefinition, previous: string | undefined): void {
  const parent = parentOf(missing.path);
  const after = elements.findLastIndex(({ path, base }) =>
    previous === undefined
      ? path === parent || (parentOf(path) === parent && base !== undefined && base.path !== path)
      : path === previous || path.startsWith(`${previous}.`),
  );
  const sibling = elements.findLast(({ path, type }) => parentOf(path) === parent && type?.[0]?.code !== 'Extension');
  const { path, min = 0, max = '1' } = missing;
  const element = { ...missing, id: path, base: { path, min, max } };
  if (sibling?.constraint !== undefined) element.constraint = cloneJson(sibling.constraint);
  elements.splice(after + 1, 0, element);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('.'));
}
