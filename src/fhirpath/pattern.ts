/** Regular expressions of matches() and replaceMatches(), compiled once. */
import { LRUCache } from 'lru-cache';
import { boundedPattern } from '../fhir/bounded-pattern.js';
import { EvaluationFault } from './typed-value.js';

export interface Pattern {
  test(text: string): boolean;
  replace(text: string, by: string): string;
}

const patterns = new LRUCache<string, Pattern>({ max: 500 });

/** Throws `EvaluationFault` where the pattern is none. */
export function compilePattern(source: string): Pattern {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    pattern = toPattern(source);
    patterns.set(source, pattern);
  }
  return pattern;
}

function toPattern(source: string): Pattern {
  const every = toRegExp(source, 'gs');
  // the flags that the pattern was found to run with
  const search = boundedPattern(source, every.flags.replace('g', ''));
  return {
    test: (text) => search.test(text),
    // `$1` is a group in both languages; `$&` and its like are JavaScript's alone
    replace: (text, by) => text.replace(every, by.replace(/\$(?!\d)/g, '$$$$')),
  };
}

/** Unicode mode refuses escapes that other dialects take (`\'`, `\-`): those patterns run without it. */
function toRegExp(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    try {
      return new RegExp(source, flags);
    } catch (error) {
      throw new EvaluationFault(`'${source}' is no regular expression`, { cause: error });
    }
  }
}
