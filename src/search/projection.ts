/** `_elements` and `_summary` on the text of a resource: https://hl7.org/fhir/R4/search.html#summary */
import type { ElementDefinition } from 'fhir/r4.js';
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import { isJsonObject, type JsonObject } from '../fhir/json.js';
import { filterJsonText, type KeyDecision, type KeyFilter } from './filter-json-text.js';
import type { SearchRequest } from './search-engine.js';

/** The text of a resource of that type with what the request leaves of it, tagged SUBSETTED. */
export type Projection = (type: string, json: string) => string;

const SUBSETTED: JsonObject = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' };
const ALWAYS: ReadonlySet<string> = new Set(['resourceType', 'id']);

/** Undefined when resources go out whole. */
export function createProjection(
  request: Pick<SearchRequest, 'summary' | 'elements'>,
  conformance: ConformanceRegistry,
): Projection | undefined {
  const { summary, elements } = request;
  if (elements.length > 0) {
    // `Patient.name.family` asks for `name`: only whole elements of the resource can be chosen
    const names = new Set(elements.map(elementName));
    return (type, json) => {
      const outline = outlineOf(type, conformance);
      return project(json, (key) => names.has(stemOf(key)) || names.has(outline.nameOf(stemOf(key))) || outline.isObligatory(stemOf(key)));
    };
  }
  if (summary === 'data') return (_type, json) => project(json, (key) => key !== 'text');
  if (summary === 'text') {
    return (type, json) => {
      const outline = outlineOf(type, conformance);
      return project(json, (key) => key === 'text' || outline.isMandatory(stemOf(key)));
    };
  }
  if (summary === 'true') return (type, json) => project(json, (key) => outlineOf(type, conformance).summaryOf(stemOf(key)));
  return undefined;
}

function elementName(text: string): string {
  return text.replace(/^[A-Z]\w*\./, '').split('.', 1)[0] as string;
}

/** Whether `_elements` can name it of that type: `value` and `valueQuantity` both. */
export function isElementOf(type: string, text: string, conformance: ConformanceRegistry): boolean {
  return outlineOf(type, conformance).has(elementName(text));
}

function project(json: string, filter: KeyFilter): string {
  let isTagged = false;
  const decide = (key: string): KeyDecision => {
    if (ALWAYS.has(key)) return true;
    if (key !== 'meta') return filter(key);
    isTagged = true;
    return { replace: tagSubsetted };
  };
  const projected = filterJsonText(json, decide);
  return isTagged ? projected : filterJsonText(projected, () => true, [`"meta":${tagSubsetted('{}')}`]);
}

function tagSubsetted(metaText: string): string {
  const parsed: unknown = JSON.parse(metaText);
  const meta = isJsonObject(parsed) ? parsed : {};
  const tags = Array.isArray(meta['tag']) ? meta['tag'] : [];
  const isTagged = tags.some((tag) => isJsonObject(tag) && tag['system'] === SUBSETTED['system'] && tag['code'] === SUBSETTED['code']);
  return JSON.stringify(isTagged ? meta : { ...meta, tag: [...tags, SUBSETTED] });
}

/** `_birthDate` goes with `birthDate`. */
function stemOf(key: string): string {
  return key.startsWith('_') ? key.slice(1) : key;
}

/** The children of one type or backbone element, by what the definition says of them. */
class Outline {
  readonly #conformance: ConformanceRegistry;
  readonly #children: readonly ElementDefinition[];
  readonly #byKey = new Map<string, ElementDefinition | undefined>();

  constructor(path: string, conformance: ConformanceRegistry) {
    this.#conformance = conformance;
    const all = conformance.findType(path.split('.', 1)[0] as string)?.resource.snapshot?.element ?? [];
    this.#children = all.filter((element) => element.path.startsWith(`${path}.`) && !element.path.slice(path.length + 1).includes('.'));
  }

  /** `value` for `valueQuantity`, the key itself where it is no choice. */
  nameOf(key: string): string {
    const name = this.#find(key)?.path.split('.').at(-1);
    return name?.endsWith('[x]') === true ? name.slice(0, -3) : key;
  }

  /** Whether a query may ask for it. */
  has(name: string): boolean {
    return this.#search(name) !== undefined || this.#children.some(({ path }) => path.endsWith(`.${name}[x]`));
  }

  isMandatory(key: string): boolean {
    return (this.#find(key)?.min ?? 0) > 0;
  }

  /** Elements without which the resource would be read wrongly. */
  isObligatory(key: string): boolean {
    const element = this.#find(key);
    return element !== undefined && ((element.min ?? 0) > 0 || element.isModifier === true);
  }

  summaryOf(key: string): KeyDecision {
    const element = this.#find(key);
    if (element === undefined || !(element.isSummary === true || (element.min ?? 0) > 0)) return false;
    const name = element.path.split('.').at(-1) as string;
    const type = name.endsWith('[x]')
      ? element.type?.find(({ code }) => key === name.slice(0, -3) + code.charAt(0).toUpperCase() + code.slice(1))?.code
      : element.type?.[0]?.code;
    if (type === undefined || !/^[A-Z]/.test(type) || type === 'Resource') return true;
    const inner = outlineOf(type === 'BackboneElement' || type === 'Element' ? element.path : type, this.#conformance);
    return (child) => inner.summaryOf(stemOf(child));
  }

  /** Of keys of resources, which are few; names of queries are not kept. */
  #find(key: string): ElementDefinition | undefined {
    if (!this.#byKey.has(key)) this.#byKey.set(key, this.#search(key));
    return this.#byKey.get(key);
  }

  #search(key: string): ElementDefinition | undefined {
    return this.#children.find(({ path }) => {
      const name = path.split('.').at(-1) as string;
      return name === key || (name.endsWith('[x]') && /^[A-Z]/.test(key.slice(name.length - 3)) && key.startsWith(name.slice(0, -3)));
    });
  }
}

const outlines = new WeakMap<ConformanceRegistry, Map<string, Outline>>();

/** Base types do not change while the server runs. */
function outlineOf(path: string, conformance: ConformanceRegistry): Outline {
  let known = outlines.get(conformance);
  if (known === undefined) {
    known = new Map();
    outlines.set(conformance, known);
  }
  let outline = known.get(path);
  if (outline === undefined) {
    outline = new Outline(path, conformance);
    known.set(path, outline);
  }
  return outline;
}
