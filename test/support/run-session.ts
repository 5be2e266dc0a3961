/** A program that takes what it is given as JSON on standard input and tells what it found as JSON on standard output. */
import { execFile } from 'node:child_process';

export interface ProgramOptions {
  readonly timeoutMs?: number;
  /** Beside PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Rejects with what the program says when it fails. */
export async function runSession(program: string, args: readonly string[], given: unknown, options: ProgramOptions = {}): Promise<unknown> {
  return JSON.parse(await runProgram(program, args, { ...options, input: JSON.stringify(given) }));
}

/** What it prints. */
export function runProgram(
  program: string,
  args: readonly string[],
  { timeoutMs = 60_000, environment, input = '' }: ProgramOptions = {},
): Promise<string> {
  const env = environment === undefined ? process.env : { PATH: process.env['PATH'], ...environment };
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: timeoutMs, encoding: 'utf8', env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} ${args.slice(0, 3).join(' ')}: ${stderr || error.message}`));
    });
    // one that has ended by itself reads no more
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
