/** Query strings and forms: https://url.spec.whatwg.org/#urlencoded-parsing, but for what is broken, which is refused. */
import { FhirError } from './fhir-error.js';

/** Name and value, decoded. */
export type QueryPair = readonly [name: string, value: string];

const NOTHING: readonly QueryPair[] = [];
/** Of the answer, whatever is asked for: https://hl7.org/fhir/R4/http.html#parameters */
const GENERAL: ReadonlySet<string> = new Set(['_format', '_pretty']);

/** What belongs to the interaction itself. */
export function withoutGeneral(pairs: readonly QueryPair[]): readonly QueryPair[] {
  return pairs.some(([name]) => GENERAL.has(name)) ? pairs.filter(([name]) => !GENERAL.has(name)) : pairs;
}

/** Throws 400 when a percent escape is broken or is not UTF-8. `what` names the text in the message. */
export function parseQuery(text: string, what: string): readonly QueryPair[] {
  if (text === '') return NOTHING;
  const pairs: QueryPair[] = [];
  for (const part of text.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    pairs.push([decode(name, what), equals < 0 ? '' : decode(part.slice(equals + 1), what)]);
  }
  return pairs;
}

function decode(text: string, what: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new FhirError('malformed-request', `The ${what} has a percent escape that is broken or is not UTF-8`, { location: 'http.url' });
  }
}
