/** A thread that checks inputs. What it cannot do ends it: the pool makes an error of that. */
import { parentPort, workerData } from 'node:worker_threads';
import { checkInput } from './check-input.js';
import type { CheckReply, CheckRequest } from './check-pool.js';
import { type CheckerOptions, openChecker } from './checker.js';

// the main thread opens the same definitions, and warns of them
const checker = await openChecker(workerData as CheckerOptions, () => undefined);

parentPort?.on('message', async (requests: readonly CheckRequest[]) => {
  const replies: CheckReply[] = [];
  for (const { number, input } of requests) replies.push({ number, finding: await checkInput(input, checker) });
  parentPort?.postMessage(replies);
});
// it is ready
parentPort?.postMessage([]);
