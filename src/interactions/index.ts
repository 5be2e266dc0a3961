/** The table of interactions: who may not is refused here, once; the rest is the handler's. */
import type { InteractionCode } from '../conformance/capability-statement.js';
import { createOperations } from '../operations/index.js';
import { authorise } from './authorise.js';
import { createBatch } from './batch.js';
import { capabilities } from './capabilities.js';
import { create } from './create.js';
import { deleteResource } from './delete.js';
import { historyInstance, historySystem, historyType } from './history.js';
import type { Interaction, InteractionTable } from './interaction.js';
import { patch } from './patch.js';
import { read } from './read.js';
import { searchSystem } from './search-system.js';
import { searchType } from './search-type.js';
import { fromStoreError } from './store-error.js';
import { createTransaction } from './transaction.js';
import { update } from './update.js';
import { vread } from './vread.js';

/** What an entry of a Bundle may be. */
const single = guard({
  read,
  vread,
  create,
  update,
  patch,
  delete: deleteResource,
  'history-instance': historyInstance,
  'history-type': historyType,
  'history-system': historySystem,
  'search-type': searchType,
  'search-system': searchSystem,
  capabilities,
});

/** What may be tried without being done. */
const writes: InteractionTable = { ...single, ...guard({ batch: createBatch(single), transaction: createTransaction(single) }) };

const operations = guard({ operation: createOperations(writes) });

/** Handlers by interaction code; a policy claims no interaction that has none. An operation may stand in a batch, each entry being by itself. */
export const interactions: InteractionTable = { ...writes, ...operations, ...guard({ batch: createBatch({ ...single, ...operations }) }) };

function guard(handlers: InteractionTable): InteractionTable {
  const guarded: Partial<Record<InteractionCode, Interaction>> = {};
  for (const [code, handle] of Object.entries(handlers) as [InteractionCode, Interaction][]) {
    guarded[code] = async (services, request) => {
      authorise(request);
      try {
        return await handle(services, request);
      } catch (error) {
        throw fromStoreError(error);
      }
    };
  }
  return guarded;
}
