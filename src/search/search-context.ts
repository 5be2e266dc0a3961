/** What the execution of a search is given besides the request. */
import type { SearchLimits } from '../conformance/api-config.js';
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import type { Namespace, Store } from '../storage/store.js';
import type { SearchEngine } from './search-engine.js';

export interface SearchContext {
  readonly store: Pick<Store, 'search' | 'getMany' | 'count'>;
  readonly namespace: Namespace;
  readonly search: Pick<SearchEngine, 'referencesOf' | 'canonicalsOf'>;
  readonly conformance: ConformanceRegistry;
  /** Public URL of the API without a slash at the end. */
  readonly baseUrl: string;
  /** Whether the caller may read resources of this type: others are not included, and cannot be chained through. Default: all. */
  readonly mayRead?: (type: string) => boolean;
  readonly limits?: Partial<SearchLimits>;
}

/** A reference to this server as a relative one. */
export function toLocal(reference: string, baseUrl: string): string {
  return reference.startsWith(`${baseUrl}/`) ? reference.slice(baseUrl.length + 1) : reference;
}
