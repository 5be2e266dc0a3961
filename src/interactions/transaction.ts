/**
 * https://hl7.org/fhir/R4/http.html#transaction: all of it or nothing. What is to be written becomes one Commit, made in R4's
 * order (DELETE, POST, PUT and PATCH, then GET, which sees the new state); the answers stand in the order of the request.
 */
import type { InteractionCode } from '../conformance/capability-statement.js';
import { writeBundle } from '../fhir/bundle.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { Services } from '../services.js';
import type { Commit, ResourcePut } from '../storage/store.js';
import { toExistingResponse } from './create.js';
import { type Deletion, toDeleteResponse, toDeletion } from './delete.js';
import { requireUnique } from './identifiers.js';
import type { Interaction, InteractionRequest, InteractionResponse, InteractionTable } from './interaction.js';
import { AnswerBudget, MOST_ANSWER_LENGTH, tooLongAnswer } from './transaction/answer-budget.js';
import { answerEntry } from './transaction/answer-entry.js';
import { createBreather } from './transaction/breather.js';
import { EntryFaults } from './transaction/entry-faults.js';
import { writeEntryFault, writeEntryResponse } from './transaction/entry-response.js';
import { type PlannedEntry, planTransaction, type TransactionPlan, type Versions } from './transaction/plan.js';
import { attemptWrite, commitWrites, toPut, toWriteResponse } from './write-resource.js';

/** Index entries of a transaction, which a store takes in one go: as many as ten resources may have, or 10,000 usual ones. */
const MOST_INDEX_ENTRIES = 1_000_000;

/** Methods of the versions that entries write. */
const METHODS: Partial<Record<InteractionCode, ResourcePut['method']>> = { create: 'POST', update: 'PUT', patch: 'PATCH' };

/** What an entry writes; nothing where it reads, or finds what it would create. */
interface EntryWrite {
  readonly planned: PlannedEntry;
  readonly put?: ResourcePut;
  readonly deletion?: Deletion;
}

/** `handlers`: of the interactions that an entry may be. */
export function createTransaction(handlers: InteractionTable): Interaction {
  return (services, request) =>
    attemptWrite(async () => {
      const plan = await planTransaction(services, request, handlers);
      const writes = await toWrites(services, request, plan);
      if (readLength(plan, writes) > MOST_ANSWER_LENGTH) throw tooLongAnswer('read less in one transaction; nothing was stored');
      const commit = await toCommit(services, request, writes);
      if (commit.puts.length + commit.removes.length > 0) {
        const { committed } = await commitWrites(services, commit);
        // someone else wrote what this transaction found: it is planned anew
        if (!committed) return undefined;
      }
      return answer(services, handlers, plan, writes);
    });
}

/** What the entries that read will answer at most, as far as it can be told before anything is written. */
function readLength({ entries, versions, triedLength }: TransactionPlan, writes: readonly EntryWrite[]): number {
  const written = new Map<string, string>(
    writes.flatMap(({ put }) => (put === undefined ? [] : [[`${put.type}/${put.id}`, put.json] as const])),
  );
  const ofTypes = lengthsByType(written);
  return entries.reduce((sum, { entry: { request } }) => {
    const { interaction, type, id } = request;
    const key = `${type}/${id}`;
    // a search or a history was tried before the writes, of which it may have some
    if (interaction.startsWith('search-') || interaction.startsWith('history-')) return sum + mostOf(request, written.get(key), ofTypes);
    if (interaction !== 'read' && interaction !== 'vread') return sum;
    return sum + (written.get(key) ?? (interaction === 'read' ? versions.get(key)?.json : undefined) ?? '').length;
  }, triedLength);
}

interface WrittenLength {
  readonly all: number;
  readonly longest: number;
}

/** Of each type, and of all under the empty name. */
function lengthsByType(written: ReadonlyMap<string, string>): ReadonlyMap<string, WrittenLength> {
  const lengths = new Map<string, WrittenLength>();
  for (const [key, { length }] of written) {
    for (const type of ['', key.slice(0, key.indexOf('/'))]) {
      const { all = 0, longest = 0 } = lengths.get(type) ?? {};
      lengths.set(type, { all: all + length, longest: Math.max(longest, length) });
    }
  }
  return lengths;
}

