/** Canonical URLs and their versions: https://hl7.org/fhir/R4/references.html#canonical */
import semver from 'semver';

export interface Canonical {
  readonly url: string;
  readonly version: string | undefined;
  readonly fragment: string | undefined;
}

/** `url|version#fragment`; what is missing is undefined. */
export function parseCanonical(text: string): Canonical {
  const hash = text.indexOf('#');
  const fragment = hash < 0 ? undefined : text.slice(hash + 1);
  const whole = hash < 0 ? text : text.slice(0, hash);
  const bar = whole.indexOf('|');
  return bar < 0 ? { url: whole, version: undefined, fragment } : { url: whole.slice(0, bar), version: whole.slice(bar + 1), fragment };
}

export function toCanonical(url: string, version: string | undefined): string {
  return version === undefined || version === '' ? url : `${url}|${version}`;
}

/** Below zero when `a` is the lower one. Labels that are no semantic versions come below all that are, in order of their text. */
export function compareVersions(a: string, b: string): number {
  const left = toSemantic(a);
  const right = toSemantic(b);
  if (left !== null && right !== null) {
    // every pre-release stands behind every release
    const released = Number(left.prerelease.length === 0) - Number(right.prerelease.length === 0);
    return released !== 0 ? released : semver.compare(left, right) || compareText(a, b);
  }
  if (left !== null) return 1;
  if (right !== null) return -1;
  return compareText(a, b);
}

/** `1.0` and `2` are read as `1.0.0` and `2.0.0`. */
function toSemantic(version: string): semver.SemVer | null {
  const exact = semver.parse(version, { loose: true });
  if (exact !== null) return exact;
  const short = /^v?(\d+)(?:\.(\d+))?(-[0-9A-Za-z.-]+)?$/.exec(version);
  return short === null ? null : semver.parse(`${short[1]}.${short[2] ?? '0'}.0${short[3] ?? ''}`);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
