/**
 * Leaves properties out of a JSON text without parsing it, so that the rest stays to the letter (decimals keep their digits).
 * The text is one that the server stored: it is valid JSON.
 */

/** What happens to a property: kept, left out, replaced (by text of JSON), or its own properties are filtered. */
export type KeyDecision = boolean | KeyFilter | { readonly replace: (value: string) => string };
export type KeyFilter = (key: string) => KeyDecision;

/** `added` are further properties as text (`"a":1`), put at the end of the outermost object. */
export function filterJsonText(text: string, filter: KeyFilter, added: readonly string[] = []): string {
  return new Scanner(text).value(filter, added);
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(filter: KeyFilter, added: readonly string[] = []): string {
    this.#blank();
    const start = this.#at;
    const character = this.#text[start];
    if (character === '{') return this.#object(filter, added);
    if (character === '[') return this.#array(filter);
    this.#skip();
    return this.#text.slice(start, this.#at);
  }

  #object(filter: KeyFilter, added: readonly string[]): string {
    const kept: string[] = [];
    this.#at += 1;
    this.#blank();
    while (this.#text[this.#at] !== '}') {
      const keyStart = this.#at;
      this.#string();
      const keyText = this.#text.slice(keyStart, this.#at);
      this.#blank();
      this.#at += 1;
      const decision = filter(JSON.parse(keyText) as string);
      if (typeof decision === 'function') {
        kept.push(`${keyText}:${this.value(decision)}`);
      } else {
        this.#blank();
        const valueStart = this.#at;
        this.#skip();
        const value = this.#text.slice(valueStart, this.#at);
        if (decision !== false) kept.push(`${keyText}:${decision === true ? value : decision.replace(value)}`);
      }
      this.#separator();
    }
    this.#at += 1;
    return `{${[...kept, ...added].join(',')}}`;
  }

  #array(filter: KeyFilter): string {
    const items: string[] = [];
    this.#at += 1;
    this.#blank();
    while (this.#text[this.#at] !== ']') {
      items.push(this.value(filter));
      this.#separator();
    }
    this.#at += 1;
    return `[${items.join(',')}]`;
  }

  #separator(): void {
    this.#blank();
    if (this.#text[this.#at] === ',') this.#at += 1;
    this.#blank();
  }

  /** Passes over one value of any kind. */
  #skip(): void {
    const character = this.#text[this.#at];
    if (character === '"') this.#string();
    else if (character === '{' || character === '[') this.#nested();
    else while (this.#at < this.#text.length && !',}] \t\r\n'.includes(this.#text[this.#at] as string)) this.#at += 1;
  }

  #nested(): void {
    let depth = 0;
    do {
      const character = this.#text[this.#at];
      if (character === '"') {
        this.#string();
        continue;
      }
      if (character === '{' || character === '[') depth += 1;
      else if (character === '}' || character === ']') depth -= 1;
      this.#at += 1;
    } while (depth > 0);
  }

  #string(): void {
    this.#at += 1;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at += 1;
  }

  #blank(): void {
    while (this.#at < this.#text.length && ' \t\r\n'.includes(this.#text[this.#at] as string)) this.#at += 1;
  }
}
