/**
 * Regular expressions of definitions, which come from anywhere, over texts that come from anyone: a text that a backtracking engine could
 * be busy with for ever is left to one whose time is linear. That one knows no lookaround and no back references: such
 * patterns run as they are.
 */
import { RE2JS } from 're2js';

/** Up to this length quadratic time is no time. */
const SHORT = 500;

export interface BoundedPattern {
  test(text: string): boolean;
}

/** Throws SyntaxError where the source is no pattern. `flags`: those of RegExp, of which only s and u count. */
export function boundedPattern(source: string, flags: string): BoundedPattern {
  const plain = new RegExp(source, flags);
  const isRisky = hasRepeatedGroup(source);
  let linear: RE2JS | undefined;
  let isSought = false;
  return {
    test: (text) => {
      if (!isRisky && text.length <= SHORT) return plain.test(text);
      if (!isSought) {
        isSought = true;
        linear = toLinear(source, flags);
      }
      return linear === undefined ? plain.test(text) : linear.matcher(text).find();
    },
  };
}

/** Whether a group may stand more than once: a pattern without one takes polynomial time at worst, and so little on short texts. */
function hasRepeatedGroup(source: string): boolean {
  let isInClass = false;
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') at++;
    else if (isInClass) isInClass = char !== ']';
    else if (char === '[') isInClass = true;
    else if (char === ')' && /^(?:[*+]|\{\d)/.test(source.slice(at + 1, at + 3))) return true;
  }
  return false;
}

function toLinear(source: string, flags: string): RE2JS | undefined {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(withUnicodeSpace(source)), flags.includes('s') ? RE2JS.DOTALL : 0);
  } catch {
    return undefined;
  }
}

/** White space as JavaScript has it, and its complement, as ranges of a class. */
const SPACE = '\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}';
const NO_SPACE =
  '\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}' +
  '\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}';

/** RE2 knows the white space of ASCII only. */
function withUnicodeSpace(source: string): string {
  let isInClass = false;
  return source.replace(/\\[\s\S]|\[|\]/g, (token) => {
    if (token === '[') isInClass = true;
    else if (token === ']') isInClass = false;
    if (token !== '\\s' && token !== '\\S') return token;
    const ranges = token === '\\s' ? SPACE : NO_SPACE;
    return isInClass ? ranges : `[${ranges}]`;
  });
}

/** One that must match the whole text; undefined where the source is no pattern. */
export function wholePattern(source: string, flags = 'u'): BoundedPattern | undefined {
  try {
    return boundedPattern(`^(?:${source})$`, flags);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
