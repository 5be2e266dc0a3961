/** What a check found, in the format that was asked for: one small interface, a file for each format. */
import type { OutcomeOptions } from '../../fhir/operation-outcome.js';
import type { Finding, Verdict } from '../check-input.js';
import { jsonReport } from './json.js';
import { junitReport } from './junit.js';
import { sarifReport } from './sarif.js';
import { type TextStream, textReport } from './text.js';

/** Text is written as the findings come, in the order of the inputs; any of it may be empty. */
export interface Report {
  /** Before the first one. */
  begin(): string;
  describe(finding: Finding): string;
  /** After the last one. */
  end(counts: Counts): string;
}

export type Counts = Readonly<Record<Verdict, number>>;

export const FORMATS = ['text', 'json', 'sarif', 'junit'] as const;
export type Format = (typeof FORMATS)[number];

export const FAIL_ON = ['error', 'warning'] as const;
/** Least severity of an issue that makes an input fail. */
export type FailOn = (typeof FAIL_ON)[number];

export interface ReportOptions {
  readonly stream: TextStream;
  readonly outcome: OutcomeOptions;
  readonly failOn: FailOn;
  /** Of this command. */
  readonly version: string;
  /** Whether nothing is said of single inputs. */
  readonly isQuiet: boolean;
}

export function createReport(format: Format, options: ReportOptions): Report {
  switch (format) {
    case 'json':
      return jsonReport(options.outcome);
    case 'sarif':
      return sarifReport(options.version);
    case 'junit':
      return junitReport(options.failOn);
    case 'text':
      return textReport(options.stream, options.isQuiet);
  }
}

export function isFailure(verdict: Verdict, failOn: FailOn): boolean {
  return verdict === 'invalid' || verdict === 'unreadable' || (verdict === 'warned' && failOn === 'warning');
}
