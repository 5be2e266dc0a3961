#!/usr/bin/env node
/** The command line: runs what was asked for, and makes of every end an exit status. */
import { CommanderError } from 'commander';
import { DefinitionsIndexError } from '../conformance/definitions-index.js';
import { ApiFolderError } from '../conformance/load-api.js';
import { runProgram } from './program.js';
import { UsageError } from './usage-error.js';
import { EXIT_UNUSABLE, EXIT_VALID } from './validate.js';

const say = (message: string): void => {
  process.stderr.write(`kauri: ${message}\n`);
};

async function main(): Promise<void> {
  try {
    process.exitCode = await runProgram({ stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, warn: say });
  } catch (error) {
    process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? EXIT_VALID : EXIT_UNUSABLE;
    // a pipe that is still open would keep the process
    process.stdin.destroy();
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
