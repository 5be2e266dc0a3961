/** Entry of the store's thread: an engine behind messages. Requests and replies travel in lists. */
import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { StoreError } from '../store.js';
import { toStoreError } from './connection.js';
import { Engine } from './engine.js';
import type { StoreAnswers, StoreCall, StoreReply, StoreRequest } from './store-call.js';

let engine: Engine | undefined;
let path = '';
let replies: StoreReply[] = [];

async function answer(call: StoreCall): Promise<StoreAnswers[keyof StoreAnswers]> {
  if (call.name === 'open') {
    path = call.path;
    engine = new Engine(call.path, call.options);
    return undefined;
  }
  if (engine === undefined) throw new StoreError('unavailable', 'The store is not open');
  switch (call.name) {
    case 'commit':
      return engine.commit(call.commit);
    case 'search':
      return engine.search(call.query);
    case 'count':
      return engine.count(call.query);
    case 'history':
      return engine.history(call.query);
    case 'health':
      return engine.health();
    case 'close':
      engine.close();
      // the thread is ended after this answer: what the close has settled goes out before it
      await setImmediate();
      return undefined;
  }
}

function reply(message: StoreReply): void {
  replies.push(message);
  // a group's results are settled one after the other: they go back together
  if (replies.length === 1) queueMicrotask(sendReplies);
}

function sendReplies(): void {
  const list = replies;
  replies = [];
  parentPort?.postMessage(list);
}

parentPort?.on('message', (requests: readonly StoreRequest[]) => {
  for (const { number, call } of requests) {
    answer(call).then(
      (value) => reply({ number, answer: value }),
      (error: unknown) => {
        const { code, message, cause = error } = toStoreError(error, path);
        reply({ number, error: { code, message, cause: String(cause instanceof Error ? cause.stack : cause) } });
      },
    );
  }
});
