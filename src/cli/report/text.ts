/** For people. Terminals get colours, unless they or their user (NO_COLOR) will have none. */
import type { WriteStream } from 'node:tty';
import type { Issue } from '../../fhir/operation-outcome.js';
import { type Finding, nameOf } from '../check-input.js';
import type { Counts, Report } from './report.js';

export type TextStream = Partial<Pick<WriteStream, 'isTTY' | 'hasColors'>>;
export type Paint = (style: keyof typeof STYLES, text: string) => string;

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
const SEVERITIES = { fatal: 'red', error: 'red', warning: 'yellow', information: 'cyan' } as const;
const VERDICTS = { valid: 'green', warned: 'green', invalid: 'red', unreadable: 'red' } as const;

export function textReport(stream: TextStream, isQuiet: boolean): Report {
  const paint = painterFor(stream);
  return {
    begin: () => '',
    describe: (finding) => (isQuiet ? '' : describeFinding(finding, paint)),
    end: (counts) => `${isQuiet ? '' : '\n'}${describeCounts(counts)}\n`,
  };
}

export function painterFor(stream: TextStream): Paint {
  const hasColors = stream.isTTY === true && stream.hasColors?.() === true;
  return hasColors ? (style, text) => `\u001b[${STYLES[style]}m${text}\u001b[0m` : (_, text) => text;
}

function describeFinding(finding: Finding, paint: Paint): string {
  const { issues, explanation } = finding;
  const lines = [headline(finding, paint), ...(explanation?.profiles ?? []).map((line) => `  ${paint('dim', line)}`)];
  issues.forEach((issue, index) => {
    lines.push(`  ${describeIssue(issue, paint)}`, ...(explanation?.issues[index] ?? []).map((line) => `    ${paint('dim', line)}`));
  });
  return `${lines.join('\n')}\n`;
}

function headline(finding: Finding, paint: Paint): string {
  const { verdict, issues } = finding;
  const errors = issues.filter(({ severity }) => severity === 'error' || severity === 'fatal').length;
  const warnings = issues.filter(({ severity }) => severity === 'warning').length;
  const counts = [...(errors > 0 ? [count(errors, 'error')] : []), ...(warnings > 0 ? [count(warnings, 'warning')] : [])];
  const stated = paint(VERDICTS[verdict], verdict === 'warned' ? 'valid' : verdict);
  return `${paint('bold', nameOf(finding))}: ${stated}${counts.length > 0 && verdict !== 'unreadable' ? ` (${counts.join(', ')})` : ''}`;
}

/** `error Condition.code 14:7 What is wrong [rule]` */
export function describeIssue({ severity, expression, line, column, diagnostics, rule }: Issue, paint: Paint): string {
  const place = [expression, line === undefined ? undefined : `${line}:${column ?? 1}`].filter((part) => part !== undefined).join(' ');
  const parts = [paint(SEVERITIES[severity], severity), place, diagnostics, rule === undefined ? '' : paint('dim', `[${rule}]`)];
  return parts.filter((part) => part !== '').join(' ');
}

function describeCounts({ valid, warned, invalid, unreadable }: Counts): string {
  const parts = [
    `${valid + warned} valid${warned > 0 ? ` (${warned} with warnings)` : ''}`,
    `${invalid} invalid`,
    ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
  ];
  return `${count(valid + warned + invalid + unreadable, 'input')}: ${parts.join(', ')}`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
