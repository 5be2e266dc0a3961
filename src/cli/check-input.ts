/** One input held against the definitions. */
import { JsonSyntaxError, parseJson } from '../fhir/json.js';
import { type Issue, isAcceptable, syntaxIssue } from '../fhir/operation-outcome.js';
import type { Checker, CheckResult } from './checker.js';
import type { Explanation } from './explanation.js';
import { type Input, InputError, readInput } from './inputs.js';

/** `warned`: valid, with warnings. `unreadable`: the text could not be had. */
export type Verdict = 'valid' | 'warned' | 'invalid' | 'unreadable';

/** Plain data, as it comes from other threads. */
export interface Finding {
  readonly file: string;
  /** Of NDJSON: which line of the file. The positions of issues are the file's too. */
  readonly line?: number;
  readonly verdict: Verdict;
  readonly issues: readonly Issue[];
  readonly explanation?: Explanation;
}

/** `FILE`, or `FILE:LINE`. */
export function nameOf({ file, line }: Pick<Input, 'file' | 'line'>): string {
  return line === undefined ? file : `${file}:${line}`;
}

export async function checkInput(input: Input, checker: Checker): Promise<Finding> {
  const { file, line } = input;
  const place = { file, ...(line !== undefined && { line }) };
  let text: string;
  try {
    text = await readInput(input);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { message, isMalformed } = error;
    const issue: Issue = isMalformed
      ? { severity: 'error', code: 'structure', diagnostics: message, ...(line !== undefined && { line, column: 1 }) }
      : { severity: 'fatal', code: 'exception', diagnostics: `The input cannot be read: ${message}` };
    return { ...place, verdict: isMalformed ? 'invalid' : 'unreadable', issues: [issue] };
  }
  const { issues, explanation } = checkText(text, checker);
  return {
    ...place,
    verdict: toVerdict(issues),
    issues: line === undefined ? issues : issues.map((issue) => moveDown(issue, line - 1)),
    ...(explanation !== undefined && { explanation }),
  };
}

function checkText(text: string, checker: Checker): CheckResult {
  try {
    return checker.check(parseJson(text, checker.maxDepth === undefined ? {} : { maxDepth: checker.maxDepth }));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { issues: [syntaxIssue(error)] };
  }
}

function toVerdict(issues: readonly Issue[]): Verdict {
  if (!isAcceptable(issues)) return 'invalid';
  return issues.some(({ severity }) => severity === 'warning') ? 'warned' : 'valid';
}

export function moveDown(issue: Issue, lines: number): Issue {
  return issue.line === undefined ? issue : { ...issue, line: issue.line + lines };
}
