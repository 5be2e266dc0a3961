/** A transaction made ready: every entry read, allowed, linked and valid, or one error that says all that is wrong. */
import type { InteractionCode } from '../../conformance/capability-statement.js';
import { FhirError } from '../../fhir/fhir-error.js';
import { timed } from '../../observability/stopwatch.js';
import type { Api, Services } from '../../services.js';
import type { ResourceVersion } from '../../storage/store.js';
import { authorise } from '../authorise.js';
import { type CheckedResource, checkResource, invalid } from '../check-resource.js';
import { requireFound } from '../delete.js';
import type { InteractionRequest, InteractionTable } from '../interaction.js';
import { mergeUpdate } from '../merge-update.js';
import { requireWritable } from '../preconditions.js';
import { requireCurrent } from '../read.js';
import type { SentResource } from '../read-resource.js';
import { findMissingTargets } from '../reference-rules.js';
import { parseSearch, searchedTypes } from '../search.js';
import { requireUpdatable } from '../update.js';
import { MOST_ANSWER_LENGTH } from './answer-budget.js';
import { type Breather, CONCURRENT_SEARCHES, createBreather, mapConcurrently } from './breather.js';
import { EntryFaults } from './entry-faults.js';
import { patchEntry } from './entry-patch.js';
import { type EntryRequest, inRequest, readEntry } from './entry-request.js';
import { type EntryTarget, type EntryTargets, findTargets, removedKeys, writtenKeys } from './entry-target.js';
import { linkEntries } from './link-entries.js';
import { fullUrlOf, readBundle, type SentBundle, type SentEntry } from './read-bundle.js';

export interface PlannedEntry {
  readonly entry: EntryRequest;
  /** Absent for reads. */
  readonly target: EntryTarget | undefined;
  /** Of a put and a patch. */
  readonly checked: CheckedResource | undefined;
}

/** Latest versions by `Type/id`, deleted ones too. */
export type Versions = ReadonlyMap<string, ResourceVersion>;

export interface TransactionPlan {
  /** `url|version` of the profiles that the Bundle claims. */
  readonly profiles: readonly string[];
  /** In the order of the request. */
  readonly entries: readonly PlannedEntry[];
  readonly versions: Versions;
  /** Length of what the reads that were tried have answered. */
  readonly triedLength: number;
}

/** `handlers`: of the interactions that an entry may be. */
export async function planTransaction(
  services: Services,
  request: InteractionRequest,
  handlers: InteractionTable,
): Promise<TransactionPlan> {
  const breathe = createBreather(request.signal);
  const bundle = await readBundle(services, request, breathe);
  const faults = new EntryFaults();
  const entries = await readEntries(services, request, handlers, bundle, faults, breathe);
  const targets = await findTargets(services, entries, faults);
  const versions = await loadVersions(services, request, entries, targets);
  checkState(entries, targets, versions, faults);
  const triedLength = await checkReads(services, handlers, entries, targets, faults);
  await linkEntries(services, request, bundle, entries, targets, faults, breathe);
  const planned = await checkEntries(services, request, entries, targets, versions, faults, breathe);
  faults.throwIfAny();
  return { profiles: bundle.profiles, entries: planned, versions, triedLength };
}

async function readEntries(
  services: Services,
  request: InteractionRequest,
  handlers: InteractionTable,
  bundle: SentBundle,
  faults: EntryFaults,
  breathe: Breather,
): Promise<readonly EntryRequest[]> {
  const entries: EntryRequest[] = [];
  for (const sent of bundle.entries) {
    const name = { index: sent.index, fullUrl: fullUrlOf(sent) };
    const entry = faults.guard(name, () => readAllowed(services, request, handlers, bundle, sent), 'entry');
    if (entry !== undefined) entries.push(entry);
    await breathe();
  }
  return entries;
}

function readAllowed(
  services: Services,
  request: InteractionRequest,
  handlers: InteractionTable,
  bundle: SentBundle,
  sent: SentEntry,
): EntryRequest {
  const entry = readEntry(services, request, bundle, sent);
  authorise(entry.request);
  if (handlers[entry.request.interaction] === undefined) throw noPartOf(entry.request);
  return entry;
}

async function loadVersions(
  { store }: Services,
  { api }: InteractionRequest,
  entries: readonly EntryRequest[],
  targets: EntryTargets,
): Promise<Versions> {
  const keys: { readonly type: string; readonly id: string }[] = [];
  for (const entry of entries) {
    const target = targets.get(entry);
    if (target?.kind === 'delete') for (const id of target.ids) keys.push({ type: target.type, id });
    else if (target?.kind === 'patch') keys.push({ type: target.type, id: target.id });
    else if (target?.kind === 'put' && !target.isNew) keys.push({ type: target.sent.type, id: target.id });
    const { interaction, type, id } = entry.request;
    if (interaction === 'read' && type !== undefined && id !== undefined) keys.push({ type, id });
  }
  const found = keys.length === 0 ? [] : await store.getMany(api.namespace, keys);
  return new Map(found.flatMap((version) => (version === undefined ? [] : [[`${version.type}/${version.id}`, version] as const])));
}

