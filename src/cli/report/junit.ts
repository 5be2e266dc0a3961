/** JUnit XML, as CI servers read it: a testcase for each input. https://github.com/jenkinsci/xunit-plugin (junit-10.xsd) */
import { type Finding, nameOf } from '../check-input.js';
import { type FailOn, isFailure, type Report } from './report.js';
import { describeIssue } from './text.js';

/** The counts stand before the cases, so that all is kept till the end. */
export function junitReport(failOn: FailOn): Report {
  const cases: string[] = [];
  return {
    begin: () => '',
    describe: (finding) => {
      cases.push(toTestCase(finding, failOn));
      return '';
    },
    end: ({ warned, invalid, unreadable }) => {
      const failures = invalid + (isFailure('warned', failOn) ? warned : 0);
      const counts = `tests="${cases.length}" failures="${failures}" errors="${unreadable}"`;
      const suite = [`<testsuite name="kauri validate" ${counts}>`, ...cases, '</testsuite>'].join('\n');
      return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n${suite}\n</testsuites>\n`;
    },
  };
}

function toTestCase(finding: Finding, failOn: FailOn): string {
  const { issues, verdict } = finding;
  const open = `<testcase classname="kauri.validate" name="${toAttribute(nameOf(finding))}"`;
  if (issues.length === 0) return `${open}/>`;
  const text = toText(issues.map((issue) => describeIssue(issue, (_, plain) => plain)).join('\n'));
  // of what passes, what there is to say is no failure
  if (!isFailure(verdict, failOn)) return `${open}><system-out>${text}</system-out></testcase>`;
  const element = verdict === 'unreadable' ? 'error' : 'failure';
  const decisive = issues.filter(({ severity }) => severity === 'error' || severity === 'fatal');
  const [first] = decisive.length > 0 ? decisive : issues.filter(({ severity }) => severity === 'warning');
  const more = decisive.length > 1 ? ` (and ${decisive.length - 1} more)` : '';
  const message = toAttribute(`${first?.diagnostics ?? ''}${more}`);
  return `${open}><${element} message="${message}" type="${toAttribute(first?.rule ?? first?.code ?? '')}">${text}</${element}></testcase>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function toText(text: string): string {
  return toXmlCharacters(text).replace(/[&<>\r]/g, toEntity);
}

function toAttribute(text: string): string {
  return toXmlCharacters(text).replace(/[&<>"\t\n\r]/g, toEntity);
}

const toEntity = (character: string): string => ESCAPES[character] ?? '';

/** What XML 1.0 has no way to write becomes the replacement character: https://www.w3.org/TR/xml/#charsets */
function toXmlCharacters(text: string): string {
  return text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd');
}
