/** Resources of a Bundle by what references call them: https://hl7.org/fhir/R4/bundle.html#references */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { type ParsedReference, parseReference } from '../../fhir/reference.js';
import type { TypedNode } from '../../fhirpath/fhirpath.js';

interface EntryIndex {
  /** By fullUrl, and by `Type/id` for references that nothing makes absolute; in a history there may be several versions. */
  readonly byUrl: Map<string, TypedNode[]>;
  readonly fullUrls: Map<JsonObject, string>;
}

/** How many entries a reference may mean. */
export interface EntryMatches {
  readonly exact: number;
  /** Of those that have the reference's type and id. */
  readonly ofOtherVersions: number;
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

  /** The target of a reference that stands in the entry with this fullUrl: of the version that it states, where entries state theirs. */
  find(reference: string, from: string | undefined): TypedNode | undefined {
    const parsed = parseReference(reference);
    const all = this.#all(parsed, reference, from);
    const wanted = versionIdOf(parsed);
    if (wanted === undefined) return all[0];
    return all.find(({ value }) => versionOf(value) === wanted) ?? all.find(({ value }) => versionOf(value) === undefined);
  }

  /** A version that the reference states counts. */
  matches(reference: string, from: string | undefined): EntryMatches {
    const parsed = parseReference(reference);
    const all = this.#all(parsed, reference, from);
    const versionId = versionIdOf(parsed);
    const exact = versionId === undefined ? all.length : all.filter(({ value }) => versionOf(value) === versionId).length;
    return { exact, ofOtherVersions: all.length - exact };
  }

  #all(parsed: ParsedReference, reference: string, from: string | undefined): readonly TypedNode[] {
    const { byUrl } = this.#read();
    if (parsed.kind === 'relative') {
      const holder = from === undefined ? undefined : parseReference(from);
      const local = `${parsed.type}/${parsed.id}`;
      // of an entry without a base only type and id can be told
      return byUrl.get(holder?.kind === 'absolute' ? `${holder.base}/${local}` : local) ?? [];
    }
    return byUrl.get(parsed.kind === 'absolute' ? `${parsed.base}/${parsed.type}/${parsed.id}` : reference) ?? [];
  }

  #read(): EntryIndex {
    this.#index ??= indexEntries(this.#bundle);
    return this.#index;
  }
}

function indexEntries(bundle: JsonObject): EntryIndex {
  const byUrl = new Map<string, TypedNode[]>();
  const add = (url: string, node: TypedNode): void => {
    const known = byUrl.get(url);
    if (known === undefined) byUrl.set(url, [node]);
    else known.push(node);
  };
  const fullUrls = new Map<JsonObject, string>();
  const entries = bundle['entry'];
  for (const entry of Array.isArray(entries) ? entries : []) {
    if (!isJsonObject(entry) || !isJsonObject(entry['resource'])) continue;
    const { fullUrl, resource } = entry;
    const { resourceType: type, id } = resource as JsonObject;
    if (typeof type !== 'string') continue;
    if (typeof fullUrl === 'string') fullUrls.set(resource as JsonObject, fullUrl);
    const node: TypedNode = { value: resource as JsonObject, type };
    if (typeof fullUrl === 'string') add(fullUrl, node);
    const local = `${type}/${String(id)}`;
    if (typeof id === 'string' && local !== fullUrl) add(local, node);
  }
  return { byUrl, fullUrls };
}

function versionIdOf(parsed: ParsedReference): string | undefined {
  return parsed.kind === 'relative' || parsed.kind === 'absolute' ? parsed.versionId : undefined;
}

function versionOf(resource: TypedNode['value']): JsonValue | undefined {
  const meta = isJsonObject(resource) ? resource['meta'] : undefined;
  return isJsonObject(meta) ? meta['versionId'] : undefined;
}