/** What a search or a history may answer of what the transaction writes; `own`: the resource whose history is asked for. */
function mostOf(
  { interaction, type = '', search }: InteractionRequest,
  own: string | undefined,
  ofTypes: ReadonlyMap<string, WrittenLength>,
): number {
  if (interaction === 'history-instance') return own?.length ?? 0;
  const isOfOthersToo = search.some(([name]) => name.startsWith('_include') || name.startsWith('_revinclude'));
  const { all = 0, longest = 0 } = ofTypes.get(isOfOthersToo ? '' : type) ?? {};
  const count = isOfOthersToo ? undefined : search.find(([name]) => name === '_count')?.[1];
  return count !== undefined && /^\d+$/.test(count) ? Math.min(all, Number(count) * longest) : all;
}

async function toWrites(
  services: Services,
  request: InteractionRequest,
  { entries, versions }: TransactionPlan,
): Promise<readonly EntryWrite[]> {
  const breathe = createBreather(request.signal);
  const writes: EntryWrite[] = [];
  const faults = new EntryFaults();
  let indexed = 0;
  for (const planned of entries) {
    const write = faults.guard(planned.entry, () => toWrite(services, request, planned, versions));
    if (write !== undefined) writes.push({ planned, ...write });
    indexed += write?.put?.index.length ?? 0;
    if (indexed > MOST_INDEX_ENTRIES) throw tooManyIndexEntries();
    await breathe();
  }
  faults.throwIfAny();
  return writes;
}

function tooManyIndexEntries(): FhirError {
  const diagnostics = `The resources of the transaction have more than ${MOST_INDEX_ENTRIES} values to search by: send several Bundles`;
  return new FhirError('too-large', diagnostics, {
    issues: [{ severity: 'error', code: 'too-costly', diagnostics, expression: 'Bundle.entry' }],
  });
}

function toWrite(
  services: Services,
  { api }: InteractionRequest,
  { entry, target, checked }: PlannedEntry,
  versions: Versions,
): Omit<EntryWrite, 'planned'> {
  if ((target?.kind === 'put' || target?.kind === 'patch') && checked !== undefined) {
    const method = METHODS[entry.request.interaction] ?? 'PUT';
    const current = versions.get(`${checked.type}/${target.id}`);
    return { put: toPut(services, api, checked, { id: target.id, method, current }) };
  }
  if (target?.kind !== 'delete') return {};
  const latest = target.ids.map((id) => versions.get(`${target.type}/${id}`));
  return { deletion: toDeletion(services, api, latest) };
}

async function toCommit(services: Services, { api }: InteractionRequest, writes: readonly EntryWrite[]): Promise<Commit> {
  const puts = writes.flatMap(({ put, deletion }) => (put === undefined ? (deletion?.puts ?? []) : [put]));
  const removes = writes.flatMap(({ deletion }) => deletion?.removes ?? []);
  const conditions = writes.flatMap(({ planned: { target } }) => target?.condition ?? []);
  return { namespace: api.namespace, puts, removes, conditions: [...conditions, ...(await requireUnique(services, api, puts, removes))] };
}

async function answer(
  services: Services,
  handlers: InteractionTable,
  { profiles, versions }: TransactionPlan,
  writes: readonly EntryWrite[],
): Promise<InteractionResponse> {
  const breathe = createBreather();
  const faults: unknown[] = [];
  const entries: string[] = [];
  const budget = new AnswerBudget();
  for (const write of writes) {
    const { entry } = write.planned;
    const response = toResponse(write, versions);
    if (response !== undefined) entries.push(budget.take(writeEntryResponse(entry.request, response)));
    else if (budget.isSpent)
      entries.push(writeEntryFault(entry.request.api, tooLongAnswer('read this by itself; what was to be written is stored')));
    else entries.push(budget.take(await answerEntry(services, handlers, entry, faults)));
    await breathe();
  }
  const body = writeBundle({ type: 'transaction-response', entries });
  const resolved = [...profiles, ...writes.flatMap(({ planned }) => planned.checked?.profiles ?? [])];
  return { status: 200, body, profiles: [...new Set(resolved)], ...(faults.length > 0 && { faults }) };
}

/** Undefined for what reads: it is asked now that all is written. */
function toResponse({ planned, put, deletion }: EntryWrite, versions: Versions): InteractionResponse | undefined {
  const { entry, target, checked } = planned;
  if (put !== undefined && checked !== undefined) {
    const before = versions.get(`${put.type}/${put.id}`)?.json;
    return toWriteResponse(before === undefined ? 201 : 200, put, checked);
  }
  if (deletion !== undefined) return toDeleteResponse(entry.request.api, deletion);
  return target?.kind === 'existing' ? toExistingResponse(target.version) : undefined;
}
