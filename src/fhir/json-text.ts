/**
 * Edits of JSON text that leave all else to the letter: decimals keep their digits, properties their order, and white space
 * stays. Every function wants text that `parseJson` has accepted; of doubled keys the last counts, as in the native parser.
 */
import type { JsonPath } from './json.js';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Offsets of a value: of its first character, and after its last. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

interface Edit extends TextSpan {
  readonly text: string;
}

export interface ResourceIdentity {
  readonly id: string;
  readonly versionId: number;
  /** Milliseconds since 1970. */
  readonly lastUpdated: number;
}

/** The resource's text with the id and the version elements of meta that the server gives it. */
export function spliceIdentity(text: string, identity: ResourceIdentity): string {
  const id = JSON.stringify(identity.id);
  const versionId = `"${identity.versionId}"`;
  const lastUpdated = `"${new Date(identity.lastUpdated).toISOString()}"`;
  let typeEnd = -1;
  let idSpan: TextSpan | undefined;
  let metaSpan: TextSpan | undefined;
  let versionSpan: TextSpan | undefined;
  let updatedSpan: TextSpan | undefined;
  forEachProperty(text, skipSpace(text, 0), (key, start) => {
    if (key === 'meta' && text.charCodeAt(start) === OPEN_BRACE) {
      versionSpan = undefined;
      updatedSpan = undefined;
      const end = forEachProperty(text, start, (metaKey, metaStart) => {
        const metaEnd = endOfValue(text, metaStart);
        if (metaKey === 'versionId') versionSpan = { start: metaStart, end: metaEnd };
        else if (metaKey === 'lastUpdated') updatedSpan = { start: metaStart, end: metaEnd };
        return metaEnd;
      });
      metaSpan = { start, end };
      return end;
    }
    const end = endOfValue(text, start);
    if (key === 'id') idSpan = { start, end };
    else if (key === 'resourceType') typeEnd = end;
    return end;
  });

  const edits: Edit[] = [];
  let inserted = '';
  if (idSpan === undefined) inserted = `,"id":${id}`;
  else edits.push({ ...idSpan, text: id });
  if (metaSpan === undefined) {
    const meta = `,"meta":{"versionId":${versionId},"lastUpdated":${lastUpdated}}`;
    if (idSpan === undefined) inserted += meta;
    else edits.push({ start: idSpan.end, end: idSpan.end, text: meta });
  } else {
    edits.push(...metaEdits(text, metaSpan, versionSpan, versionId, updatedSpan, lastUpdated));
  }
  if (inserted !== '') edits.push({ start: typeEnd, end: typeEnd, text: inserted });
  return applyEdits(text, edits);
}

function metaEdits(
  text: string,
  meta: TextSpan,
  versionSpan: TextSpan | undefined,
  versionId: string,
  updatedSpan: TextSpan | undefined,
  lastUpdated: string,
): readonly Edit[] {
  const edits: Edit[] = [];
  const missing: string[] = [];
  if (versionSpan === undefined) missing.push(`"versionId":${versionId}`);
  else edits.push({ ...versionSpan, text: versionId });
  if (updatedSpan === undefined) missing.push(`"lastUpdated":${lastUpdated}`);
  else edits.push({ ...updatedSpan, text: lastUpdated });
  if (missing.length > 0) {
    const first = meta.start + 1;
    const isEmpty = text.charCodeAt(skipSpace(text, first)) === CLOSE_BRACE;
    edits.push({ start: first, end: first, text: isEmpty ? missing.join(',') : `${missing.join(',')},` });
  }
  return edits;
}

/** The object's text with one property set: its value replaced, or the property added at the end. `json` is the value's text. */
export function spliceProperty(text: string, name: string, json: string): string {
  let found: TextSpan | undefined;
  let isEmpty = true;
  const end = forEachProperty(text, skipSpace(text, 0), (key, start) => {
    isEmpty = false;
    const valueEnd = endOfValue(text, start);
    if (key === name) found = { start, end: valueEnd };
    return valueEnd;
  });
  if (found !== undefined) return applyEdits(text, [{ ...found, text: json }]);
  return applyEdits(text, [{ start: end - 1, end: end - 1, text: `${isEmpty ? '' : ','}${JSON.stringify(name)}:${json}` }]);
}

/** Text of the value at this path, to the letter; undefined where there is none. */
export function findValueText(text: string, path: JsonPath): string | undefined {
  let found: TextSpan | undefined;
  const visit = (start: number, depth: number): number => {
    if (depth === path.length) {
      const end = endOfValue(text, start);
      found = { start, end };
      return end;
    }
    const first = text.charCodeAt(start);
    const next = (step: string | number, at: number): number => (step === path[depth] ? visit(at, depth + 1) : endOfValue(text, at));
    if (first === OPEN_BRACE) return forEachProperty(text, start, next);
    return first === OPEN_BRACKET ? forEachItem(text, start, next) : endOfValue(text, start);
  };
  visit(skipSpace(text, 0), 0);
  return found === undefined ? undefined : text.slice(found.start, found.end);
}

