/** SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Issue, IssueSeverity } from '../../fhir/operation-outcome.js';
import type { Finding } from '../check-input.js';
import { STANDARD_INPUT } from '../inputs.js';
import type { Report } from './report.js';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const LEVELS: Readonly<Record<IssueSeverity, string>> = { fatal: 'error', error: 'error', warning: 'warning', information: 'note' };

/** Written as it comes: the rules that were met stand after the results, which JSON allows. */
export function sarifReport(version: string): Report {
  const rules = new Map<string, number>();
  let isFirst = true;
  return {
    begin: () => `{"$schema":${JSON.stringify(SCHEMA)},"version":"2.1.0","runs":[{"columnKind":"utf16CodeUnits","results":[`,
    describe: (finding) => {
      const results = finding.issues.map((issue) => {
        const separator = isFirst ? '\n' : ',\n';
        isFirst = false;
        return separator + JSON.stringify(toResult(issue, finding, rules));
      });
      return results.join('');
    },
    end: (counts) => {
      const tool = { driver: { name: 'kauri', version, rules: [...rules.keys()].map((id) => ({ id })) } };
      const invocations = [{ executionSuccessful: counts.unreadable === 0 }];
      return `\n],"tool":${JSON.stringify(tool)},"invocations":${JSON.stringify(invocations)}}]}\n`;
    },
  };
}

function toResult(issue: Issue, finding: Finding, rules: Map<string, number>): object {
  const { severity, code, diagnostics, expression, definition, sliceName } = issue;
  // what has no rule of its own (a text that is no JSON) goes by its code
  const ruleId = issue.rule ?? code;
  if (!rules.has(ruleId)) rules.set(ruleId, rules.size);
  const properties = { issueType: code, ...(definition !== undefined && { definition }), ...(sliceName !== undefined && { sliceName }) };
  return {
    ruleId,
    ruleIndex: rules.get(ruleId),
    level: LEVELS[severity],
    message: { text: diagnostics },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: toUri(finding.file) }, ...toRegion(issue, finding) },
        ...(expression !== undefined && { logicalLocations: [{ fullyQualifiedName: expression, kind: 'element' }] }),
      },
    ],
    properties,
  };
}

/** Of an issue without a position the line of NDJSON is known at least. */
function toRegion({ line = undefined, column }: Issue, finding: Finding): object {
  const startLine = line ?? finding.line;
  if (startLine === undefined) return {};
  return { region: { startLine, ...(line !== undefined && column !== undefined && { startColumn: column }) } };
}

function toUri(file: string): string {
  if (file === STANDARD_INPUT) return 'stdin';
  if (isAbsolute(file)) return pathToFileURL(file).href;
  // halves of surrogate pairs are in no URI
  return file
    .toWellFormed()
    .split(/[/\\]/)
    .map((part) => encodeURIComponent(part))
    .join('/');
}
