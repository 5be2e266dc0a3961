/** Conditions that come with a request: https://hl7.org/fhir/R4/http.html#versioning, as headers or in `entry.request`. */
import { parseDateTime } from '../fhir/date-time.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { ResourceVersion } from '../storage/store.js';
import type { Preconditions } from './interaction.js';

/** As they were sent. */
export interface SentPreconditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifNoneExist?: string | undefined;
}

const NO_PRECONDITIONS: Preconditions = {};

/** A date that is none is passed over, as HTTP wants it; an ETag that is none throws 400. */
export function readPreconditions(sent: SentPreconditions): Preconditions {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifNoneExist } = sent;
  if (ifMatch === undefined && ifNoneMatch === undefined && ifModifiedSince === undefined && ifNoneExist === undefined) {
    return NO_PRECONDITIONS;
  }
  const since = ifModifiedSince === undefined ? undefined : readInstant(ifModifiedSince);
  return {
    ...(ifMatch !== undefined && { ifMatch: readEtags(ifMatch, 'If-Match') }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch: readEtags(ifNoneMatch, 'If-None-Match') }),
    ...(since !== undefined && { ifModifiedSince: since }),
    // R4 has a query only; a URL with it is what some clients send
    ...(ifNoneExist !== undefined && { ifNoneExist: ifNoneExist.slice(ifNoneExist.indexOf('?') + 1) }),
  };
}

/** One of a list, whose empty elements are passed over: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1 */
const ETAG = /[ \t]*(?:(?:(?:W\/)?("[^"]*")|([A-Za-z0-9.*-]+))[ \t]*)?(?:,|$)/y;

/** `W/"3"`, `"3"`, several of them, and `*`; a bare `3` too, which clients send. Weak and strong compare alike, as ours are weak. */
function readEtags(text: string, name: string): readonly string[] {
  const etags: string[] = [];
  ETAG.lastIndex = 0;
  while (ETAG.lastIndex < text.length) {
    const match = ETAG.exec(text);
    if (match === null) throw noEtags(name);
    const [, quoted, bare] = match;
    // a quoted star is a name, and stands for nothing else
    const etag = quoted === '"*"' ? quoted : (quoted?.slice(1, -1) ?? bare);
    if (etag !== undefined) etags.push(etag);
  }
  if (etags.length === 0) throw noEtags(name);
  return etags;
}

function noEtags(name: string): FhirError {
  return new FhirError('malformed-request', `${name} must hold ETags, such as W/"3"`, { location: `http.${name}` });
}

/** The three forms that HTTP has: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
const HTTP_DATES: readonly RegExp[] = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];

/** Of the header, or the instant of `entry.request`; undefined for what is neither. */
function readInstant(text: string): number | undefined {
  if (HTTP_DATES.some((form) => form.test(text))) {
    const instant = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
    // the first number is the day; one that the month has not is taken for one of the next
    return new Date(instant).getUTCDate() === Number(/\d{1,2}/.exec(text)?.[0]) ? instant : undefined;
  }
  const parsed = parseDateTime(text);
  return parsed?.hasZone === true ? parsed.low : undefined;
}

/** Whether one of the ETags is that of the version, or any. */
export function matchesVersion(etags: readonly string[], version: string): boolean {
  return etags.includes(version) || etags.includes('*');
}

/** `current`: the latest version, a deleted one too. Throws 412 when a write may not happen to it. */
export function requireWritable(preconditions: Preconditions, current: ResourceVersion | undefined): void {
  const { ifMatch, ifNoneMatch } = preconditions;
  const version = current?.json === undefined ? undefined : String(current.versionId);
  if (ifMatch !== undefined && (version === undefined || !matchesVersion(ifMatch, version))) {
    throw new FhirError('precondition-failed', `If-Match asks for version ${ifMatch.join(' or ')}, but ${describe(version)}`, {
      location: 'http.If-Match',
    });
  }
  if (ifNoneMatch !== undefined && version !== undefined && matchesVersion(ifNoneMatch, version)) {
    throw new FhirError('precondition-failed', `If-None-Match excludes version ${ifNoneMatch.join(' and ')}, and ${describe(version)}`, {
      location: 'http.If-None-Match',
    });
  }
}

function describe(version: string | undefined): string {
  return version === undefined ? 'there is no such resource' : `the current one is ${version}`;
}
