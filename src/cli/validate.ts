/** `kauri validate`: inputs one after the other against the same definitions. */
import { JsonSyntaxError, parseJson } from '../fhir/json.js';
import { type Issue, isAcceptable } from '../fhir/operation-outcome.js';
import { type Checker, type CheckerOptions, openChecker } from './checker.js';
import { findInputs, type Input, InputError, STANDARD_INPUT } from './inputs.js';
import { type Finding, jsonReport, readableReport } from './report.js';
import { UsageError } from './usage-error.js';

export interface ValidateCommand extends CheckerOptions {
  readonly files: readonly string[];
  readonly json: boolean;
}

export interface CommandStreams {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** A line for people, beside what the command was asked for. */
  readonly warn: (problem: string) => void;
}

export const EXIT_VALID = 0;
const EXIT_INVALID = 1;
export const EXIT_UNUSABLE = 2;

/** Resolves to the exit status. Rejects with UsageError before anything is checked. */
export async function validate(command: ValidateCommand, { stdin, stdout, warn }: CommandStreams): Promise<number> {
  if (command.files.filter((file) => file === STANDARD_INPUT).length > 1) throw new UsageError('- can be read only once');
  const checker = await openChecker(command, warn);
  const report = command.json ? jsonReport(checker.outcome) : readableReport(stdout);
  const counts = { valid: 0, invalid: 0, unreadable: 0 };
  for await (const input of findInputs(command.files, stdin)) {
    const finding = await check(input, checker);
    counts[finding.isUnreadable ? 'unreadable' : isAcceptable(finding.issues) ? 'valid' : 'invalid']++;
    await write(stdout, report.describe(finding));
  }
  await write(stdout, report.summarise(counts));
  if (counts.unreadable > 0) return EXIT_UNUSABLE;
  return counts.invalid > 0 ? EXIT_INVALID : EXIT_VALID;
}

async function check({ file, read }: Input, checker: Checker): Promise<Finding> {
  let text: string;
  try {
    text = await read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { message, isMalformed } = error;
    const issue: Issue = isMalformed
      ? { severity: 'error', code: 'structure', diagnostics: message }
      : { severity: 'fatal', code: 'exception', diagnostics: `The input cannot be read: ${message}` };
    return { file, issues: [issue], isUnreadable: !isMalformed };
  }
  return { file, issues: checkText(text, checker), isUnreadable: false };
}

function checkText(text: string, checker: Checker): readonly Issue[] {
  try {
    return checker.check(parseJson(text, checker.maxDepth === undefined ? {} : { maxDepth: checker.maxDepth }));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { message, position } = error;
    const diagnostics = `The text is no JSON that can be read: ${message}`;
    return [{ severity: 'error', code: 'structure', diagnostics, ...position }];
  }
}

/** Waits until a slow reader has taken what was written before. */
async function write(stdout: NodeJS.WritableStream, text: string): Promise<void> {
  if (text === '' || stdout.write(text)) return;
  await new Promise<void>((resolve) => {
    stdout.once('drain', resolve);
  });
}
