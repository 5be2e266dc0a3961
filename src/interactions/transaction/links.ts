/**
 * Links between the entries of a transaction: https://hl7.org/fhir/R4/http.html#trules and, for what a reference means in a
 * Bundle, https://hl7.org/fhir/R4/bundle.html#references
 */
import type { ConformanceRegistry } from '../../conformance/conformance-registry.js';
import type { JsonPath } from '../../fhir/json.js';
import { type Replacement, spliceValues } from '../../fhir/json-text.js';
import { parseReference } from '../../fhir/reference.js';
import { walkResource } from '../walk-resource.js';
import type { EntryDocument } from './entry-document.js';

/** Types whose whole value may be the URL of another entry. */
const LINK_TYPES: ReadonlySet<string> = new Set(['uri', 'url', 'canonical', 'oid', 'uuid']);
const NARRATIVE_LINK = /(\s(?:href|src|id)\s*=\s*)("[^"]*"|'[^']*')/g;

export class LinkMap {
  /** `Type/id` by fullUrl. */
  readonly #targets = new Map<string, string>();

  get size(): number {
    return this.#targets.size;
  }

  has(fullUrl: string): boolean {
    return this.#targets.has(fullUrl);
  }

  add(fullUrl: string, type: string, id: string): void {
    this.#targets.set(fullUrl, `${type}/${id}`);
  }

  /** `Type/id` of the entry with exactly this fullUrl. */
  findExact(url: string): string | undefined {
    return this.#targets.get(url);
  }

  /** `Type/id` of the entry that a reference means which stands in an entry with this fullUrl; undefined: none of them. */
  find(reference: string, fullUrl: string | undefined): string | undefined {
    const exact = this.#targets.get(reference);
    if (exact !== undefined) return exact;
    const hash = reference.indexOf('#');
    if (hash > 0) {
      const target = this.find(reference.slice(0, hash), fullUrl);
      return target === undefined ? undefined : target + reference.slice(hash);
    }
    const parsed = parseReference(reference);
    // the version that it names is one of the sender's own
    if (parsed.kind === 'absolute') return this.#targets.get(`${parsed.base}/${parsed.type}/${parsed.id}`);
    if (parsed.kind !== 'relative' || fullUrl === undefined) return undefined;
    const own = parseReference(fullUrl);
    return own.kind === 'absolute' ? this.#targets.get(`${own.base}/${parsed.type}/${parsed.id}`) : undefined;
  }
}

/** Writes into the document's value and text what its links stand for. `conditional`: `Type/id` by the text of a reference that is a search. */
export function replaceLinks(
  document: EntryDocument,
  fullUrl: string | undefined,
  links: LinkMap,
  conditional: ReadonlyMap<string, string>,
  conformance: ConformanceRegistry,
): void {
  if (links.size === 0 && conditional.size === 0) return;
  const replacements: Replacement[] = [];
  walkResource(document.value, conformance, {
    reference: (reference, text, place) => {
      const target = place.isNested ? undefined : (conditional.get(text) ?? links.find(text, fullUrl));
      if (target === undefined || target === text) return;
      replacements.push({ path: [...place.path(), 'reference'], json: JSON.stringify(target) });
      reference['reference'] = target;
    },
    text: (text, type, place) => {
      if (place.isNested || (type !== 'xhtml' && (!LINK_TYPES.has(type) || isName(text, place.path())))) return undefined;
      const target = type === 'xhtml' ? replaceInNarrative(text, fullUrl, links) : links.findExact(text);
      if (target === undefined || target === text) return undefined;
      replacements.push({ path: place.path(), json: JSON.stringify(target) });
      return target;
    },
  });
  document.text = spliceValues(document.text, replacements);
}

/**
 * URLs that are names and lead nowhere: the url of a definition is its identity, wherever it is stored; so are an extension's
 * url, the system of a code or an identifier, and the profiles that a resource claims. A urn that an entry has is nothing else.
 */
function isName(text: string, path: JsonPath): boolean {
  if (text.startsWith('urn:')) return false;
  const names = path.filter((step) => typeof step === 'string');
  const holder = names.at(-2);
  switch (names.at(-1)) {
    case 'system':
      return true;
    case 'profile':
      return holder === 'meta';
    case 'url':
      return holder === undefined || holder === 'extension' || holder === 'modifierExtension';
    default:
      return false;
  }
}

function replaceInNarrative(xhtml: string, fullUrl: string | undefined, links: LinkMap): string {
  return xhtml.replace(NARRATIVE_LINK, (whole, attribute: string, quoted: string) => {
    const quote = quoted.charAt(0);
    const target = links.find(quoted.slice(1, -1).replaceAll('&amp;', '&').trim(), fullUrl);
    return target === undefined ? whole : `${attribute}${quote}${target}${quote}`;
  });
}
