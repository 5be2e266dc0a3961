#!/usr/bin/env node
/** The command line. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { PACKAGE_ROOT } from '../config.js';
import { DefinitionsIndexError } from '../conformance/definitions-index.js';
import { ApiFolderError } from '../conformance/load-api.js';
import { UsageError } from './usage-error.js';
import { EXIT_UNUSABLE, EXIT_VALID, validate } from './validate.js';

interface ValidateOptions {
  readonly api?: string;
  readonly profile: readonly string[];
  readonly package: readonly string[];
  readonly definitions: readonly string[];
  readonly json: boolean;
}

const collect = (value: string, values: readonly string[]): readonly string[] => [...values, value];
const say = (message: string): void => {
  process.stderr.write(`kauri: ${message}\n`);
};

function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  const program = new Command('kauri').description('FHIR R4 for national shared-care APIs').version(version).exitOverride();
  program
    .command('validate')
    .description('hold resources against R4, the profiles that they claim, and those that are named here')
    .argument('<file...>', 'files, folders (their .json files), or - for standard input')
    .option('--api <name>', "with the profiles and rules of an API, such as 'sdhr'")
    .option('--profile <canonical>', 'a profile that every resource must fulfil (may be repeated)', collect, [])
    .option('--package <path>', 'a FHIR package, .tgz or folder (may be repeated)', collect, [])
    .option('--definitions <path>', 'a file or folder of conformance resources (may be repeated)', collect, [])
    .option('--json', 'one line of JSON for each input: {"file": …, "outcome": OperationOutcome}', false)
    .addHelpText('after', '\nExit status: 0 all are valid, 1 some are not, 2 the command cannot be run, or an input cannot be read')
    .action(async (files: readonly string[], options: ValidateOptions) => {
      const { profile, package: packages, ...rest } = options;
      const command = { ...rest, files, profiles: profile, packages };
      process.exitCode = await validate(command, { stdin: process.stdin, stdout: process.stdout, warn: say });
    });
  return program;
}

async function main(): Promise<void> {
  try {
    await createProgram().parseAsync();
  } catch (error) {
    process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? EXIT_VALID : EXIT_UNUSABLE;
    // commander has said its own
    if (error instanceof CommanderError) return;
    if (error instanceof UsageError || error instanceof ApiFolderError || error instanceof DefinitionsIndexError) say(error.message);
    else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
}

// a reader that has gone (head) wants nothing more
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') say(`The output cannot be written: ${error.message}`);
  process.exit(EXIT_UNUSABLE);
});

await main();
