/** What a check found, for programs (a line of JSON for each input) or for people. */
import type { WriteStream } from 'node:tty';
import { type Issue, isAcceptable, type OutcomeOptions, toOperationOutcome } from '../fhir/operation-outcome.js';

export interface Finding {
  readonly file: string;
  readonly issues: readonly Issue[];
  /** Whether the input's text could not be had. */
  readonly isUnreadable: boolean;
}

export interface Report {
  /** Text for one input. */
  describe(finding: Finding): string;
  /** Text after the last one. */
  summarise(findings: Counts): string;
}

export interface Counts {
  readonly valid: number;
  readonly invalid: number;
  readonly unreadable: number;
}

export function jsonReport(options: OutcomeOptions): Report {
  return {
    describe: ({ file, issues }) => `${JSON.stringify({ file, outcome: toOperationOutcome(issues, options) })}\n`,
    summarise: () => '',
  };
}

type Paint = (style: keyof typeof STYLES, text: string) => string;

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
const SEVERITIES = { fatal: 'red', error: 'red', warning: 'yellow', information: 'cyan' } as const;

/** Terminals get colours, unless they or their user (NO_COLOR) will have none. */
export function readableReport(stream: Partial<Pick<WriteStream, 'isTTY' | 'hasColors'>>): Report {
  const hasColors = stream.isTTY === true && stream.hasColors?.() === true;
  const paint: Paint = hasColors ? (style, text) => `\u001b[${STYLES[style]}m${text}\u001b[0m` : (_, text) => text;
  return {
    describe: (finding) => `${[headline(finding, paint), ...finding.issues.map((issue) => describeIssue(issue, paint))].join('\n')}\n`,
    summarise: ({ valid, invalid, unreadable }) => {
      const parts = [`${valid} valid`, `${invalid} invalid`, ...(unreadable > 0 ? [`${unreadable} unreadable`] : [])];
      return `\n${count(valid + invalid + unreadable, 'input')}: ${parts.join(', ')}\n`;
    },
  };
}

function headline({ file, issues, isUnreadable }: Finding, paint: Paint): string {
  const errors = issues.filter(({ severity }) => severity === 'error' || severity === 'fatal').length;
  const warnings = issues.filter(({ severity }) => severity === 'warning').length;
  const verdict = isUnreadable ? paint('red', 'unreadable') : isAcceptable(issues) ? paint('green', 'valid') : paint('red', 'invalid');
  const counts = [...(errors > 0 ? [count(errors, 'error')] : []), ...(warnings > 0 ? [count(warnings, 'warning')] : [])];
  return `${paint('bold', file)}: ${verdict}${counts.length > 0 && !isUnreadable ? ` (${counts.join(', ')})` : ''}`;
}

/** `  error Condition.code 14:7 What is wrong [rule]` */
function describeIssue({ severity, expression, line, column, diagnostics, rule }: Issue, paint: Paint): string {
  const place = [expression, line === undefined ? undefined : `${line}:${column ?? 1}`].filter((part) => part !== undefined).join(' ');
  const parts = [paint(SEVERITIES[severity], severity), place, diagnostics, rule === undefined ? '' : paint('dim', `[${rule}]`)];
  return `  ${parts.filter((part) => part !== '').join(' ')}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
