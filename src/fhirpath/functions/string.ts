/** http://hl7.org/fhirpath/N1/#string-manipulation */
import type { Call, FunctionTable } from '../compiler.js';
import { collection, numeric, type Operator, predicate, type Scope } from '../operator.js';
import { compilePattern } from '../pattern.js';
import { EMPTY, EvaluationFault, integerOf, type Nodes, stringOf, systemNode } from '../typed-value.js';

export const stringFunctions: FunctionTable = {
  indexOf: { min: 1, max: 1, compile: (call) => position(call, (text, part) => text.indexOf(part)) },
  lastIndexOf: { min: 1, max: 1, compile: (call) => position(call, (text, part) => text.lastIndexOf(part)) },
  startsWith: { min: 1, max: 1, compile: (call) => test(call, (text, part) => text.startsWith(part)) },
  endsWith: { min: 1, max: 1, compile: (call) => test(call, (text, part) => text.endsWith(part)) },
  contains: { min: 1, max: 1, compile: (call) => test(call, (text, part) => text.includes(part)) },
  matches: { min: 1, max: 1, compile: (call) => matches(call, (pattern) => pattern) },
  matchesFull: { min: 1, max: 1, compile: (call) => matches(call, (pattern) => `^(?:${pattern})$`) },
  substring: { min: 1, max: 2, compile: substring },
  upper: { min: 0, max: 0, compile: (call) => change(call, (text) => text.toUpperCase()) },
  lower: { min: 0, max: 0, compile: (call) => change(call, (text) => text.toLowerCase()) },
  trim: { min: 0, max: 0, compile: (call) => change(call, (text) => text.trim()) },
  replace: { min: 2, max: 2, compile: (call) => replaced(call, (text, part, by) => text.split(part).join(by)) },
  replaceMatches: {
    min: 2,
    max: 2,
    compile: (call) => replaced(call, (text, pattern, by) => (pattern === '' ? text : compilePattern(pattern).replace(text, by))),
  },
  length: {
    min: 0,
    max: 0,
    compile: ({ input }) => numeric((scope) => stringOf(input.evaluate(scope), 'length()')?.length, 'System.Integer'),
  },
  toChars: {
    min: 0,
    max: 0,
    compile: ({ input }) =>
      collection((scope) => [...(stringOf(input.evaluate(scope), 'toChars()') ?? '')].map((char) => systemNode(char, 'System.String'))),
  },
  split: {
    min: 1,
    max: 1,
    compile: (call) => {
      const separator = call.argument(0);
      return collection((scope) => {
        const text = stringOf(call.input.evaluate(scope), 'split()');
        const by = stringOf(separator.evaluate(scope), 'split()');
        return text === undefined || by === undefined ? EMPTY : text.split(by).map((part) => systemNode(part, 'System.String'));
      });
    },
  },
  join: { min: 0, max: 1, compile: join },
};

function textNodes(text: string | undefined): Nodes {
  return text === undefined ? EMPTY : [systemNode(text, 'System.String')];
}

function change(call: Call, to: (text: string) => string): Operator {
  return collection((scope) => {
    const text = stringOf(call.input.evaluate(scope), `${call.name}()`);
    return text === undefined ? EMPTY : textNodes(to(text));
  });
}

/** Input and argument; undefined where one of them is empty. */
function pair(call: Call): (scope: Scope) => readonly [string, string] | undefined {
  const argument = call.argument(0);
  const what = `${call.name}()`;
  return (scope) => {
    const text = stringOf(call.input.evaluate(scope), what);
    if (text === undefined) return undefined;
    const part = stringOf(argument.evaluate(scope), what);
    return part === undefined ? undefined : [text, part];
  };
}

function position(call: Call, find: (text: string, part: string) => number): Operator {
  const texts = pair(call);
  return numeric((scope) => {
    const found = texts(scope);
    return found === undefined ? undefined : find(found[0], found[1]);
  }, 'System.Integer');
}

function test(call: Call, holds: (text: string, part: string) => boolean): Operator {
  const texts = pair(call);
  return predicate((scope) => {
    const found = texts(scope);
    return found === undefined ? undefined : holds(found[0], found[1]);
  });
}

/** Finds the pattern anywhere in the text, as the reference implementation does and R4's expressions expect. */
function matches(call: Call, toPattern: (pattern: string) => string): Operator {
  const texts = pair(call);
  return predicate((scope) => {
    const found = texts(scope);
    return found === undefined ? undefined : compilePattern(toPattern(found[1])).test(found[0]);
  });
}

function substring(call: Call): Operator {
  const start = call.argument(0);
  const length = call.args.length > 1 ? call.argument(1) : undefined;
  return collection((scope) => {
    const text = stringOf(call.input.evaluate(scope), 'substring()');
    const from = integerOf(start.evaluate(scope), 'substring()');
    if (text === undefined || from === undefined || from < 0 || from >= text.length) return EMPTY;
    const size = length === undefined ? undefined : integerOf(length.evaluate(scope), 'substring()');
    return textNodes(size === undefined ? text.slice(from) : text.slice(from, from + Math.max(0, size)));
  });
}

function replaced(call: Call, replace: (text: string, part: string, by: string) => string): Operator {
  const texts = pair(call);
  const substitution = call.argument(1);
  return collection((scope) => {
    const found = texts(scope);
    const by = found === undefined ? undefined : stringOf(substitution.evaluate(scope), `${call.name}()`);
    return found === undefined || by === undefined ? EMPTY : textNodes(replace(found[0], found[1], by));
  });
}

function join(call: Call): Operator {
  const separator = call.args.length > 0 ? call.argument(0) : undefined;
  return collection((scope) => {
    const nodes = call.input.evaluate(scope);
    const by = separator === undefined ? '' : stringOf(separator.evaluate(scope), 'join()');
    if (by === undefined || nodes.length === 0) return EMPTY;
    const texts = nodes.flatMap((node) => {
      if (node.value === undefined) return [];
      if (typeof node.value !== 'string') throw new EvaluationFault(`join() takes Strings, but there is a ${node.type}`);
      return [node.value];
    });
    return textNodes(texts.join(by));
  });
}
