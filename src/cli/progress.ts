/** A line on a terminal that says how far long work has come; nothing anywhere else. */
import type { WriteStream } from 'node:tty';

export interface ProgressOptions {
  readonly stream: Pick<NodeJS.WritableStream, 'write'> & Partial<Pick<WriteStream, 'isTTY'>>;
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number;
  readonly isWanted: boolean;
  /** What is counted: `inputs`, `not valid`. */
  readonly words: { readonly done: string; readonly failed: string };
}

/** What is done by then needs no progress. */
const FIRST_AFTER_MS = 1000;
const EVERY_MS = 200;
const ERASE_LINE = '\r\u001b[2K';

export class Progress {
  readonly #options: ProgressOptions;
  readonly #start: number;
  #next: number;
  #isDrawn = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#start = options.clock();
    this.#next = options.isWanted && options.stream.isTTY === true ? this.#start + FIRST_AFTER_MS : Number.POSITIVE_INFINITY;
  }

  update(done: number, failed: number): void {
    if (this.#next === Number.POSITIVE_INFINITY) return;
    const now = this.#options.clock();
    if (now < this.#next) return;
    this.#next = now + EVERY_MS;
    const seconds = Math.floor((now - this.#start) / 1000);
    const { stream, words } = this.#options;
    stream.write(`${ERASE_LINE}${done} ${words.done} in ${seconds} s${failed > 0 ? `, ${failed} ${words.failed}` : ''}`);
    this.#isDrawn = true;
  }

  /** Makes room for other output on the same terminal. */
  clear(): void {
    if (!this.#isDrawn) return;
    this.#options.stream.write(ERASE_LINE);
    this.#isDrawn = false;
  }
}
