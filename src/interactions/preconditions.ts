/** Conditions that come with a request: https://hl7.org/fhir/R4/http.html#versioning, as headers or in `entry.request`. */
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
  const since = ifModifiedSince === undefined ? Number.NaN : Date.parse(ifModifiedSince);
  return {
    ...(ifMatch !== undefined && { ifMatch: readEtags(ifMatch, 'If-Match') }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch: readEtags(ifNoneMatch, 'If-None-Match') }),
    ...(!Number.isNaN(since) && { ifModifiedSince: since }),
    // R4 has a query only; a URL with it is what some clients send
    ...(ifNoneExist !== undefined && { ifNoneExist: ifNoneExist.slice(ifNoneExist.indexOf('?') + 1) }),
  };
}

/** `W/"3"`, `"3"`, several of them, and `*`; a bare `3` too, which clients send. */
function readEtags(text: string, name: string): readonly string[] {
  return text.split(',').map((part) => {
    const [, quoted, bare] = /^\s*(?:(?:W\/)?"([^"]*)"|([A-Za-z0-9.*-]+))\s*$/.exec(part) ?? [];
    const etag = quoted ?? bare;
    if (etag === undefined) {
      throw new FhirError('malformed-request', `${name} must hold ETags, such as W/"3"`, { location: `http.${name}` });
    }
    return etag;
  });
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
