/** What people read for a code, and in which language: https://hl7.org/fhir/R4/codesystem.html#designations */
import type { Display } from './terminology-service.js';

/** Those in the language, or all where none is in it. */
export function displaysIn(displays: readonly Display[], language: string | undefined): readonly Display[] {
  const inLanguage = language === undefined ? [] : displays.filter((known) => isLanguage(known.language, language));
  return inLanguage.length > 0 ? inLanguage : displays;
}

/** Whatever its letter case and white space. */
export function isSameDisplay(a: string, b: string): boolean {
  return a === b || normalize(a) === normalize(b);
}

/** `de-AT` is as good as `de-CH`: what a region says otherwise, code systems do not tell. */
export function isLanguage(known: string | undefined, wanted: string): boolean {
  return known !== undefined && primaryOf(known) === primaryOf(wanted);
}

function primaryOf(language: string): string {
  return language.split('-', 1)[0]?.toLowerCase() ?? '';
}

function normalize(display: string): string {
  return display.trim().replace(/\s+/g, ' ').toLowerCase();
}
