/** The header that says which definitions a resource was held against, whether it passed or not. */

/** Callers and proxies take some kilobytes for all headers together, and a Bundle may have thousands of profiles. */
const MAX_LENGTH = 4_096;

/** `profiles`: `url|version`; no header without any. Those that are too many to be named are counted: `+3`. */
export function profilesHeader(profiles: readonly string[]): Readonly<Record<string, string>> {
  if (profiles.length === 0) return {};
  const named: string[] = [];
  let length = 0;
  for (const profile of profiles) {
    const text = toHeaderText(profile);
    length += text.length + 2;
    if (length > MAX_LENGTH) break;
    named.push(text);
  }
  const omitted = profiles.length - named.length;
  return { 'X-Profile-Resolved': [...named, ...(omitted > 0 ? [`+${omitted}`] : [])].join(', ') };
}

/** Canonicals come from definitions that anyone may write; a header holds printable ASCII only. */
function toHeaderText(canonical: string): string {
  return canonical.toWellFormed().replace(/[^\x21-\x7e]|,/gu, (character) => encodeURIComponent(character));
}
