/** Inputs to findings, in the order of the inputs: by this thread, or by several where there is much to check. */
import { availableParallelism } from 'node:os';
import { checkInput, type Finding } from './check-input.js';
import { CheckPool } from './check-pool.js';
import type { Checker, CheckerOptions } from './checker.js';
import type { Input } from './inputs.js';

export interface CheckInputsOptions {
  readonly checker: Checker;
  /** That the checker was opened with, for threads to open theirs. */
  readonly checkerOptions: CheckerOptions;
  /** Number of threads that check, this one among them, from the first input on; undefined: one a core, once there is much to check. */
  readonly workers: number | undefined;
}

/** A thread has to open and compile the definitions first: that takes longer than work of this length. */
const SHORT_TIME_MS = 500;
/** How much there is in memory behind an input that takes long, which the others do not wait for. */
const INPUTS_AHEAD = 16 * 1024;
const ISSUES_AHEAD = 200_000;
const TEXT_AHEAD = 4 * 1024 * 1024;
const MOST_DEFAULT_WORKERS = 8;

export async function* checkInputs(inputs: AsyncIterable<Input>, options: CheckInputsOptions): AsyncGenerator<Finding> {
  const { checker, checkerOptions } = options;
  const workers = options.workers ?? Math.min(availableParallelism(), MOST_DEFAULT_WORKERS);
  const iterator = inputs[Symbol.asyncIterator]();
  const isThreadWanted = (timeMs: number): boolean => workers > 1 && (options.workers !== undefined || timeMs >= SHORT_TIME_MS);
  let timeMs = 0;
  while (!isThreadWanted(timeMs)) {
    const next = await iterator.next();
    if (next.done === true) return;
    const start = performance.now();
    const finding = await checkInput(next.value, checker);
    timeMs += performance.now() - start;
    yield finding;
  }
  const pool = new CheckPool({ checker, checkerOptions, others: workers - 1 });
  try {
    yield* checkInPool(iterator, pool);
  } finally {
    await pool.close();
  }
}

interface UnderWay {
  readonly finding: Promise<Finding>;
  readonly textLength: number;
}

async function* checkInPool(iterator: AsyncIterator<Input>, pool: CheckPool): AsyncGenerator<Finding> {
  const queue = new Map<number, UnderWay>();
  let [first, last] = [0, 0];
  let [textLength, issues] = [0, 0];
  let next: Promise<IteratorResult<Input>> | undefined = iterator.next();
  for (;;) {
    const oldest = queue.get(first);
    if (oldest === undefined && next === undefined) return;
    const isFull = queue.size >= INPUTS_AHEAD || textLength > TEXT_AHEAD || issues > ISSUES_AHEAD;
    // an input that is slow to come (a pipe) keeps no finding back, a finding that is slow no input
    const step =
      next !== undefined && (!isFull || oldest === undefined)
        ? await Promise.race([next, ...(oldest === undefined ? [] : [oldest.finding])])
        : await (oldest as UnderWay).finding;
    if ('verdict' in step) {
      queue.delete(first++);
      textLength -= oldest?.textLength ?? 0;
      issues -= step.issues.length;
      yield step;
    } else if (step.done === true) {
      next = undefined;
    } else {
      const finding = pool.check(step.value);
      finding.then(
        (found) => {
          issues += found.issues.length;
        },
        // it is waited for in its turn: until then its failure is nobody's
        () => undefined,
      );
      const started = { finding, textLength: step.value.source.kind === 'text' ? step.value.source.text.length : 0 };
      queue.set(last++, started);
      textLength += started.textLength;
      next = iterator.next();
    }
  }
}
