/**
 * https://hl7.org/fhir/R4/http.html#transaction: each entry by itself, with a status and an outcome of its own. Writes that
 * follow each other are under way together, so that they share what a store does for a commit; so are reads.
 */
import { writeBundle } from '../fhir/bundle.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { Services } from '../services.js';
import { isConditional } from './authorise.js';
import type { Interaction, InteractionRequest, InteractionTable } from './interaction.js';
import { AnswerBudget, tooLongAnswer } from './transaction/answer-budget.js';
import { answerEntry } from './transaction/answer-entry.js';
import { type Breather, CONCURRENT_SEARCHES, createBreather, mapConcurrently } from './transaction/breather.js';
import { roomFor } from './transaction/entry-faults.js';
import { type EntryRequest, readEntry } from './transaction/entry-request.js';
import { writeEntryFault } from './transaction/entry-response.js';
import { readBundle, type SentBundle } from './transaction/read-bundle.js';

/** Writes that wait together are made durable together. */
const CONCURRENT_WRITES = 32;
const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete']);

/** `handlers`: of the interactions that an entry may be. */
export function createBatch(handlers: InteractionTable): Interaction {
  return async (services, request) => {
    const faults: unknown[] = [];
    const budget = new AnswerBudget();
    let issues = 0;
    const answer = async (step: EntryRequest | FhirError): Promise<string> => {
      if (step instanceof FhirError) return budget.take(writeEntryFault(request.api, step));
      // what is written is answered in few words, whatever was read before
      if (budget.isSpent && !WRITES.has(step.request.interaction)) {
        return writeEntryFault(request.api, tooLongAnswer('send this entry by itself'));
      }
      const entry = { ...step, request: { ...step.request, issueLimit: roomFor(issues) } };
      const count = (more: number): void => {
        issues += more;
      };
      return budget.take(await answerEntry(services, handlers, entry, faults, count));
    };
    const entries: string[] = [];
    const { signal } = request;
    const breathe = createBreather(signal);
    const bundle = await readBundle(services, request, breathe);
    for (const group of groupSteps(await readSteps(services, request, bundle, breathe))) {
      const limit = group.some(isWrite) ? CONCURRENT_WRITES : CONCURRENT_SEARCHES;
      entries.push(...(await mapConcurrently(group, { limit, signal }, answer)));
    }
    const body = writeBundle({ type: 'batch-response', entries });
    return { status: 200, body, profiles: bundle.profiles, ...(faults.length > 0 && { faults }) };
  };
}

/** An entry that cannot be read fails by itself. */
async function readSteps(
  services: Services,
  request: InteractionRequest,
  bundle: SentBundle,
  breathe: Breather,
): Promise<readonly (EntryRequest | FhirError)[]> {
  const steps: (EntryRequest | FhirError)[] = [];
  for (const entry of bundle.entries) {
    try {
      steps.push(readEntry(services, request, bundle, entry));
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      steps.push(error);
    }
    await breathe();
  }
  return steps;
}

/** Runs of entries that cannot get into each other's way, in order. */
function groupSteps<T extends EntryRequest | FhirError>(steps: readonly T[]): readonly (readonly T[])[] {
  const groups: T[][] = [];
  let group: T[] = [];
  let kind: string | undefined;
  let targets = new Set<string>();
  for (const step of steps) {
    const next = step instanceof FhirError ? kind : kindOf(step);
    const target = step instanceof FhirError ? undefined : targetOf(step);
    const joins = group.length === 0 || (next === kind && next !== 'alone' && (target === undefined || !targets.has(target)));
    if (!joins) {
      groups.push(group);
      group = [];
      targets = new Set();
    }
    group.push(step);
    kind = next;
    if (target !== undefined) targets.add(target);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

function isWrite(step: EntryRequest | FhirError): boolean {
  return !(step instanceof FhirError) && kindOf(step) === 'write';
}

function kindOf({ request }: EntryRequest): 'read' | 'write' | 'alone' {
  if (!WRITES.has(request.interaction)) return 'read';
  // what a search finds may be what the entry before has written
  return isConditional(request) ? 'alone' : 'write';
}

function targetOf({ request: { interaction, type, id } }: EntryRequest): string | undefined {
  return WRITES.has(interaction) && id !== undefined ? `${type}/${id}` : undefined;
}
