/**
 * A quick reading of the XHTML that nearly all narratives are. It only ever says yes: what it does not know (comments, CDATA,
 * numeric entities, anything wrong) is left to the parser, which also finds the words for it.
 */
import { NARRATIVE_ATTRIBUTES, NARRATIVE_ELEMENTS, NARRATIVE_ENTITIES, XHTML } from './narrative-vocabulary.js';

/** Characters that XML has not, or that are half of a pair. */
const UNUSUAL = /[^\t\n\r -\ud7ff\ue000-\ufffd]/;

/** Links that are certain to run nothing: a place within, of a known scheme, or relative without any colon before its query. */
const PLAIN_LINK = /^(?:#|https?:|mailto:|tel:|urn:|[A-Za-z0-9._~%/-]*(?:[?#]|$))/;

/** `&thetasym;`, without its semicolon. */
const LONGEST_ENTITY = 9;

const GREATER = 62;
const SLASH = 47;
const EQUALS = 61;
const QUOTE = 34;
const APOSTROPHE = 39;
const COLON = 58;

/** True for a well-formed div of allowed elements and attributes that has some content; false where that is not certain. */
export function isPlainNarrative(xhtml: string): boolean {
  if (!xhtml.startsWith('<div') || UNUSUAL.test(xhtml) || xhtml.includes(']]>')) return false;
  if (!hasKnownEntities(xhtml)) return false;
  const open: string[] = [];
  let hasContent = false;
  let at = 0;
  // here stands a <, each time
  while (at >= 0) {
    if (xhtml.charCodeAt(at + 1) === SLASH) {
      const end = xhtml.indexOf('>', at);
      if (end < 0 || xhtml.slice(at + 2, end) !== open.pop()) return false;
      at = end + 1;
    } else {
      const nameEnd = endOfName(xhtml, at + 1);
      const name = xhtml.slice(at + 1, nameEnd);
      const end = NARRATIVE_ELEMENTS.has(name) ? endOfAttributes(xhtml, nameEnd, open.length === 0) : -1;
      if (end < 0) return false;
      if (xhtml.charCodeAt(end - 1) !== SLASH) open.push(name);
      if (name === 'img') hasContent = true;
      at = end + 1;
    }
    if (open.length === 0) return hasContent && at === xhtml.length;
    const next = xhtml.indexOf('<', at);
    if (!hasContent && next > at) hasContent = xhtml.slice(at, next).trim() !== '';
    at = next;
  }
  return false;
}

/** Whether each ampersand begins an entity that has a name. */
function hasKnownEntities(xhtml: string): boolean {
  for (let at = xhtml.indexOf('&'); at >= 0; at = xhtml.indexOf('&', at + 1)) {
    const end = xhtml.indexOf(';', at);
    if (end < 0 || end - at > LONGEST_ENTITY || !NARRATIVE_ENTITIES.has(xhtml.slice(at + 1, end))) return false;
  }
  return true;
}

/** Behind lower-case letters, digits and colons. */
function endOfName(xhtml: string, from: number): number {
  let at = from;
  for (let char = xhtml.charCodeAt(at); (char >= 97 && char <= 122) || (char >= 48 && char <= COLON); char = xhtml.charCodeAt(at)) at++;
  return at;
}

/** Where the tag's > stands; -1 where an attribute is not allowed, stands twice or is not understood. The root names its namespace. */
function endOfAttributes(xhtml: string, from: number, isRoot: boolean): number {
  const names: string[] = [];
  let needsNamespace = isRoot;
  let at = from;
  for (;;) {
    const start = skipSpace(xhtml, at);
    const char = xhtml.charCodeAt(start);
    if (char === GREATER) return needsNamespace ? -1 : start;
    if (char === SLASH) return xhtml.charCodeAt(start + 1) === GREATER && !needsNamespace ? start + 1 : -1;
    const nameEnd = endOfName(xhtml, start);
    const name = xhtml.slice(start, nameEnd);
    if (start === at || !NARRATIVE_ATTRIBUTES.has(name) || names.includes(name)) return -1;
    names.push(name);
    const quote = xhtml.charCodeAt(nameEnd + 1);
    if (xhtml.charCodeAt(nameEnd) !== EQUALS || (quote !== QUOTE && quote !== APOSTROPHE)) return -1;
    const end = xhtml.indexOf(quote === QUOTE ? '"' : "'", nameEnd + 2);
    if (end < 0 || xhtml.lastIndexOf('<', end) > nameEnd) return -1;
    if ((name === 'href' || name === 'src') && !PLAIN_LINK.test(xhtml.slice(nameEnd + 2, end))) return -1;
    if (name === 'xmlns') {
      if (xhtml.slice(nameEnd + 2, end) !== XHTML) return -1;
      needsNamespace = false;
    }
    at = end + 1;
  }
}

function skipSpace(xhtml: string, from: number): number {
  let at = from;
  for (let char = xhtml.charCodeAt(at); char === 32 || char === 9 || char === 10 || char === 13; char = xhtml.charCodeAt(at)) at++;
  return at;
}
