/** What a Reference says of itself: its form, and the type that it states. https://hl7.org/fhir/R4/references.html#literal */
import { withArticle } from '../../fhir/article.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { isId, type ParsedReference, parseReference } from '../../fhir/reference.js';
import type { LinkServices } from '../link/item-rule.js';
import { findContained } from './contained-resource.js';
import { faultOfUrn } from './primitive.js';
import type { Run } from './run.js';

const R4_TYPES = 'http://hl7.org/fhir/StructureDefinition/';
const REFERENCE_STEP = { property: 'reference', expression: 'reference' };
const TYPE_STEP = { property: 'type', expression: 'type' };

/** Nothing is wrong with the form of these. */
const PLAIN = /^(?:#\S*|https?:\/\/\S+)$/;

export function checkReference(run: Run, value: JsonValue | undefined, { conformance }: LinkServices): void {
  if (!isJsonObject(value)) return;
  const { reference, type } = value;
  // of an empty text the type speaks
  if (typeof reference !== 'string' || reference === '') return;
  const { resourceTypes } = conformance;
  if (!isPlainRelative(reference, resourceTypes) && !PLAIN.test(reference)) checkForm(run, reference, resourceTypes);
  if (typeof type === 'string') checkType(run, reference, type, resourceTypes);
}

/** `Type/id`, as most are. */
function isPlainRelative(reference: string, resourceTypes: ReadonlySet<string>): boolean {
  const slash = reference.indexOf('/');
  return slash > 0 && resourceTypes.has(reference.slice(0, slash)) && isId(reference.slice(slash + 1));
}

function checkForm(run: Run, reference: string, resourceTypes: ReadonlySet<string>): void {
  const fault = findFault(reference, parseReference(reference), resourceTypes);
  if (fault === undefined) return;
  const shown = JSON.stringify(reference.slice(0, 200));
  run.path.push(REFERENCE_STEP);
  run.add(fault.isError ? 'error' : 'warning', 'invalid', 'reference-form', `${shown} is no reference: ${fault.text}`);
  run.path.pop();
}

interface Fault {
  readonly text: string;
  readonly isError: boolean;
}

function findFault(reference: string, parsed: ParsedReference, resourceTypes: ReadonlySet<string>): Fault | undefined {
  if (/\s/.test(reference) && parsed.kind !== 'conditional') return { text: 'it has white space', isError: true };
  switch (parsed.kind) {
    case 'malformed':
      return { text: 'Type/id, a whole URL, #id of a contained resource, or a urn is wanted', isError: true };
    case 'urn': {
      const wanted = faultOfUrn(reference);
      // whoever sends a Bundle names links like this, and the reference validator lets them
      return wanted === undefined ? undefined : { text: `${wanted} is wanted`, isError: false };
    }
    case 'conditional':
      return resourceTypes.has(parsed.type) ? undefined : { text: `R4 has no resource type '${parsed.type.slice(0, 64)}'`, isError: true };
    case 'relative': {
      if (!resourceTypes.has(parsed.type)) return { text: `R4 has no resource type '${parsed.type.slice(0, 64)}'`, isError: true };
      if (parsed.id === '') return { text: 'it has no id behind its type', isError: true };
      const isFit = isId(parsed.id) && (parsed.versionId === undefined || isId(parsed.versionId));
      // one of R4's own is longer
      return isFit ? undefined : { text: 'an id is 1 to 64 letters (A-Z, a-z), digits, - and .', isError: false };
    }
    default:
      return undefined;
  }
}

/** «The type SHALL be consistent» with what the reference leads to: https://hl7.org/fhir/R4/references-definitions.html#Reference.type */
function checkType(run: Run, reference: string, type: string, resourceTypes: ReadonlySet<string>): void {
  const stated = type.startsWith(R4_TYPES) ? type.slice(R4_TYPES.length) : type;
  // an abstract or unknown one may be of any
  if (!resourceTypes.has(stated)) return;
  const found = typeOfTarget(run, reference);
  if (found === undefined || found === stated || !resourceTypes.has(found)) return;
  run.path.push(TYPE_STEP);
  run.error(
    'invalid',
    'reference-type',
    `The type is stated as ${stated}, and the reference leads to ${withArticle(found)}: correct one of them`,
  );
  run.path.pop();
}

function typeOfTarget(run: Run, reference: string): string | undefined {
  const parsed = parseReference(reference);
  const { scope } = run;
  const root = scope?.root.value;
  if (parsed.kind === 'contained') {
    if (root === undefined) return undefined;
    return typeOf(parsed.id === '' ? root : findContained(root, parsed.id));
  }
  const resolved = scope?.bundle?.find(reference, scope.fullUrl)?.value;
  return isJsonObject(resolved) ? typeOf(resolved) : 'type' in parsed ? parsed.type : undefined;
}

function typeOf(resource: JsonObject | undefined): string | undefined {
  const type = resource?.['resourceType'];
  return typeof type === 'string' ? type : undefined;
}
