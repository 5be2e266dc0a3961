/** `_include` through canonical references: https://hl7.org/fhir/R4/references.html#canonical */
import { parseCanonical } from '../fhir/canonical.js';
import { isJsonObject, type JsonObject } from '../fhir/json.js';
import type { ResourceVersion } from '../storage/store.js';
import type { SearchContext } from './search-context.js';
import type { IncludeDirective } from './search-engine.js';

/** What the canonicals of these resources name, in one search of their `url`; one without a version means every version. */
export async function includeCanonicals(
  context: SearchContext,
  sources: readonly { readonly resource: JsonObject; readonly directives: readonly IncludeDirective[] }[],
  limit: number,
): Promise<readonly ResourceVersion[]> {
  const types = new Set<string>();
  const wanted = new Map<string, Set<string | undefined>>();
  for (const { resource, directives } of sources) {
    for (const { param, targetType } of directives) {
      for (const { canonical, targets } of context.search.canonicalsOf(resource, param)) {
        const { url, version } = parseCanonical(canonical);
        wanted.set(url, (wanted.get(url) ?? new Set()).add(version));
        for (const type of targets) if ((targetType ?? type) === type && canBeNamed(context, type)) types.add(type);
      }
    }
  }
  if (types.size === 0) return [];
  const criterion = { op: 'term', param: 'url', values: [...wanted.keys()] } as const;
  const page = await context.store.search({ namespace: context.namespace, types: [...types], criterion, limit, total: false });
  return page.matches.filter(({ json }) => {
    const resource: unknown = json === undefined ? undefined : JSON.parse(json);
    if (!isJsonObject(resource)) return false;
    const versions = wanted.get(String(resource['url']));
    return versions?.has(undefined) === true || versions?.has(String(resource['version'])) === true;
  });
}

/** Whether the caller may read the type, and it has a canonical URL. */
function canBeNamed({ conformance, mayRead }: SearchContext, type: string): boolean {
  return mayRead?.(type) !== false && conformance.searchParametersOf(type).some(({ code }) => code === 'url');
}
