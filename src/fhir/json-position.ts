/** The slow reading of a JSON text: where every value stands, which keys are doubled, and where the text stops being JSON. */

export interface JsonTextNode {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'literal';
  /** Offset of the first character. */
  readonly start: number;
  /** Offset after the last character. */
  readonly end: number;
  /** By key or index; of doubled keys the last, as in the native parser. */
  readonly children?: ReadonlyMap<string | number, JsonTextNode>;
  readonly duplicateKeys?: readonly string[];
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERAL = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;

/** Reads the whole text; `fail` (which must throw) is told what was wanted and at which offset. */
export function readJsonText(text: string, maxDepth: number, fail: (message: string, offset: number) => never): JsonTextNode {
  let at = 0;

  const skipSpace = (): void => {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
  };
  const found = (): string => {
    const character = text.codePointAt(at);
    return character === undefined ? 'the end of the text' : `'${String.fromCodePoint(character)}'`;
  };
  const token = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };

  /** By a loop: a pattern over a string of megabytes overflows the stack. */
  const string = (): boolean => {
    if (text.charCodeAt(at) !== QUOTE) return false;
    let index = at + 1;
    while (index < text.length) {
      const character = text.charCodeAt(index);
      if (character === QUOTE) {
        at = index + 1;
        return true;
      }
      if (character < FIRST_PRINTABLE) return false;
      if (character === BACKSLASH) {
        ESCAPE.lastIndex = index;
        if (!ESCAPE.test(text)) return false;
        index = ESCAPE.lastIndex;
      } else index++;
    }
    return false;
  };

  const readObject = (start: number, depth: number): JsonTextNode => {
    const children = new Map<string | number, JsonTextNode>();
    let duplicateKeys: string[] | undefined;
    at++;
    skipSpace();
    while (text[at] !== '}') {
      if (children.size > 0) {
        if (text[at] !== ',') fail(`A comma or '}' was expected after a property, but ${found()} stands here`, at);
        at++;
        skipSpace();
      }
      const keyStart = at;
      if (!string()) fail(stringFault(text, at, `A property name in double quotes was expected, but ${found()} stands here`), at);
      const key = JSON.parse(text.slice(keyStart, at)) as string;
      skipSpace();
      if (text[at] !== ':') fail(`A colon was expected after the property name '${key}', but ${found()} stands here`, at);
      at++;
      skipSpace();
      const child = readValue(depth + 1);
      if (children.has(key)) {
        duplicateKeys ??= [];
        duplicateKeys.push(key);
      }
      children.set(key, child);
      skipSpace();
    }
    at++;
    return { kind: 'object', start, end: at, children, ...(duplicateKeys !== undefined && { duplicateKeys }) };
  };

  const readArray = (start: number, depth: number): JsonTextNode => {
    const children = new Map<string | number, JsonTextNode>();
    at++;
    skipSpace();
    while (text[at] !== ']') {
      if (children.size > 0) {
        if (text[at] !== ',') fail(`A comma or ']' was expected after an array item, but ${found()} stands here`, at);
        at++;
        skipSpace();
      }
      children.set(children.size, readValue(depth + 1));
      skipSpace();
    }
    at++;
    return { kind: 'array', start, end: at, children };
  };

  const readValue = (depth: number): JsonTextNode => {
    if (depth > maxDepth) fail(`The JSON is nested deeper than ${maxDepth} levels`, at);
    const start = at;
    if (text[at] === '{') return readObject(start, depth);
    if (text[at] === '[') return readArray(start, depth);
    if (string()) return { kind: 'string', start, end: at };
    if (token(NUMBER)) return { kind: 'number', start, end: at };
    if (token(LITERAL)) return { kind: 'literal', start, end: at };
    return fail(stringFault(text, at, `A JSON value was expected, but ${found()} stands here`), at);
  };

  skipSpace();
  const root = readValue(1);
  skipSpace();
  if (at < text.length) fail(`The JSON ended, but ${found()} follows`, at);
  return root;
}

function stringFault(text: string, at: number, otherwise: string): string {
  if (text[at] !== '"') return otherwise;
  return 'The string that starts here is not closed, or has a control character or an escape that JSON does not know';
}