export interface Replacement {
  readonly path: JsonPath;
  /** Text of the new value. */
  readonly json: string;
}

interface PathNode {
  json?: string;
  readonly children: Map<string | number, PathNode>;
}

/** The text with the values at these paths replaced. Paths that do not exist are passed over. */
export function spliceValues(text: string, replacements: readonly Replacement[]): string {
  if (replacements.length === 0) return text;
  const root: PathNode = { children: new Map() };
  for (const { path, json } of replacements) {
    let node = root;
    for (const step of path) {
      let child = node.children.get(step);
      if (child === undefined) {
        child = { children: new Map() };
        node.children.set(step, child);
      }
      node = child;
    }
    node.json = json;
  }
  const edits: Edit[] = [];
  const visit = (node: PathNode | undefined, start: number): number => {
    if (node === undefined) return endOfValue(text, start);
    if (node.json !== undefined) {
      const end = endOfValue(text, start);
      edits.push({ start, end, text: node.json });
      return end;
    }
    const first = text.charCodeAt(start);
    if (first === OPEN_BRACE) return forEachProperty(text, start, (key, valueStart) => visit(node.children.get(key), valueStart));
    if (first === OPEN_BRACKET) return forEachItem(text, start, (index, itemStart) => visit(node.children.get(index), itemStart));
    return endOfValue(text, start);
  };
  visit(root, skipSpace(text, 0));
  return applyEdits(text, edits);
}

/** Where the resource of each entry of a Bundle stands, in the order of the entries; undefined for an entry without one. */
export function entryResourceSpans(bundle: string): readonly (TextSpan | undefined)[] {
  return resourceSpans(bundle, 'entry');
}

/** The same of the items of a list: the entries of a Bundle, the parameters of Parameters. */
export function resourceSpans(text: string, list: 'entry' | 'parameter'): readonly (TextSpan | undefined)[] {
  let spans: (TextSpan | undefined)[] = [];
  forEachProperty(text, skipSpace(text, 0), (key, start) => {
    if (key !== list || text.charCodeAt(start) !== OPEN_BRACKET) return endOfValue(text, start);
    spans = [];
    return forEachItem(text, start, (index, itemStart) => {
      spans[index] = undefined;
      if (text.charCodeAt(itemStart) !== OPEN_BRACE) return endOfValue(text, itemStart);
      return forEachProperty(text, itemStart, (name, valueStart) => {
        const end = endOfValue(text, valueStart);
        if (name === 'resource') spans[index] = { start: valueStart, end };
        return end;
      });
    });
  });
  return spans;
}

/** Visits the properties of the object that starts at `at`; `visit` gives back where the value ends. Result: the object's end. */
function forEachProperty(text: string, at: number, visit: (key: string, start: number) => number): number {
  let next = skipSpace(text, at + 1);
  while (text.charCodeAt(next) === QUOTE) {
    const close = closingQuote(text, next + 1);
    const raw = text.slice(next + 1, close);
    const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
    const colon = skipSpace(text, close + 1);
    if (text.charCodeAt(colon) !== COLON) throw new TypeError('The text is no JSON object');
    next = skipSpace(text, visit(key, skipSpace(text, colon + 1)));
    if (text.charCodeAt(next) === COMMA) next = skipSpace(text, next + 1);
  }
  if (text.charCodeAt(next) !== CLOSE_BRACE) throw new TypeError('The text is no JSON object');
  return next + 1;
}

function forEachItem(text: string, at: number, visit: (index: number, start: number) => number): number {
  let next = skipSpace(text, at + 1);
  for (let index = 0; text.charCodeAt(next) !== CLOSE_BRACKET; index++) {
    const end = visit(index, next);
    if (end <= next) throw new TypeError('The text is no JSON array');
    next = skipSpace(text, end);
    if (text.charCodeAt(next) === COMMA) next = skipSpace(text, next + 1);
  }
  return next + 1;
}

/** Offset after the value that starts at `at`. */
function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return closingQuote(text, start + 1) + 1;
  const length = text.length;
  let at = start;
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    while (at < length && !endsPrimitive(text.charCodeAt(at))) at++;
    return at;
  }
  let depth = 0;
  for (; at < length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = closingQuote(text, at + 1);
    else if (char === OPEN_BRACE || char === OPEN_BRACKET) depth++;
    else if ((char === CLOSE_BRACE || char === CLOSE_BRACKET) && --depth === 0) return at + 1;
  }
  return length;
}

function endsPrimitive(char: number): boolean {
  return char === COMMA || char === CLOSE_BRACE || char === CLOSE_BRACKET || char <= 32;
}

function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return text.length;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (let char = text.charCodeAt(at); char === 32 || char === 10 || char === 13 || char === 9; char = text.charCodeAt(at)) at++;
  return at;
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}
