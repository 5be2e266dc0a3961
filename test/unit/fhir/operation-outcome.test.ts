import { expect } from 'chai';
import { type Issue, toOperationOutcome } from '../../../src/fhir/operation-outcome.js';

describe('OperationOutcome', () => {
  it('names errors before warnings before notes, each in the order they were found', () => {
    const issues = (['warning', 'information', 'error', 'warning', 'fatal', 'error'] as const).map(
      (severity, index): Issue => ({ severity, code: 'value', diagnostics: String(index) }),
    );
    const { issue } = toOperationOutcome(issues) as { issue: { diagnostics: string }[] };
    expect(issue.map(({ diagnostics }) => diagnostics).join('')).to.equal('425031');
    expect(issues.map(({ diagnostics }) => diagnostics).join('')).to.equal('012345');
  });

  it('has one issue where there is nothing to say', () => {
    const { issue } = toOperationOutcome([]);
    expect(issue).to.deep.equal([{ severity: 'information', code: 'informational', diagnostics: 'No issues detected' }]);
  });
});
