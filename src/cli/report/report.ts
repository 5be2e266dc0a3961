/** What a check found, in the format that was asked for: one small interface, a file for each format. */
import type { Finding, Verdict } from '../check-input.js';

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

export function isFailure(verdict: Verdict, failOn: FailOn): boolean {
  return verdict === 'invalid' || verdict === 'unreadable' || (verdict === 'warned' && failOn === 'warning');
}
