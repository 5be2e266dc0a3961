/** `POST [base]` is a batch or a transaction by what its Bundle says: https://hl7.org/fhir/R4/http.html#transaction */

/**
 * Value of the top-level property `type` of a JSON object, found without parsing the rest; undefined when there is none
 * or the text is no JSON object (which the interaction's own parsing then says).
 */
export function findBundleType(text: string): string | undefined {
  let depth = 0;
  let at = 0;
  let key: string | undefined;
  let expectsKey = false;
  while (at < text.length) {
    const character = text.charCodeAt(at);
    if (character === 0x22) {
      const end = endOfString(text, at + 1);
      if (depth === 1) {
        if (expectsKey) key = text.slice(at + 1, end);
        else if (key === 'type') return text.slice(at + 1, end);
      }
      at = end;
    } else if (character === 0x7b || character === 0x5b) {
      depth++;
      if (depth === 1) expectsKey = character === 0x7b;
    } else if (character === 0x7d || character === 0x5d) {
      depth--;
    } else if (depth === 1) {
      if (character === 0x3a) expectsKey = false;
      else if (character === 0x2c) expectsKey = true;
    }
    at++;
  }
  return undefined;
}

/** Offset of the closing quote. */
function endOfString(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return text.length;
}
