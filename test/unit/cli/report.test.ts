/** What the command line prints for people and for programs. */
import { expect } from 'chai';
import { jsonReport, readableReport } from '../../../src/cli/report.js';
import type { Issue } from '../../../src/fhir/operation-outcome.js';

const error: Issue = {
  severity: 'error',
  code: 'code-invalid',
  diagnostics: 'The code is none',
  expression: 'Patient.gender',
  rule: 'binding',
  line: 3,
  column: 13,
};
const warning: Issue = {
  severity: 'warning',
  code: 'invariant',
  diagnostics: 'There is no narrative',
  expression: 'Patient',
  rule: 'dom-6',
};

describe('the readable report', () => {
  it('says file, verdict, severity, expression, place, text and rule', () => {
    const text = readableReport({}).describe({ file: 'a.json', issues: [error, warning], isUnreadable: false });
    expect(text).to.equal(
      [
        'a.json: invalid (1 error, 1 warning)',
        '  error Patient.gender 3:13 The code is none [binding]',
        '  warning Patient There is no narrative [dom-6]',
        '',
      ].join('\n'),
    );
  });

  it('calls valid what has warnings only', () => {
    const text = readableReport({}).describe({ file: 'a.json', issues: [warning, warning], isUnreadable: false });
    expect(text.split('\n')[0]).to.equal('a.json: valid (2 warnings)');
  });

  it('says what could not be read', () => {
    const issue: Issue = { severity: 'fatal', code: 'exception', diagnostics: 'The input cannot be read: permission denied' };
    const text = readableReport({}).describe({ file: 'a.json', issues: [issue], isUnreadable: true });
    expect(text).to.equal('a.json: unreadable\n  fatal The input cannot be read: permission denied\n');
  });

  it('counts at the end', () => {
    const report = readableReport({});
    expect(report.summarise({ valid: 1, invalid: 0, unreadable: 0 })).to.equal('\n1 input: 1 valid, 0 invalid\n');
    expect(report.summarise({ valid: 2, invalid: 1, unreadable: 1 })).to.equal('\n4 inputs: 2 valid, 1 invalid, 1 unreadable\n');
  });

  it('has colours on a terminal that shows them, and nowhere else', () => {
    const finding = { file: 'a.json', issues: [error], isUnreadable: false };
    const plain = readableReport({}).describe(finding);
    expect(readableReport({ isTTY: true, hasColors: () => true }).describe(finding)).to.include('\u001b[31minvalid\u001b[0m');
    expect(readableReport({ isTTY: true, hasColors: () => false }).describe(finding)).to.equal(plain);
    expect(readableReport({ hasColors: () => true }).describe(finding)).to.equal(plain);
    expect(plain).not.to.include('\u001b');
  });
});

describe('the report for programs', () => {
  it('is one line of JSON for each input, and nothing after the last', () => {
    const report = jsonReport({});
    const text = report.describe({ file: 'a.json', issues: [error], isUnreadable: false });
    expect(text.indexOf('\n')).to.equal(text.length - 1);
    const { file, outcome } = JSON.parse(text) as { file: string; outcome: { issue: { code: string; expression: string[] }[] } };
    expect(file).to.equal('a.json');
    expect(outcome.issue.map(({ code, expression }) => [code, expression])).to.deep.equal([['code-invalid', ['Patient.gender']]]);
    expect(report.summarise({ valid: 0, invalid: 1, unreadable: 0 })).to.equal('');
  });

  it('has the code that the API answers validation faults with', () => {
    const text = jsonReport({ validationIssueCode: 'invalid' }).describe({ file: 'a.json', issues: [error], isUnreadable: false });
    const { outcome } = JSON.parse(text) as { outcome: { issue: { code: string; details: { coding: { code: string }[] } }[] } };
    expect(outcome.issue[0]?.code).to.equal('invalid');
    expect(outcome.issue[0]?.details.coding.map(({ code }) => code)).to.include('code-invalid');
  });
});
