/** How long each phase of one request took, for Server-Timing (https://www.w3.org/TR/server-timing/) and the metrics. */

/** In the order of a request. */
export const PHASES = ['auth', 'parse', 'validate', 'index', 'commit', 'search'] as const;
export type Phase = (typeof PHASES)[number];

/** Entries of a batch are under way together: a phase counts from its first beginning to its last end, and no time twice. */
export class Stopwatch {
  readonly #now: () => number;
  readonly #origin: number;
  /** By the number of the phase; negative: it has not begun. */
  readonly #spent = PHASES.map(() => -1);
  readonly #since = PHASES.map(() => 0);
  readonly #running = PHASES.map(() => 0);

  /** `now`: milliseconds since any moment. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#origin = now();
  }

  begin(phase: Phase): void {
    const number = PHASES.indexOf(phase);
    const running = this.#running[number] as number;
    this.#running[number] = running + 1;
    if (running > 0) return;
    this.#since[number] = this.#now();
    if ((this.#spent[number] as number) < 0) this.#spent[number] = 0;
  }

  end(phase: Phase): void {
    const number = PHASES.indexOf(phase);
    const running = (this.#running[number] as number) - 1;
    this.#running[number] = running;
    if (running === 0) this.#spent[number] = (this.#spent[number] as number) + this.#now() - (this.#since[number] as number);
  }

  /** Milliseconds until now, of a phase that is under way too; undefined where it has not begun. */
  spent(phase: Phase): number | undefined {
    const number = PHASES.indexOf(phase);
    const spent = this.#spent[number] as number;
    if (spent < 0) return undefined;
    return (this.#running[number] as number) > 0 ? spent + this.#now() - (this.#since[number] as number) : spent;
  }

  /** `auth;dur=0.1, total;dur=2.3`: milliseconds of what happened. */
  toServerTiming(): string {
    let text = '';
    for (const phase of PHASES) {
      const spent = this.spent(phase);
      if (spent !== undefined) text += `${phase};dur=${spent.toFixed(1)}, `;
    }
    return `${text}total;dur=${(this.#now() - this.#origin).toFixed(1)}`;
  }
}

/** Does the work, at once or by a promise, and counts its time where there is a stopwatch. */
export function timed<T>(stopwatch: Stopwatch | undefined, phase: Phase, work: () => T): T {
  if (stopwatch === undefined) return work();
  stopwatch.begin(phase);
  let result: T;
  try {
    result = work();
  } catch (error) {
    stopwatch.end(phase);
    throw error;
  }
  if (result instanceof Promise) return result.finally(() => stopwatch.end(phase)) as T;
  stopwatch.end(phase);
  return result;
}
