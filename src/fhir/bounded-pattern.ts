/**
 * Regular expressions of definitions, which come from anywhere, over texts that come from anyone: a text that a backtracking engine could
 * be busy with for ever is left to one whose time is linear. That one knows no lookaround and no back references: such
 * patterns run as they are.
 */
import { RE2JS } from 're2js';

/** Behind a group that repeats stands a repetition or a choice within: these take exponential time. */
const REPEATED_GROUP = /\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*[*+}|](?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)(?:[*+]|\{\d)/s;
/** Up to this length quadratic time is no time. */
const SHORT = 500;

export interface BoundedPattern {
  test(text: string): boolean;
}

/** Throws SyntaxError where the source is no pattern. `flags`: those of RegExp, of which only s and u count. */
export function boundedPattern(source: string, flags: string): BoundedPattern {
  const plain = new RegExp(source, flags);
  const isRisky = REPEATED_GROUP.test(source);
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

function toLinear(source: string, flags: string): RE2JS | undefined {
  try {
    return RE2JS.compile(source, flags.includes('s') ? RE2JS.DOTALL : 0);
  } catch {
    return undefined;
  }
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
