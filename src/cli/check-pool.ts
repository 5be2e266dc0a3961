/** Threads that check inputs, each with definitions of its own; the thread that asks is one of them, as it has its definitions compiled. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { checkInput, type Finding } from './check-input.js';
import type { Checker, CheckerOptions } from './checker.js';
import { type Input, sizeOf } from './inputs.js';

export interface CheckRequest {
  readonly number: number;
  readonly input: Input;
}

export interface CheckReply {
  readonly number: number;
  readonly finding: Finding;
}

interface Thread {
  readonly worker: Worker;
  /** Whether it has opened its definitions: till then, what it had would only wait. */
  isReady: boolean;
  /** Inputs that it has, and their size. */
  underWay: number;
  size: number;
}

interface Waiting {
  readonly input: Input;
  readonly resolve: (finding: Finding) => void;
  readonly reject: (error: Error) => void;
  /** That has it; undefined as long as none has. */
  thread?: Thread;
}

/** Inputs that go to a thread in one message. */
const MESSAGE_SIZE = 8;
/** Inputs that a thread has before it: enough to keep it busy, and few where they are large, as what is behind one waits for it. */
const MOST_UNDER_WAY = 4 * MESSAGE_SIZE;
const LARGEST_UNDER_WAY = 256 * 1024;

export interface CheckPoolOptions {
  /** Of this thread. */
  readonly checker: Checker;
  /** That it was opened with, for the other threads to open theirs. */
  readonly checkerOptions: CheckerOptions;
  /** How many threads there are beside this one. */
  readonly others: number;
}

export class CheckPool {
  readonly #checker: Checker;
  readonly #threads: readonly Thread[];
  /** By number, in the order of the asking. */
  readonly #waiting = new Map<number, Waiting>();
  /** Numbers that no thread has yet. */
  #queue: number[] = [];
  #lastNumber = 0;
  #isSending = false;
  #isCheckingHere = false;
  /** Why nothing can be asked any more. */
  #end: Error | undefined;

  constructor({ checker, checkerOptions, others }: CheckPoolOptions) {
    this.#checker = checker;
    this.#threads = Array.from({ length: others }, () => this.#start(checkerOptions));
  }

  /** Rejects when a thread has failed: an input that is at fault has a finding. */
  check(input: Input): Promise<Finding> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) throw this.#end;
      this.#lastNumber += 1;
      this.#waiting.set(this.#lastNumber, { input, resolve, reject });
      this.#queue.push(this.#lastNumber);
      // what is asked in the same moment goes together, and nothing waits for what may never come
      if (this.#isSending) return;
      this.#isSending = true;
      setImmediate(() => {
        this.#isSending = false;
        this.#send();
      });
    });
  }

  async close(): Promise<void> {
    this.#fail(new Error('The threads have been ended'));
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(options: CheckerOptions): Thread {
    const worker = startWorker(options);
    const thread: Thread = { worker, isReady: false, underWay: 0, size: 0 };
    worker.on('message', (replies: readonly CheckReply[]) => {
      thread.isReady = true;
      this.#receive(replies);
    });
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', (status) => this.#fail(new Error(`A thread of the check ended with status ${status}`)));
    return thread;
  }

  #receive(replies: readonly CheckReply[]): void {
    for (const { number, finding } of replies) {
      const waiting = this.#waiting.get(number);
      if (waiting === undefined) continue;
      this.#waiting.delete(number);
      if (waiting.thread !== undefined) {
        waiting.thread.underWay -= 1;
        waiting.thread.size -= sizeOf(waiting.input);
      }
      waiting.resolve(finding);
    }
    this.#send();
  }

  /** To the other threads in turn, as long as one of them has room for a message; what is left is for this one. */
  #send(): void {
    let isAnySent = true;
    while (isAnySent && this.#queue.length > 0) {
      isAnySent = false;
      for (const thread of this.#threads) {
        const requests = this.#take(thread);
        if (requests.length === 0) continue;
        thread.worker.postMessage(requests);
        isAnySent = true;
      }
    }
    if (!this.#isCheckingHere) this.#checkHere().catch((error: Error) => this.#fail(error));
  }

  /** One input at a time, and between them what the other threads say. */
  async #checkHere(): Promise<void> {
    this.#isCheckingHere = true;
    for (let number = this.#queue.shift(); number !== undefined; number = this.#queue.shift()) {
      const waiting = this.#waiting.get(number);
      if (waiting === undefined) break;
      const finding = await checkInput(waiting.input, this.#checker);
      this.#waiting.delete(number);
      waiting.resolve(finding);
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
    this.#isCheckingHere = false;
  }

  /** What goes to the thread in one message; nothing when it has enough. */
  #take(thread: Thread): readonly CheckRequest[] {
    const requests: CheckRequest[] = [];
    if (!thread.isReady || thread.underWay > MOST_UNDER_WAY - MESSAGE_SIZE) return requests;
    while (requests.length < MESSAGE_SIZE && (thread.underWay === 0 || thread.size < LARGEST_UNDER_WAY)) {
      const number = this.#queue.shift();
      if (number === undefined) break;
      const waiting = this.#waiting.get(number) as Waiting;
      waiting.thread = thread;
      thread.underWay += 1;
      thread.size += sizeOf(waiting.input);
      requests.push({ number, input: waiting.input });
    }
    return requests;
  }

  #fail(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
    this.#queue = [];
  }
}

/**
 * The process's own Node options are not the thread's. From the sources (tests) it must be taught TypeScript before it starts, as
 * compiled code need not.
 */
function startWorker(workerData: CheckerOptions): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./check-worker.js', import.meta.url), { execArgv: [], workerData });
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href;
  const teach = `data:text/javascript,import{register}from"node:module";register(${JSON.stringify(tsx)},{data:{}})`;
  return new Worker(new URL('./check-worker.ts', import.meta.url), { execArgv: ['--import', teach], workerData });
}
