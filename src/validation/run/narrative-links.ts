/** Links of a narrative to places within its resource: https://hl7.org/fhir/R4/narrative.html#id */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { Run } from './run.js';

const LOCAL_LINK = /<a\s[^<>]*?href\s*=\s*(?:"#([^"]+)"|'#([^']+)')/g;
const ANCHOR = /\s(?:id|name)\s*=\s*(?:"([^"]+)"|'([^']+)')/g;
const DIV_STEP = { property: 'div', expression: 'div' };

/** At a Narrative. */
export function checkNarrativeLinks(run: Run, value: JsonValue | undefined): void {
  const div = isJsonObject(value) ? value['div'] : undefined;
  if (typeof div !== 'string' || !/["']#/.test(div)) return;
  const wanted = new Set([...div.matchAll(LOCAL_LINK)].map(([, double, single]) => double ?? single ?? ''));
  if (wanted.size === 0) return;
  for (const id of anchorsOf(div)) wanted.delete(id);
  const root = run.scope?.root.value;
  for (const id of wanted) {
    if (root !== undefined && idsOf(root).has(id)) continue;
    run.path.push(DIV_STEP);
    // R4's own examples have such links: nothing is lost by them but the reader's way
    run.add('warning', 'invalid', 'narrative-link', `The link '#${id.slice(0, 100)}' leads to no id in the resource or its narrative`);
    run.path.pop();
  }
}

function anchorsOf(div: string): readonly string[] {
  return [...div.matchAll(ANCHOR)].map(([, double, single]) => double ?? single ?? '');
}

const idsOfRoots = new WeakMap<JsonObject, ReadonlySet<string>>();

/** Ids of elements, of contained resources, and within narratives; walked once, however many narratives have links. */
function idsOf(root: JsonObject): ReadonlySet<string> {
  let ids = idsOfRoots.get(root);
  if (ids === undefined) {
    const found = new Set<string>();
    collectIds(root, found);
    idsOfRoots.set(root, found);
    ids = found;
  }
  return ids;
}

function collectIds(value: JsonValue | undefined, ids: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collectIds(item, ids);
  } else if (isJsonObject(value)) {
    for (const key in value) {
      const child = value[key];
      if (typeof child !== 'string') collectIds(child, ids);
      else if (key === 'id') ids.add(child);
      else if (key === 'div') for (const id of anchorsOf(child)) ids.add(id);
    }
  }
}