/** Preconditions, whether what is to be read will be there, and whether searches can be understood. */
function checkState(entries: readonly EntryRequest[], targets: EntryTargets, versions: Versions, faults: EntryFaults): void {
  const kinds = new Map<string, EntryTarget['kind']>();
  for (const target of targets.values()) for (const key of writtenKeys(target)) kinds.set(key, target.kind);
  for (const entry of entries) {
    const target = targets.get(entry);
    const { interaction, type = '', id = '' } = entry.request;
    if (target?.kind === 'put' && interaction === 'update') {
      const current = versions.get(`${target.sent.type}/${target.id}`);
      faults.guard(entry, () => requireUpdatable(entry.request, target.sent, target.id, current, target.isNew));
    } else if (target?.kind === 'patch') {
      const current = versions.get(`${target.type}/${target.id}`);
      faults.guard(entry, () => requireWritable(entry.request.preconditions, requireCurrent(current, target.type, target.id)));
    } else if (target?.kind === 'delete') {
      for (const one of target.ids) {
        faults.guard(entry, () => requireWritable(entry.request.preconditions, versions.get(`${target.type}/${one}`)));
      }
      const latest = target.ids.map((one) => versions.get(`${target.type}/${one}`));
      faults.guard(entry, () => requireFound(entry.request.api, target.type, target.ids, latest));
    } else if (interaction === 'search-type' || interaction === 'search-system') {
      const { index, request } = entry;
      faults.guard(entry, () => inRequest(index, () => parseSearch(request, searchedTypes(request))), 'entry');
    } else if (interaction === 'read') {
      const kind = kinds.get(`${type}/${id}`);
      const version = kind === 'delete' ? undefined : versions.get(`${type}/${id}`);
      if (kind !== 'put' && kind !== 'patch') faults.guard(entry, () => requireCurrent(version, type, id));
    }
  }
}

/** Interactions whose state `checkState` knows, and that write. */
const PLANNED: ReadonlySet<InteractionCode> = new Set(['create', 'update', 'patch', 'delete', 'read']);

/**
 * What else is read is tried before anything is written: what fails now would fail among what was stored. What the transaction
 * itself writes is there only afterwards, and so is not asked for.
 */
async function checkReads(
  services: Services,
  handlers: InteractionTable,
  entries: readonly EntryRequest[],
  targets: EntryTargets,
  faults: EntryFaults,
): Promise<number> {
  let length = 0;
  const written = new Set([...targets.values()].flatMap(writtenKeys));
  const reads = entries.filter((entry) => {
    const { interaction, type, id } = entry.request;
    return !PLANNED.has(interaction) && !written.has(`${type}/${id}`) && !faults.has(entry);
  });
  await mapConcurrently(reads, { limit: CONCURRENT_SEARCHES }, (entry) =>
    faults.guardAsync(
      entry,
      async () => {
        // beyond what may be answered no more need be known
        if (length > MOST_ANSWER_LENGTH) return;
        const response = await handlers[entry.request.interaction]?.(services, entry.request);
        length += response?.body?.length ?? 0;
      },
      'entry',
    ),
  );
  return length;
}

function noPartOf({ interaction, operation }: InteractionRequest): FhirError {
  const what = operation === undefined ? `The interaction '${interaction}'` : `The operation '$${operation}'`;
  return new FhirError('not-implemented', `${what} can be no part of a transaction: send it by itself`);
}

/** What an update is to store; a create stores what it sends. */
function mergeEntry(api: Api, { request }: EntryRequest, sent: SentResource, current: ResourceVersion | undefined): SentResource {
  return request.interaction === 'update' ? mergeUpdate(api, sent, current) : sent;
}

async function checkEntries(
  services: Services,
  { api }: InteractionRequest,
  entries: readonly EntryRequest[],
  targets: EntryTargets,
  versions: Versions,
  faults: EntryFaults,
  breathe: Breather,
): Promise<readonly PlannedEntry[]> {
  const written = new Set(
    [...targets.values()].flatMap((target) => (target.kind === 'put' || target.kind === 'patch' ? writtenKeys(target) : [])),
  );
  const gone = removedKeys(api, targets);
  const planned: PlannedEntry[] = [];
  for (const entry of entries) {
    const target = targets.get(entry);
    let checked: CheckedResource | undefined;
    const patched = target?.kind === 'patch' ? await patchEntry(services, entry, target, versions, faults, breathe) : undefined;
    const sent = target?.kind === 'put' ? mergeEntry(api, entry, target.sent, versions.get(`${target.sent.type}/${target.id}`)) : patched;
    if (sent !== undefined) {
      const root = patched === undefined ? 'resource' : 'patched';
      checked = await faults.guardAsync(
        entry,
        () => timed(services.stopwatch, 'validate', () => checkResource(api, sent, { issueLimit: faults.room })),
        root,
      );
      faults.count(checked?.issueCount ?? 0);
      const missing = checked === undefined ? [] : await findMissingTargets(services, api, checked.targets, { written, gone });
      if (missing.length > 0) faults.add(entry, invalid(api, sent.type, missing.slice(0, faults.room)), root);
    }
    planned.push({ entry, target, checked });
    await breathe();
  }
  return planned;
}
