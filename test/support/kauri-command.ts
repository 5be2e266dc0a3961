/** The `kauri` command as a process, from the sources. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMMAND = join(ROOT, 'src/cli/kauri.ts');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function startKauri(
  cwd: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), COMMAND, ...args], { cwd, env });
}

export function runKauri(
  cwd: string,
  args: readonly string[],
  stdin: string | Buffer = '',
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = startKauri(cwd, args, environment);
  const chunks: { readonly stdout: Buffer[]; readonly stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  child.stdin.end(stdin);
  return new Promise((resolve) => {
    child.on('close', (status) => {
      resolve({ status, stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString() });
    });
  });
}
