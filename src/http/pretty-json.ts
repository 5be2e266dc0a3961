/** `_pretty`: https://hl7.org/fhir/R4/http.html#general */

const INDENT = '  ';

/** Indents JSON text that is known to be valid. Works on the text, so that numbers keep their digits and keys their order. */
export function toPrettyJson(text: string): string {
  const parts: string[] = [];
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const character = text[at] as string;
    switch (character) {
      case '"': {
        const end = endOfString(text, at);
        parts.push(text.slice(at, end));
        at = end;
        continue;
      }
      case '{':
      case '[': {
        const next = skipSpace(text, at + 1);
        if (text[next] === '}' || text[next] === ']') {
          parts.push(character, text[next] as string);
          at = next + 1;
          continue;
        }
        depth++;
        parts.push(character, newLine(depth));
        break;
      }
      case '}':
      case ']':
        depth--;
        parts.push(newLine(depth), character);
        break;
      case ',':
        parts.push(',', newLine(depth));
        break;
      case ':':
        parts.push(': ');
        break;
      case ' ':
      case '\n':
      case '\r':
      case '\t':
        break;
      default:
        parts.push(character);
    }
    at++;
  }
  return parts.join('');
}

function newLine(depth: number): string {
  return `\n${INDENT.repeat(depth)}`;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \n\r\t'.includes(text[at] as string)) at++;
  return at;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
