/**
 * Links between the entries of a transaction: https://hl7.org/fhir/R4/http.html#trules and, for what a reference means in a
 * Bundle, https://hl7.org/fhir/R4/bundle.html#references
 */
import type { ConformanceRegistry } from '../../conformance/conformance-registry.js';
import { isJsonObject, type JsonObject, type JsonPath } from '../../fhir/json.js';
import { type Replacement, spliceValues } from '../../fhir/json-text.js';
import { parseReference } from '../../fhir/reference.js';
import { type Place, walkResource } from '../walk-resource.js';
import type { EntryDocument } from './entry-document.js';

/** Types whose whole value may be the URL of another entry. R4 names oid and uuid too, but `Type/id` is neither. */
const LINK_TYPES: ReadonlySet<string> = new Set(['uri', 'url', 'canonical']);
const NARRATIVE_LINK = /(\s(?:href|src|id)\s*=\s*)("[^"]*"|'[^']*')/g;

export class LinkMap {
  /** `Type/id`, or what there is to say of the entry, by fullUrl. */
  readonly #targets = new Map<string, string>();

  get size(): number {
    return this.#targets.size;
  }

  has(fullUrl: string): boolean {
    return this.#targets.has(fullUrl);
  }

  add(fullUrl: string, target: string): void {
    this.#targets.set(fullUrl, target);
  }

  /** Target of the entry with exactly this fullUrl. */
  findExact(url: string): string | undefined {
    return this.#targets.get(url);
  }

  /** Target of the entry that a reference means which stands in an entry with this fullUrl; undefined: none of them. */
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

export interface EntryLinks {
  /** `Type/id` by the fullUrl of an entry. */
  readonly links: LinkMap;
  /** `deletes Patient/1`, by the fullUrl of an entry that leaves no resource to refer to. */
  readonly deadEnds: LinkMap;
  /** `Type/id` by the text of a reference that is a search. */
  readonly conditional: ReadonlyMap<string, string>;
}

export interface DeadEnd {
  readonly reference: string;
  /** What the entry does. */
  readonly reason: string;
  readonly expression: string;
}

/** Writes into the document's value and text what its links stand for; returns the references that lead to no resource. */
export function replaceLinks(
  document: EntryDocument,
  fullUrl: string | undefined,
  { links, deadEnds, conditional }: EntryLinks,
  conformance: ConformanceRegistry,
): readonly DeadEnd[] {
  const found: DeadEnd[] = [];
  if (links.size + deadEnds.size + conditional.size === 0) return found;
  const replacements: Replacement[] = [];
  const scopes = new Scopes();
  walkResource(document.value, conformance, {
    reference: (reference, text, place) => {
      if (scopes.answer(text, place)) return;
      const from = place.isNested ? place.fullUrl : fullUrl;
      const reason = deadEnds.size === 0 ? undefined : deadEnds.find(text.replace(/#.*$/s, ''), from);
      if (reason !== undefined) found.push({ reference: text, reason, expression: `${place.expression()}.reference` });
      const target = conditional.get(text) ?? links.find(text, from);
      if (target === undefined || target === text) return;
      replacements.push({ path: [...place.path(), 'reference'], json: JSON.stringify(target) });
      reference['reference'] = target;
    },
    text: (text, type, place) => {
      if (type !== 'xhtml' && (!LINK_TYPES.has(type) || isName(text, place.path()) || scopes.answer(text, place))) return undefined;
      const target =
        type === 'xhtml'
          ? replaceInNarrative(text, (url) =>
              scopes.answer(url, place) ? undefined : links.find(url, place.isNested ? place.fullUrl : fullUrl),
            )
          : links.findExact(text);
      if (target === undefined || target === text) return undefined;
      replacements.push({ path: place.path(), json: JSON.stringify(target) });
      return target;
    },
  });
  document.text = spliceValues(document.text, replacements);
  return found;
}

/** The full URLs of Bundles that are stored as such: what one of their own entries answers leads there, and not out of them. */
class Scopes {
  readonly #own = new Map<JsonObject, LinkMap>();

  answer(url: string, { bundles, fullUrl }: Place): boolean {
    return bundles.some((bundle) => this.#of(bundle).find(url, fullUrl) !== undefined);
  }

  #of(bundle: JsonObject): LinkMap {
    let own = this.#own.get(bundle);
    if (own === undefined) {
      own = new LinkMap();
      const entries = bundle['entry'];
      for (const entry of Array.isArray(entries) ? entries : []) {
        const fullUrl = isJsonObject(entry) ? entry['fullUrl'] : undefined;
        if (typeof fullUrl === 'string') own.add(fullUrl, fullUrl);
      }
      this.#own.set(bundle, own);
    }
    return own;
  }
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

function replaceInNarrative(xhtml: string, find: (url: string) => string | undefined): string {
  return xhtml.replace(NARRATIVE_LINK, (whole, attribute: string, quoted: string) => {
    const quote = quoted.charAt(0);
    const target = find(quoted.slice(1, -1).replaceAll('&amp;', '&').trim());
    return target === undefined ? whole : `${attribute}${quote}${target}${quote}`;
  });
}
