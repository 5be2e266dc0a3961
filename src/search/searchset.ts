/** The searchset Bundle as text: resources are joined as they are stored. https://hl7.org/fhir/R4/bundle.html#searchset */
import { toOperationOutcome } from '../fhir/operation-outcome.js';
import type { ResourceVersion } from '../storage/store.js';
import type { SearchsetPage } from './execute-search.js';
import { CURSOR_PARAMETER } from './parse-search-request.js';
import type { SearchPair, SearchRequest } from './search-engine.js';

export interface BundleLink {
  readonly relation: 'self' | 'first' | 'next' | 'previous';
  readonly url: string;
}

/**
 * Links of a page: `self` says what was understood. `searchUrl` is the URL that was searched, without query. Who pages by
 * `_offset` goes on by it, and can go back; otherwise the cursor leads on, which stays right while others write.
 */
export function toSearchsetLinks(
  request: Pick<SearchRequest, 'understood' | 'paging' | 'count' | 'offset' | 'after' | 'fingerprint'>,
  page: Pick<SearchsetPage, 'next'>,
  searchUrl: string,
): readonly BundleLink[] {
  const { understood, paging, count, offset, after, fingerprint } = request;
  const toUrl = (more: readonly SearchPair[]): string => {
    const query = [...understood, ...more].map(([name, value]) => `${encodePart(name)}=${encodePart(value)}`).join('&');
    return query === '' ? searchUrl : `${searchUrl}?${query}`;
  };
  const size: SearchPair = ['_count', String(count)];
  const given: readonly SearchPair[] = paging.has('_count') ? [size] : [];
  const byOffset = paging.has('_offset');
  const here: readonly SearchPair[] = [
    ...given,
    ...(byOffset ? [['_offset', String(offset)] as const] : []),
    ...(after === undefined ? [] : [[CURSOR_PARAMETER, `${fingerprint}.${after}`] as const]),
  ];
  const links: BundleLink[] = [{ relation: 'self', url: toUrl(here) }];
  if (after !== undefined || offset > 0) links.push({ relation: 'first', url: toUrl(byOffset ? [...given, ['_offset', '0']] : given) });
  if (byOffset && after === undefined && offset > 0) {
    links.push({ relation: 'previous', url: toUrl([size, ['_offset', String(Math.max(0, offset - count))]]) });
  }
  if (page.next !== undefined) {
    const isOffset = byOffset && after === undefined;
    const onwards: SearchPair = isOffset ? ['_offset', String(offset + count)] : [CURSOR_PARAMETER, `${fingerprint}.${page.next}`];
    links.push({ relation: 'next', url: toUrl([size, onwards]) });
  }
  return links;
}

/** Characters that a query may hold and people read easily stay as they are. */
function encodePart(text: string): string {
  return encodeURIComponent(text).replace(/%(3A|2F|2C|24)/g, (encoded) => decodeURIComponent(encoded));
}

/** `baseUrl`: public URL of the API without a slash at the end. */
export function serializeSearchset(page: SearchsetPage, links: readonly BundleLink[], baseUrl: string): string {
  const parts = ['{"resourceType":"Bundle","type":"searchset"'];
  if (page.total !== undefined) parts.push(`,"total":${page.total}`);
  if (links.length > 0) parts.push(`,"link":${JSON.stringify(links)}`);
  const entries: string[] = [];
  const add = ({ type, id, json }: ResourceVersion, mode: 'match' | 'include'): void => {
    if (json === undefined) return;
    const fullUrl = JSON.stringify(`${baseUrl}/${type}/${id}`);
    const text = page.projection === undefined ? json : page.projection(type, json);
    entries.push(`{"fullUrl":${fullUrl},"resource":${text},"search":{"mode":"${mode}"}}`);
  };
  for (const version of page.matches) add(version, 'match');
  for (const version of page.includes) add(version, 'include');
  if (page.warnings.length > 0) {
    entries.push(`{"resource":${JSON.stringify(toOperationOutcome(page.warnings))},"search":{"mode":"outcome"}}`);
  }
  // an empty array is no JSON of FHIR
  if (entries.length > 0) parts.push(`,"entry":[${entries.join(',')}]`);
  parts.push('}');
  return parts.join('');
}
