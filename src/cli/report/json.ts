/** A line of JSON for each input: `{"file": …, "outcome": OperationOutcome}`. */
import { type OutcomeOptions, toOperationOutcome } from '../../fhir/operation-outcome.js';
import { nameOf } from '../check-input.js';
import type { Report } from './report.js';

export function jsonReport(options: OutcomeOptions): Report {
  return {
    begin: () => '',
    describe: (finding) => `${JSON.stringify({ file: nameOf(finding), outcome: toOperationOutcome(finding.issues, options) })}\n`,
    end: () => '',
  };
}
