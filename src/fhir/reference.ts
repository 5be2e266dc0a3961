/** What `Reference.reference` may hold: https://hl7.org/fhir/R4/references.html#literal */

export type ParsedReference =
  /** `Patient/1`, `Patient/1/_history/2`; the id may be empty or break the id rule. */
  | { readonly kind: 'relative'; readonly type: string; readonly id: string; readonly versionId: string | undefined }
  /** A URL that ends like the above: `https://example.org/base/Patient/1`. */
  | {
      readonly kind: 'absolute';
      readonly base: string;
      readonly type: string;
      readonly id: string;
      readonly versionId: string | undefined;
    }
  /** Any other absolute URI that is no urn. */
  | { readonly kind: 'uri'; readonly uri: string }
  /** `urn:uuid:…`, `urn:oid:…`, with any text behind. */
  | { readonly kind: 'urn'; readonly urn: string }
  /** `#id`; an empty id is the container itself. */
  | { readonly kind: 'contained'; readonly id: string }
  /** `Patient?identifier=…`: https://hl7.org/fhir/R4/http.html#trules */
  | { readonly kind: 'conditional'; readonly type: string; readonly query: string }
  | { readonly kind: 'malformed' };

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** Whether a text begins with the scheme of a URI. */
export function isAbsoluteUri(text: string): boolean {
  return SCHEME.test(text);
}

const RELATIVE = /^([A-Z][A-Za-z]*)(?:\/([^/]*))?(?:\/_history\/([^/]*))?$/;
/** Greedy, so that the last `Type/id` of the URL counts. */
const RESTFUL = /^(https?:\/\/.+)\/([A-Z][A-Za-z]+)\/([^/?#]*)(?:\/_history\/([^/?#]*))?$/;
const CONDITIONAL = /^([A-Z][A-Za-z]*)\?(.*)$/s;
const ID = /^[A-Za-z0-9.-]{1,64}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Never fails: what is none of the forms is `malformed`. */
export function parseReference(text: string): ParsedReference {
  if (text.startsWith('#')) return { kind: 'contained', id: text.slice(1) };
  if (isAbsoluteUri(text)) {
    if (text.slice(0, 4).toLowerCase() === 'urn:') return { kind: 'urn', urn: text };
    const [, base, type, id, versionId] = RESTFUL.exec(text) ?? [];
    if (base === undefined || type === undefined || id === undefined) return { kind: 'uri', uri: text };
    return { kind: 'absolute', base, type, id, versionId };
  }
  const [, queried, query] = CONDITIONAL.exec(text) ?? [];
  if (queried !== undefined && query !== undefined) return { kind: 'conditional', type: queried, query };
  const [, type, id, versionId] = RELATIVE.exec(text) ?? [];
  return type === undefined ? { kind: 'malformed' } : { kind: 'relative', type, id: id ?? '', versionId };
}

/** R4's rule for logical ids: https://hl7.org/fhir/R4/datatypes.html#id */
export function isId(text: string): boolean {
  return ID.test(text);
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}
