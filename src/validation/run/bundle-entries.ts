/** Resources of a Bundle by what references call them: https://hl7.org/fhir/R4/bundle.html#references */
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import { parseReference } from '../../fhir/reference.js';
import type { TypedNode } from '../../fhirpath/fhirpath.js';

export class BundleEntries {
  readonly #bundle: JsonObject;
  /** By fullUrl, and by `Type/id` for references that nothing makes absolute. */
  #byUrl: Map<string, TypedNode> | undefined;

  constructor(bundle: JsonObject) {
    this.#bundle = bundle;
  }

  /** fullUrl of the entry at this index. */
  fullUrl(index: number): string | undefined {
    const entries = this.#bundle['entry'];
    const entry = Array.isArray(entries) ? entries[index] : undefined;
    const fullUrl = isJsonObject(entry) ? entry['fullUrl'] : undefined;
    return typeof fullUrl === 'string' ? fullUrl : undefined;
  }

  /** The target of a reference that stands in the entry with this fullUrl; versions are not told apart. */
  find(reference: string, from: string | undefined): TypedNode | undefined {
    this.#byUrl ??= indexEntries(this.#bundle);
    const parsed = parseReference(reference);
    if (parsed.kind === 'relative') {
      const holder = from === undefined ? undefined : parseReference(from);
      const local = `${parsed.type}/${parsed.id}`;
      return (holder?.kind === 'absolute' ? this.#byUrl.get(`${holder.base}/${local}`) : undefined) ?? this.#byUrl.get(local);
    }
    if (parsed.kind === 'absolute') return this.#byUrl.get(`${parsed.base}/${parsed.type}/${parsed.id}`);
    return this.#byUrl.get(reference);
  }
}

function indexEntries(bundle: JsonObject): Map<string, TypedNode> {
  const byUrl = new Map<string, TypedNode>();
  const entries = bundle['entry'];
  for (const entry of Array.isArray(entries) ? entries : []) {
    if (!isJsonObject(entry) || !isJsonObject(entry['resource'])) continue;
    const { fullUrl, resource } = entry;
    const { resourceType: type, id } = resource as JsonObject;
    if (typeof type !== 'string') continue;
    const node: TypedNode = { value: resource as JsonObject, type };
    if (typeof fullUrl === 'string' && !byUrl.has(fullUrl)) byUrl.set(fullUrl, node);
    if (typeof id === 'string' && !byUrl.has(`${type}/${id}`)) byUrl.set(`${type}/${id}`, node);
  }
  return byUrl;
}
