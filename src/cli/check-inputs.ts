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
const SHORT_TIME_MS = 1000;
/** How far ahead of the oldest input that is still under way: a large one is not waited for. */
const INPUTS_AHEAD = 1024;
const MOST_DEFAULT_WORKERS = 8;
/** UTF-16 code units of texts that are in memory at once, beside the oldest. */
const TEXT_AHEAD = 32 * 1024 * 1024;

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
  const queue: UnderWay[] = [];
  let textLength = 0;
  let next: Promise<IteratorResult<Input>> | undefined = iterator.next();
  for (;;) {
    const [oldest] = queue;
    if (oldest === undefined && next === undefined) return;
    const isFull = queue.length >= INPUTS_AHEAD || textLength > TEXT_AHEAD;
    // an input that is slow to come (a pipe) keeps no finding back, a finding that is slow no input
    const step =
      next !== undefined && !isFull
        ? await Promise.race([next, ...(oldest === undefined ? [] : [oldest.finding])])
        : await (oldest as UnderWay).finding;
    if ('verdict' in step) {
      textLength -= (queue.shift() as UnderWay).textLength;
      yield step;
    } else if (step.done === true) {
      next = undefined;
    } else {
      const { source } = step.value;
      const started: UnderWay = { finding: pool.check(step.value), textLength: source.kind === 'text' ? source.text.length : 0 };
      // it is waited for in its turn: until then its failure is nobody's
      started.finding.catch(() => undefined);
      queue.push(started);
      textLength += started.textLength;
      next = iterator.next();
    }
  }
}
