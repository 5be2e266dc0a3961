/** Ids of a narrative, and its links to places within its resource: https://hl7.org/fhir/R4/narrative.html#id */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { Run } from './run.js';

const LOCAL_LINK = /<a\s[^<>]*?href\s*=\s*(?:"#([^"]+)"|'#([^']+)')/g;
const ID = /<[a-z][^<>]*?\sid\s*=\s*(?:"([^"]+)"|'([^']+)')/g;
const ANCHOR = /\s(?:id|name)\s*=\s*(?:"([^"]+)"|'([^']+)')/g;
const DIV_STEP = { property: 'div', expression: 'div' };

/** At a Narrative: its ids, and links to places in its own resource. */
export function checkNarrative(run: Run, value: JsonValue | undefined): void {
  const div = isJsonObject(value) ? value['div'] : undefined;
  if (typeof div !== 'string') return;
  if (/\sid\s*=/.test(div)) checkIds(run, div);
  if (/["']#/.test(div)) checkLinks(run, div);
}

/** A link to an id that stands twice leads to one of them only. */
function checkIds(run: Run, div: string): void {
  const ids = new Set<string>();
  for (const id of textsOf(div, ID)) {
    if (ids.size < ids.add(id).size) continue;
    run.path.push(DIV_STEP);
    run.add('warning', 'invalid', 'narrative-id', `The id '${id.slice(0, 100)}' stands more than once in the narrative: give each its own`);
    run.path.pop();
  }
}

function checkLinks(run: Run, div: string): void {
  const wanted = new Set(textsOf(div, LOCAL_LINK));
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

/**
 * At the extension narrativeLink: https://hl7.org/fhir/R4/extension-narrativelink.html. Within a Bundle the narrative may be that of another
 * entry; what is outside is not followed.
 */
export function checkNarrativeExtension(run: Run, value: JsonValue | undefined): void {
  if (!isJsonObject(value) || run.scope === undefined) return;
  const property = value['valueUrl'] === undefined ? 'valueUri' : 'valueUrl';
  const link = value[property];
  if (typeof link !== 'string') return;
  const [url = '', id = ''] = link.split('#', 2);
  const { root } = run.scope;
  const target = url === '' ? root.value : root.bundle?.find(url, root.fullUrl)?.value;
  if (id === '' || !isJsonObject(target)) return;
  const count = idsOf(target).get(id) ?? 0;
  if (count === 1) return;
  const [code, found] =
    count === 0 ? (['not-found', 'leads to no id'] as const) : (['invalid', `leads to ${count} places with that id`] as const);
  run.path.push({ property, expression: `value.ofType(${property.slice('value'.length).toLowerCase()})` });
  run.error(
    code,
    'narrative-link',
    `The link '${link.slice(0, 200)}' ${found} in ${url === '' ? 'the resource' : 'the entry'} or its narrative`,
  );
  run.path.pop();
}

function anchorsOf(div: string): readonly string[] {
  return textsOf(div, ANCHOR);
}

/** What stands between the quotes of each match. */
function textsOf(div: string, pattern: RegExp): readonly string[] {
  return [...div.matchAll(pattern)].map(([, double, single]) => double ?? single ?? '');
}

const idsOfRoots = new WeakMap<JsonObject, ReadonlyMap<string, number>>();

/** How often there is an id: of elements, contained resources, within narratives. Walked once, however many narratives have links. */
function idsOf(root: JsonObject): ReadonlyMap<string, number> {
  let ids = idsOfRoots.get(root);
  if (ids === undefined) {
    const found = new Map<string, number>();
    collectIds(root, found);
    idsOfRoots.set(root, found);
    ids = found;
  }
  return ids;
}

function collectIds(value: JsonValue | undefined, ids: Map<string, number>): void {
  if (Array.isArray(value)) {
    for (const item of value) collectIds(item, ids);
  } else if (isJsonObject(value)) {
    for (const key in value) {
      const child = value[key];
      if (typeof child !== 'string') collectIds(child, ids);
      else if (key === 'id') count(ids, child);
      else if (key === 'div') countAnchors(ids, child);
    }
  }
}

/** An element may bear its name as its id and as the name of an anchor: that is one place. */
function countAnchors(ids: Map<string, number>, div: string): void {
  for (const id of textsOf(div, ID)) count(ids, id);
  for (const name of anchorsOf(div)) if (!ids.has(name)) ids.set(name, 1);
}

function count(ids: Map<string, number>, id: string): void {
  ids.set(id, (ids.get(id) ?? 0) + 1);
}
