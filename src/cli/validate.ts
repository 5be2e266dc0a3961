/** `kauri validate`: inputs one after the other against the same definitions. */
import { checkInputs } from './check-inputs.js';
import { type CheckerOptions, openChecker } from './checker.js';
import { findInputs, STANDARD_INPUT } from './inputs.js';
import { Progress } from './progress.js';
import { createReport } from './report/create-report.js';
import { type FailOn, type Format, isFailure } from './report/report.js';
import { Summary } from './report/summary.js';
import { UsageError } from './usage-error.js';

export interface ValidateCommand extends CheckerOptions {
  readonly files: readonly string[];
  readonly format: Format;
  readonly failOn: FailOn;
  readonly isSummaryWanted: boolean;
  readonly isQuiet: boolean;
  readonly isStdinNdjson: boolean;
  /** Undefined: by the machine's cores, once there are many inputs. */
  readonly workers: number | undefined;
  /** Of the command itself, for reports. */
  readonly version: string;
}

export interface CommandStreams {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** A line for people, beside what the command was asked for. */
  readonly warn: (problem: string) => void;
}

export const EXIT_VALID = 0;
export const EXIT_INVALID = 1;
export const EXIT_UNUSABLE = 2;

/** Resolves to the exit status. Rejects with UsageError before anything is checked. */
export async function validate(command: ValidateCommand, { stdin, stdout, stderr, warn }: CommandStreams): Promise<number> {
  const { files, format, failOn, isQuiet, isStdinNdjson, workers, version } = command;
  assertStandardInput(files, isStdinNdjson);
  const isText = format === 'text';
  if (isQuiet && !isText) throw new UsageError(`--quiet is for the report in text: --format ${format} says all or nothing`);
  if (command.explain && !isText) throw new UsageError(`--explain is for the report in text, and not for --format ${format}`);

  const checkerOptions = toCheckerOptions(command);
  const checker = await openChecker(checkerOptions, warn);
  const report = createReport(format, { stream: stdout, outcome: checker.outcome, failOn, version, isQuiet });
  const summary = command.isSummaryWanted ? new Summary() : undefined;
  // where the report itself goes to the terminal as it comes, it shows how far the work is
  const isSilent = stdout.isTTY !== true || isQuiet || format === 'junit';
  const words = { done: 'inputs', failed: 'not valid' };
  const progress = new Progress({ stream: stderr, clock: () => performance.now(), isWanted: isSilent, words });
  const counts = { valid: 0, warned: 0, invalid: 0, unreadable: 0 };
  let [done, failed] = [0, 0];

  await write(stdout, report.begin());
  const inputs = findInputs(files, { stdin, isStdinNdjson });
  for await (const finding of checkInputs(inputs, { checker, checkerOptions, workers })) {
    counts[finding.verdict]++;
    done++;
    if (isFailure(finding.verdict, failOn)) failed++;
    summary?.add(finding);
    await write(stdout, report.describe(finding));
    progress.update(done, failed);
  }
  progress.clear();
  await write(stdout, report.end(counts));
  // the other formats are for programs: their text is whole as it is
  if (summary !== undefined) await write(isText ? stdout : stderr, `${isText ? '\n' : ''}${summary.describe()}`);
  if (counts.unreadable > 0) return EXIT_UNUSABLE;
  return failed > 0 ? EXIT_INVALID : EXIT_VALID;
}

export function assertStandardInput(files: readonly string[], isStdinNdjson: boolean): void {
  const times = files.filter((file) => file === STANDARD_INPUT).length;
  if (times > 1) throw new UsageError('- can be read only once');
  if (isStdinNdjson && times === 0) throw new UsageError('--ndjson is about standard input: name - among the files');
}

/** Plain data, for threads too. */
function toCheckerOptions({ api, packages, definitions, settings, profiles, explain }: ValidateCommand): CheckerOptions {
  return { ...(api !== undefined && { api }), packages, definitions, settings, profiles, explain };
}

/** Waits until a slow reader has taken what was written before. */
export async function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (text === '' || stream.write(text)) return;
  await new Promise<void>((resolve) => {
    stream.once('drain', resolve);
  });
}
