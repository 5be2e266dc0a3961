/** What the command line prints for people and for programs. */
import { expect } from 'chai';
import type { Finding } from '../../../src/cli/check-input.js';
import { jsonReport } from '../../../src/cli/report/json.js';
import { junitReport } from '../../../src/cli/report/junit.js';
import { sarifReport } from '../../../src/cli/report/sarif.js';
import { Summary } from '../../../src/cli/report/summary.js';
import { textReport } from '../../../src/cli/report/text.js';
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
    const text = textReport({}, false).describe({ file: 'a.json', verdict: 'invalid', issues: [error, warning] });
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
    const text = textReport({}, false).describe({ file: 'a.json', verdict: 'warned', issues: [warning, warning] });
    expect(text.split('\n')[0]).to.equal('a.json: valid (2 warnings)');
  });

  it('says what could not be read', () => {
    const issue: Issue = { severity: 'fatal', code: 'exception', diagnostics: 'The input cannot be read: permission denied' };
    const text = textReport({}, false).describe({ file: 'a.json', verdict: 'unreadable', issues: [issue] });
    expect(text).to.equal('a.json: unreadable\n  fatal The input cannot be read: permission denied\n');
  });

  it('counts at the end', () => {
    const report = textReport({}, false);
    expect(report.end({ valid: 1, warned: 0, invalid: 0, unreadable: 0 })).to.equal('\n1 input: 1 valid, 0 invalid\n');
    expect(report.end({ valid: 1, warned: 1, invalid: 1, unreadable: 1 })).to.equal(
      '\n4 inputs: 2 valid (1 with warnings), 1 invalid, 1 unreadable\n',
    );
  });

  it('has colours on a terminal that shows them, and nowhere else', () => {
    const finding: Finding = { file: 'a.json', verdict: 'invalid', issues: [error] };
    const plain = textReport({}, false).describe(finding);
    expect(textReport({ isTTY: true, hasColors: () => true }, false).describe(finding)).to.include('\u001b[31minvalid\u001b[0m');
    expect(textReport({ isTTY: true, hasColors: () => false }, false).describe(finding)).to.equal(plain);
    expect(textReport({ hasColors: () => true }, false).describe(finding)).to.equal(plain);
    expect(plain).not.to.include('\u001b');
  });
});

describe('the report for programs', () => {
  it('is one line of JSON for each input, and nothing after the last', () => {
    const report = jsonReport({});
    const text = report.describe({ file: 'a.json', verdict: 'invalid', issues: [error] });
    expect(text.indexOf('\n')).to.equal(text.length - 1);
    const { file, outcome } = JSON.parse(text) as { file: string; outcome: { issue: { code: string; expression: string[] }[] } };
    expect(file).to.equal('a.json');
    expect(outcome.issue.map(({ code, expression }) => [code, expression])).to.deep.equal([['code-invalid', ['Patient.gender']]]);
    expect(report.end({ valid: 0, warned: 0, invalid: 1, unreadable: 0 })).to.equal('');
  });

  it('has the code that the API answers validation faults with', () => {
    const text = jsonReport({ validationIssueCode: 'invalid' }).describe({ file: 'a.json', verdict: 'invalid', issues: [error] });
    const { outcome } = JSON.parse(text) as { outcome: { issue: { code: string; details: { coding: { code: string }[] } }[] } };
    expect(outcome.issue[0]?.code).to.equal('invalid');
    expect(outcome.issue[0]?.details.coding.map(({ code }) => code)).to.include('code-invalid');
  });
});

describe('the report as SARIF', () => {
  const results = (finding: Finding): readonly { locations: readonly { physicalLocation: object }[] }[] => {
    const report = sarifReport('1.0.0');
    const text = report.begin() + report.describe(finding) + report.end({ valid: 0, warned: 0, invalid: 1, unreadable: 0 });
    return JSON.parse(text).runs[0].results;
  };

  it('is whole without any result', () => {
    expect(results({ file: 'a.json', verdict: 'valid', issues: [] })).to.deep.equal([]);
  });

  it('knows the line of NDJSON where an issue has no place, and none where nothing has', () => {
    const [[ofLine], [ofFile]] = [{ line: 7 }, {}].map((place) =>
      results({ file: 'a', ...place, verdict: 'warned', issues: [warning] }),
    ) as [ReturnType<typeof results>, ReturnType<typeof results>];
    expect(ofLine?.locations[0]?.physicalLocation).to.deep.equal({ artifactLocation: { uri: 'a' }, region: { startLine: 7 } });
    expect(ofFile?.locations[0]?.physicalLocation).to.deep.equal({ artifactLocation: { uri: 'a' } });
  });

  it('names absolute paths and standard input by URIs too', () => {
    const uri = (file: string): unknown => results({ file, verdict: 'warned', issues: [warning] })[0]?.locations[0]?.physicalLocation;
    expect(uri('/a b.json')).to.deep.equal({ artifactLocation: { uri: 'file:///a%20b.json' } });
    expect(uri('-')).to.deep.equal({ artifactLocation: { uri: 'stdin' } });
  });
});

describe('the report as JUnit XML', () => {
  it('has one failure for an input, which says how many errors there are', () => {
    const report = junitReport('error');
    const counts = { valid: 0, warned: 1, invalid: 1, unreadable: 0 };
    const findings: readonly Finding[] = [
      { file: 'a.json', line: 2, verdict: 'invalid', issues: [warning, error, error] },
      { file: 'b.json', verdict: 'warned', issues: [warning] },
    ];
    expect(findings.map((finding) => report.describe(finding)).join('')).to.equal('');
    const text = report.end(counts);
    expect(text.match(/<failure /g)).to.have.lengthOf(1);
    expect(text).to.include('name="a.json:2"><failure message="The code is none (and 1 more)" type="binding">');
    expect(text).to.include('<testsuite name="kauri validate" tests="2" failures="1" errors="0">');
    expect(text).to.include('<system-out>warning Patient There is no narrative [dom-6]</system-out>');
  });
});

describe('the summary', () => {
  it('has the most frequent first, and an example or two', () => {
    const summary = new Summary();
    for (const file of ['a', 'b', 'c']) summary.add({ file, verdict: 'invalid', issues: [error, warning, warning] });
    expect(summary.describe().split('\n')).to.deep.equal([
      'Issues by profile and rule:',
      '6 warning [dom-6] (no definition)',
      '  in 3 inputs, such as a, b',
      '3 error [binding] (no definition)',
      '  in 3 inputs, such as a, b',
      '',
    ]);
    expect(new Summary().describe()).to.equal('There are no issues.\n');
  });
});
