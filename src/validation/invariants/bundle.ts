/** Constraints of Bundles whose cost grows with the entries: https://hl7.org/fhir/R4/bundle.html */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { child, hasSome, isPresent, ofObject } from './child.js';
import { everyObject, itemsOf } from './items.js';
import type { NativeInvariant, NativeInvariants } from './native-invariant.js';

const bundleType = child('type');
const url = child('fullUrl');

/** Entries have the child exactly where the Bundle's type is one of these. */
function entriesHave(name: string, types: readonly JsonValue[]): NativeInvariant {
  return ofObject((bundle, { resource }) => {
    const entries = itemsOf(bundle['entry']);
    if (!bundleType.isIn(resource)) return entries.length === 0;
    const isWanted = types.includes(resource['type'] ?? null);
    return everyObject(entries, (entry) => isPresent(entry[name]) === isWanted);
  });
}

function hasDistinctFullUrls(bundle: JsonObject): boolean {
  const seen = new Set<string>();
  return everyObject(itemsOf(bundle['entry']), (entry) => {
    const { fullUrl, resource } = entry;
    if (!url.isIn(entry)) return true;
    const meta = isJsonObject(resource) ? resource['meta'] : undefined;
    const versionId = isJsonObject(meta) ? meta['versionId'] : undefined;
    const key = `${typeof fullUrl === 'string' ? fullUrl : ''}${typeof versionId === 'string' ? versionId : ''}`;
    return seen.size < seen.add(key).size;
  });
}

/** The older text is empty for an entry without fullUrl; the later one says that this was not meant. */
const fullUrlHasNoVersion: NativeInvariant = ofObject((entry) => {
  const { fullUrl } = entry;
  return typeof fullUrl === 'string' ? !fullUrl.includes('/_history/') : !url.isIn(entry) || fullUrl !== undefined;
});

export const bundleInvariants: NativeInvariants = {
  // bdl-3
  "entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'transaction' or %resource.type = 'history'))": entriesHave(
    'request',
    ['batch', 'transaction', 'history'],
  ),
  // bdl-4
  "entry.all(response.exists() = (%resource.type = 'batch-response' or %resource.type = 'transaction-response' or %resource.type = 'history'))":
    entriesHave('response', ['batch-response', 'transaction-response', 'history']),
  // bdl-5
  'resource.exists() or request.exists() or response.exists()': hasSome('resource', 'request', 'response'),
  // bdl-7
  "(type = 'history') or entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId).isDistinct()": ofObject(
    (bundle) => bundle['type'] === 'history' || hasDistinctFullUrls(bundle),
  ),
  // bdl-8
  "fullUrl.exists() implies fullUrl.contains('/_history/').not()": fullUrlHasNoVersion,
  "fullUrl.contains('/_history/').not()": fullUrlHasNoVersion,
};
