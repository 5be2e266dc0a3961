/** What a reference's text tells of its target: https://hl7.org/fhir/R4/references.html#literal */
import { isJsonObject, type JsonValue } from '../fhir/json.js';

const RESTFUL = /(?:^|\/)([A-Z][A-Za-z]{2,40})\/([A-Za-z0-9.-]{1,64})(?:\/_history\/([A-Za-z0-9.-]{1,64}))?$/;

export interface LiteralReference {
  readonly type: string;
  readonly id: string;
  /** The text without `/_history/…`. */
  readonly unversioned: string;
}

/** Undefined when the text does not end like a RESTful URL. */
export function parseLiteralReference(text: string): LiteralReference | undefined {
  const match = RESTFUL.exec(text);
  if (match === null) return undefined;
  const [, type = '', id = '', version] = match;
  return { type, id, unversioned: version === undefined ? text : text.slice(0, text.length - version.length - '/_history/'.length) };
}

export function referencedType(text: string): string | undefined {
  return parseLiteralReference(text)?.type;
}

/** Whether a Reference can point at that type: false only where its text or `type` names another one. */
export function referenceMayBe(value: JsonValue, type: string): boolean {
  if (!isJsonObject(value)) return false;
  const { reference, type: stated } = value;
  const named = typeof reference === 'string' ? referencedType(reference) : undefined;
  if (named !== undefined) return named === type;
  // a logical reference (identifier only) is the searched person's as long as it does not say otherwise
  return typeof stated === 'string' ? stated === type : true;
}
