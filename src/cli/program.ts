/** The commands with their options, read and held against each other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { PACKAGE_ROOT } from '../config.js';
import type { GroundOptions } from './ground.js';
import { importLines } from './import.js';
import { profileDiff } from './profile-diff.js';
import { FAIL_ON, type FailOn, FORMATS, type Format } from './report/report.js';
import { UsageError } from './usage-error.js';
import { type CommandStreams, validate } from './validate.js';

const ERROR_OR_WARNING = ['error', 'warning'] as const;
type ErrorOrWarning = (typeof ERROR_OR_WARNING)[number];

/** What both commands take. */
interface SharedOptions {
  readonly api?: string;
  readonly package: readonly string[];
  readonly definitions: readonly string[];
  readonly ndjson: boolean;
  readonly vitalSigns?: true;
  /** Commander's own default for an option that begins with no-. */
  readonly exampleUrls: boolean;
  readonly bestPractice?: true;
  readonly unknownExtensions?: ErrorOrWarning;
  readonly wrongDisplay?: ErrorOrWarning;
}

interface ValidateOptions extends SharedOptions {
  readonly profile: readonly string[];
  readonly format?: Format;
  readonly json: boolean;
  readonly failOn: FailOn;
  readonly summary: boolean;
  readonly quiet: boolean;
  readonly explain: boolean;
  readonly workers?: number;
}

const EXIT_STATUS = {
  validate: '0 all are valid, 1 some are not, 2 the command cannot be run, or an input cannot be read',
  import: '0 all lines are written, 1 some are not, 2 the command cannot be run, or the import broke off',
  diff: '0 no difference, 1 some, 2 the command cannot be run, or nothing can be compared',
};
const FILES = 'files, folders (their .json and .ndjson files), or - for standard input';
const MOST_WORKERS = 64;

/** Resolves to the exit status. Rejects with CommanderError, which has been said, or UsageError, which has not. */
export async function runProgram(streams: CommandStreams): Promise<number> {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  let status = 0;
  const program = new Command('kauri').description('FHIR R4 for national shared-care APIs').version(version).exitOverride();

  addSharedOptions(program.command('validate'))
    .description('hold resources against R4, the profiles that they claim, and those that are named here')
    .argument('<file...>', FILES)
    .option('--profile <canonical>', 'a profile that every resource must fulfil (may be repeated)', collect, [])
    .addOption(new Option('--format <format>', 'what is written (default: text)').choices(FORMATS))
    .option('--json', 'as --format json: a line {"file": …, "outcome": OperationOutcome} for each input', false)
    .addOption(new Option('--fail-on <severity>', 'least severity for exit status 1').choices(FAIL_ON).default('error'))
    .option('--summary', 'count the issues by profile and rule at the end (on stderr where the format is not text)', false)
    .option('--quiet', 'say nothing of single inputs', false)
    .option('--explain', 'say which version of a profile was chosen, and which definition, slice and value set decided', false)
    .option('--workers <number>', 'threads that check (default: one a core when there is much to check)', readWorkers)
    .addHelpText('after', `\nExit status: ${EXIT_STATUS.validate}`)
    .action(async (files: readonly string[], options: ValidateOptions) => {
      const { profile: profiles, failOn, quiet, explain, workers } = options;
      const format = readFormat(options);
      const command = { ...toGround(options), profiles, format, failOn, isQuiet: quiet, explain, workers };
      status = await validate({ ...command, files, version, isSummaryWanted: options.summary, isStdinNdjson: options.ndjson }, streams);
    });

  addSharedOptions(program.command('profile-diff'))
    .description('what two versions of a profile say differently of the same resources')
    .argument('<first>', "'URL|VERSION' of a profile")
    .argument('<second>', 'another version of the same')
    .argument('<file...>', FILES)
    .addHelpText('after', `\nExit status: ${EXIT_STATUS.diff}`)
    .action(async (first: string, second: string, files: readonly string[], options: SharedOptions) => {
      status = await profileDiff({ ...toGround(options), canonicals: [first, second], files, isStdinNdjson: options.ndjson }, streams);
    });

  program
    .command('import')
    .description('write the resources of NDJSON through the $import of an API, each line like any other write')
    .argument('<file>', 'a file of NDJSON, a resource in each line, or - for standard input')
    .requiredOption('--to <url>', 'base of the API, such as http://127.0.0.1:8080/r4')
    .option('--id <name>', 'a name of this import: when it breaks off, the same command goes on where it ended')
    .addOption(new Option('--token <token>', 'access token, sent as bearer').env('KAURI_TOKEN'))
    .addHelpText('after', `\nExit status: ${EXIT_STATUS.import}`)
    .action(async (file: string, { to, id, token }: { readonly to: string; readonly id?: string; readonly token?: string }) => {
      status = await importLines({ file, to, id, authorization: token === undefined ? undefined : `Bearer ${token}` }, streams);
    });

  await program.parseAsync();
  return status;
}

function addSharedOptions(command: Command): Command {
  return command
    .option('--api <name>', "with the profiles and rules of an API, such as 'sdhr'")
    .option('--package <path>', 'a FHIR package, .tgz or folder (may be repeated)', collect, [])
    .option('--definitions <path>', 'a file or folder of conformance resources (may be repeated)', collect, [])
    .option('--ndjson', 'standard input is NDJSON, a resource in each line, as .ndjson files are', false)
    .option('--vital-signs', "hold an Observation with the code of a vital sign against R4's profile for it")
    .option('--no-example-urls', 'refuse URLs that are made for examples (example.org and its like)')
    .option('--best-practice', 'count constraints that are marked as best practice')
    .addOption(new Option('--unknown-extensions <severity>', 'of an extension that nothing defines').choices(ERROR_OR_WARNING))
    .addOption(new Option('--wrong-display <severity>', 'of a display that the code system does not have').choices(ERROR_OR_WARNING));
}

function collect(value: string, values: readonly string[]): readonly string[] {
  return [...values, value];
}

function readWorkers(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MOST_WORKERS) {
    throw new InvalidArgumentError(`A number from 1 to ${MOST_WORKERS} is wanted.`);
  }
  return number;
}

function readFormat({ format, json }: ValidateOptions): Format {
  if (json && format !== undefined && format !== 'json') throw new UsageError(`--json and --format ${format} exclude each other`);
  return json ? 'json' : (format ?? 'text');
}

/** Only what was said: an API has settings of its own. */
function toGround(options: SharedOptions): GroundOptions {
  const { api, package: packages, definitions, unknownExtensions, wrongDisplay } = options;
  return {
    ...(api !== undefined && { api }),
    packages,
    definitions,
    settings: {
      ...(options.vitalSigns && { vitalSigns: true }),
      ...(!options.exampleUrls && { exampleUrls: false }),
      ...(options.bestPractice && { bestPractice: true }),
      ...(unknownExtensions !== undefined && { allowUnknownExtensions: unknownExtensions === 'warning' }),
      ...(wrongDisplay !== undefined && { wrongDisplay }),
    },
  };
}
