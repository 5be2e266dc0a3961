/** The header that says which definitions a resource was held against, whether it passed or not. */

/** `profiles`: `url|version`; no header without any. */
export function profilesHeader(profiles: readonly string[]): Readonly<Record<string, string>> {
  return profiles.length === 0 ? {} : { 'X-Profile-Resolved': profiles.map(toHeaderText).join(', ') };
}

/** Canonicals come from definitions that anyone may write; a header holds printable ASCII only. */
function toHeaderText(canonical: string): string {
  return canonical.toWellFormed().replace(/[^\x21-\x7e]|,/gu, (character) => encodeURIComponent(character));
}
