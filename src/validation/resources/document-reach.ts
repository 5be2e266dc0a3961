/** What belongs to a document: its Composition, and what that leads to. https://hl7.org/fhir/R4/documents.html#content */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { BundleEntries } from '../run/bundle-entries.js';
import type { Run } from '../run/run.js';
import { at, objectsOf, pushTo, textOf } from './objects.js';

/** Text that may be a link: of no white space, and longer ones are data. */
const LINK = /^\S{1,2000}$/;

/** A resource of the document, and whom its links lead to. */
interface Part {
  readonly resource: JsonObject;
  readonly fullUrl: string | undefined;
  readonly index: number;
}

/** At a Bundle that is a document. */
export function checkReach(run: Run, bundle: JsonObject, entries: BundleEntries): void {
  const parts = partsOf(bundle);
  const [composition, ...others] = parts;
  if (composition === undefined || others.length === 0) return;
  const reached = findReached(bundle, parts, entries);
  for (const { resource, index } of others) {
    if (reached.has(resource)) continue;
    const text = `Nothing leads from the Composition to this ${String(resource['resourceType']).slice(0, 64)}: refer to it, or leave it out of the document`;
    at(run, 'entry', index, () => run.add('warning', 'informational', 'document-reach', text));
  }
}

function partsOf(bundle: JsonObject): readonly Part[] {
  const { entry } = bundle;
  if (!Array.isArray(entry)) return [];
  return entry.flatMap((one, index) => {
    const resource = isJsonObject(one) ? one['resource'] : undefined;
    return isJsonObject(one) && isJsonObject(resource) ? [{ resource, fullUrl: textOf(one['fullUrl']), index }] : [];
  });
}

function findReached(bundle: JsonObject, parts: readonly Part[], entries: BundleEntries): ReadonlySet<JsonObject> {
  const byUrl = new Map<string, JsonObject>();
  for (const { resource } of parts) {
    const url = textOf(resource['url']);
    if (url !== undefined) byUrl.set(url, resource);
  }
  const targets = new Map<JsonObject, JsonObject[]>();
  for (const { resource, fullUrl } of parts) {
    const isProvenance = resource['resourceType'] === 'Provenance';
    forEachText(resource, (text) => {
      const target = entries.find(text, fullUrl)?.value ?? byUrl.get(text.split('|', 1)[0] as string);
      if (!isJsonObject(target)) return;
      pushTo(targets, resource, target);
      // a Provenance belongs to what it is about
      if (isProvenance) pushTo(targets, target, resource);
    });
  }
  const open = parts.slice(0, 1).map(({ resource }) => resource);
  // a stylesheet is linked from the Bundle
  for (const { url } of objectsOf(bundle['link'])) {
    const linked = typeof url === 'string' ? entries.find(url, parts[0]?.fullUrl)?.value : undefined;
    if (isJsonObject(linked)) open.push(linked);
  }
  const reached = new Set<JsonObject>(open);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const target of targets.get(next) ?? []) {
      if (reached.size < reached.add(target).size) open.push(target);
    }
  }
  return reached;
}

/** Texts of a resource that may be links, each as often as it stands there. */
function forEachText(value: JsonValue | undefined, visit: (text: string) => void): void {
  if (typeof value === 'string') {
    if ((value.includes('/') || value.includes(':')) && LINK.test(value)) visit(value);
  } else if (Array.isArray(value)) {
    for (const item of value) forEachText(item, visit);
  } else if (isJsonObject(value)) {
    for (const key in value) forEachText(value[key], visit);
  }
}
