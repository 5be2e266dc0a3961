/** Text as string searches compare it: case, accents and runs of white space do not count. https://hl7.org/fhir/R4/search.html#string */

/** Longer texts are indexed and searched by their beginning. */
const MAX_INDEXED_LENGTH = 1000;

/** Letters that Unicode does not decompose, though people type them without the stroke. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ħ: 'h',
  æ: 'ae',
  œ: 'oe',
  ß: 'ss',
  þ: 'th',
  ð: 'd',
  ı: 'i',
};
const UNDECOMPOSED = /[øłđħæœßþðı]/g;

export function normalizeText(text: string): string {
  const cut = text.length > MAX_INDEXED_LENGTH ? text.slice(0, MAX_INDEXED_LENGTH) : text;
  let plain = cut.toLowerCase();
  if (!isAscii(plain)) {
    plain = plain
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      .replace(UNDECOMPOSED, (letter) => PLAIN_LETTERS[letter] as string);
  }
  return plain.replace(/\s+/g, ' ').trim();
}

/** As `:exact` compares: to the letter, composed the same way. */
export function exactText(text: string): string {
  const cut = text.length > MAX_INDEXED_LENGTH ? text.slice(0, MAX_INDEXED_LENGTH) : text;
  return isAscii(cut) ? cut : cut.normalize('NFC');
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 127) return false;
  return true;
}
