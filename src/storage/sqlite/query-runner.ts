/**
 * Searches in progress, each with a state of the database of its own. They advance in slices, so that a long one holds up
 * neither commits nor other searches.
 */
import { StoreError } from '../store.js';
import { Connection, toStoreError } from './connection.js';
import type { View } from './view.js';

/** How many can be half done at the same time; most are done within their first slice. */
const READERS = 4;
/** Milliseconds that one search works before another one's turn comes. */
const SLICE_MS = 1;

interface Query {
  /** Makes the first step's function; that makes a step, and says whether it was the last. */
  readonly start: (view: View) => () => boolean;
  readonly reject: (error: StoreError) => void;
}

interface Running extends Query {
  readonly connection: Connection;
  readonly step: () => boolean;
}

export class QueryRunner {
  readonly #path: string;
  readonly #toView: (connection: Connection, lastRow: number) => View;
  readonly #waiting: Query[] = [];
  readonly #running: Running[] = [];
  readonly #free: Connection[] = [];

  /** `toView`: what a connection reads whose state ends with this row. */
  constructor(path: string, toView: (connection: Connection, lastRow: number) => View) {
    this.#path = path;
    this.#toView = toView;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#running.length === 0;
  }

  /** Resolves once `advance` has been called often enough; rejects with StoreError. */
  add<Result>(steps: (view: View) => Generator<void, Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const start = (view: View): (() => boolean) => {
        const generator = steps(view);
        return () => {
          const step = generator.next();
          if (step.done === true) resolve(step.value);
          return step.done === true;
        };
      };
      this.#waiting.push({ start, reject });
    });
  }

  /** Works for about so many milliseconds, or until nothing is left. */
  advance(budgetMs: number): void {
    const end = performance.now() + budgetMs;
    while (!this.isIdle) {
      const query = this.#running.length < READERS ? this.#waiting.shift() : undefined;
      const next = query === undefined ? this.#running.shift() : this.#start(query);
      if (next !== undefined && !this.#isDone(next)) this.#running.push(next);
      if (performance.now() >= end) return;
    }
  }

  close(): void {
    const closed = new StoreError('unavailable', 'The store is closed');
    for (const { reject } of [...this.#waiting, ...this.#running]) reject(closed);
    for (const connection of [...this.#free, ...this.#running.map((running) => running.connection)]) connection.close();
    this.#waiting.length = 0;
    this.#running.length = 0;
    this.#free.length = 0;
  }

  /** Undefined when it could not be started; the caller has been told. */
  #start(query: Query): Running | undefined {
    let connection: Connection | undefined;
    try {
      connection = this.#free.pop() ?? new Connection(this.#path, { readonly: true });
      connection.beginRead();
      const lastRow = connection.prepareColumn<number>('SELECT row FROM version ORDER BY row DESC LIMIT 1').get() ?? 0;
      return { ...query, connection, step: query.start(this.#toView(connection, lastRow)) };
    } catch (error) {
      query.reject(toStoreError(error, this.#path));
      connection?.close();
      return undefined;
    }
  }

  #isDone({ step, reject, connection }: Running): boolean {
    const end = performance.now() + SLICE_MS;
    try {
      while (!step()) if (performance.now() >= end) return false;
    } catch (error) {
      reject(toStoreError(error, this.#path));
    }
    connection.rollback();
    this.#free.push(connection);
    return true;
  }
}
