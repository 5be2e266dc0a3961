/** Separators and their escapes in the values of search parameters: https://hl7.org/fhir/R4/search.html#escaping */

/** The parts between unescaped separators, escapes still in them. */
export function splitUnescaped(text: string, separator: ',' | '|' | '$'): readonly string[] {
  if (!text.includes(separator)) return [text];
  const parts: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === separator) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** A backslash before anything else stands for itself. */
export function unescapeValue(text: string): string {
  return text.includes('\\') ? text.replace(/\\([\\,|$])/g, '$1') : text;
}
