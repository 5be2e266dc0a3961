/** The report in the format that was asked for. */
import type { OutcomeOptions } from '../../fhir/operation-outcome.js';
import { jsonReport } from './json.js';
import { junitReport } from './junit.js';
import type { FailOn, Format, Report } from './report.js';
import { sarifReport } from './sarif.js';
import { type TextStream, textReport } from './text.js';

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
