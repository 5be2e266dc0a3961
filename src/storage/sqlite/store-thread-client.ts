/** The main thread's end of the store's thread. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { StoreError } from '../store.js';
import type { StoreAnswers, StoreCall, StoreReply, StoreRequest } from './store-call.js';

interface Waiting {
  readonly resolve: (answer: StoreAnswers[keyof StoreAnswers]) => void;
  readonly reject: (error: StoreError) => void;
}

export class StoreThreadClient {
  readonly #path: string;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #requests: StoreRequest[] = [];
  #lastNumber = 0;
  /** Why nothing can be asked any more. */
  #end: StoreError | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#worker = startWorker();
    // an open store alone keeps no process alive, but a call under way does
    this.#worker.unref();
    this.#worker.on('message', (replies: readonly StoreReply[]) => this.#receive(replies));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (status) => this.#fail(new Error(`The store's thread ended with status ${status}`)));
  }

  call<Call extends StoreCall>(call: Call): Promise<StoreAnswers[Call['name']]> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) throw this.#end;
      this.#lastNumber += 1;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(this.#lastNumber, { resolve: resolve as Waiting['resolve'], reject });
      this.#requests.push({ number: this.#lastNumber, call });
      // what is asked in the same moment goes together
      if (this.#requests.length === 1) queueMicrotask(() => this.#send());
    });
  }

  async stop(end: StoreError): Promise<void> {
    this.#end ??= end;
    await this.#worker.terminate();
  }

  #send(): void {
    const requests = this.#requests;
    this.#requests = [];
    this.#worker.postMessage(requests);
  }

  #receive(replies: readonly StoreReply[]): void {
    for (const reply of replies) {
      const waiting = this.#waiting.get(reply.number);
      this.#waiting.delete(reply.number);
      if ('answer' in reply) waiting?.resolve(reply.answer);
      else waiting?.reject(new StoreError(reply.error.code, reply.error.message, { cause: reply.error.cause }));
    }
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #fail(cause: Error): void {
    this.#end ??= new StoreError('unavailable', `The thread that writes ${this.#path} has failed (${cause.message}): restart the server`, {
      cause,
    });
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }
}

/**
 * The process's own Node options are not the thread's. From the sources (tests, `npm run dev`) it must be taught TypeScript
 * before it starts, as compiled code need not.
 */
function startWorker(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./store-thread.js', import.meta.url), { execArgv: [] });
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href;
  const teach = `data:text/javascript,import{register}from"node:module";register(${JSON.stringify(tsx)},{data:{}})`;
  return new Worker(new URL('./store-thread.ts', import.meta.url), { execArgv: ['--import', teach] });
}
