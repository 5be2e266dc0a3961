/** Resources of a Bundle by what references call them: https://hl7.org/fhir/R4/bundle.html#references */
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import { parseReference } from '../../fhir/reference.js';
import type { TypedNode } from '../../fhirpath/fhirpath.js';

interface EntryIndex {
  /** By fullUrl, and by `Type/id` for references that nothing makes absolute. */
  readonly byUrl: Map<string, TypedNode>;
  readonly fullUrls: Map<JsonObject, string>;
}

export class BundleEntries {
  readonly #bundle: JsonObject;
  #index: EntryIndex | undefined;

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

  fullUrlOf(resource: JsonObject): string | undefined {
    return this.#read().fullUrls.get(resource);
  }

  /** The target of a reference that stands in the entry with this fullUrl; versions are not told apart. */
  find(reference: string, from: string | undefined): TypedNode | undefined {
    const { byUrl } = this.#read();
    const parsed = parseReference(reference);
    if (parsed.kind === 'relative') {
      const holder = from === undefined ? undefined : parseReference(from);
      const local = `${parsed.type}/${parsed.id}`;
      // of an entry without a base only type and id can be told
      return byUrl.get(holder?.kind === 'absolute' ? `${holder.base}/${local}` : local);
    }
    if (parsed.kind === 'absolute') return byUrl.get(`${parsed.base}/${parsed.type}/${parsed.id}`);
    return byUrl.get(reference);
  }

  #read(): EntryIndex {
    this.#index ??= indexEntries(this.#bundle);
    return this.#index;
  }
}

function indexEntries(bundle: JsonObject): EntryIndex {
  const byUrl = new Map<string, TypedNode>();
  const fullUrls = new Map<JsonObject, string>();
  const entries = bundle['entry'];
  for (const entry of Array.isArray(entries) ? entries : []) {
    if (!isJsonObject(entry) || !isJsonObject(entry['resource'])) continue;
    const { fullUrl, resource } = entry;
    const { resourceType: type, id } = resource as JsonObject;
    if (typeof type !== 'string') continue;
    if (typeof fullUrl === 'string') fullUrls.set(resource as JsonObject, fullUrl);
    const node: TypedNode = { value: resource as JsonObject, type };
    if (typeof fullUrl === 'string' && !byUrl.has(fullUrl)) byUrl.set(fullUrl, node);
    if (typeof id === 'string' && !byUrl.has(`${type}/${id}`)) byUrl.set(`${type}/${id}`, node);
  }
  return { byUrl, fullUrls };
}
