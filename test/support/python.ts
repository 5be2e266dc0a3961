/** Python with packages of the registry, in an environment of its own that is made once: what clients in that language run in. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from './run-session.js';

const CACHE = fileURLToPath(new URL('../../.cache/python/', import.meta.url));
/** Downloads of a few megabytes, on a slow line. */
export const INSTALL_TIMEOUT_MS = 240_000;

/**
 * Path of a Python that has the packages of the requirements file. Skips with a line where there is no Python, no venv or no registry,
 * but not in CI, where that is a fault.
 */
export async function pythonOrSkip(test: Pick<Mocha.Context, 'skip'>, requirements: string): Promise<string> {
  const environment = join(CACHE, createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16));
  const python = join(environment, 'bin', 'python');
  const mark = join(environment, 'complete');
  if (existsSync(mark)) return python;
  const options = { timeoutMs: INSTALL_TIMEOUT_MS };
  try {
    // what an install that was broken off has left
    await rm(environment, { recursive: true, force: true });
    await runProgram('python3', ['-m', 'venv', environment], options);
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
    await runProgram(python, install, options);
  } catch (error) {
    const reason = (error as Error).message.trim().split('\n').slice(-3).join(' ');
    if (process.env['CI'] !== undefined) throw new Error(`CI cannot install ${requirements}; .ci/run installs Python: ${reason}`);
    process.stdout.write(`    SKIPPED: nothing shows that clients in Python work, as they cannot be installed: ${reason}\n`);
    return test.skip();
  }
  writeFileSync(mark, '');
  return python;
}
