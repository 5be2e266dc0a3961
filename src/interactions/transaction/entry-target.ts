/** Which resource each writing entry of a transaction is about: https://hl7.org/fhir/R4/http.html#trules */
import { FhirError } from '../../fhir/fhir-error.js';
import type { Api, Services } from '../../services.js';
import type { CommitCondition, ResourceVersion } from '../../storage/store.js';
import { findExisting } from '../create.js';
import { findDeleteTargets } from '../delete.js';
import type { InteractionRequest } from '../interaction.js';
import { newId } from '../new-id.js';
import { findPatchTarget } from '../patch.js';
import { requireResource, type SentResource } from '../read-resource.js';
import { requireType } from '../target.js';
import { findUpdateTarget } from '../update.js';
import { CONCURRENT_SEARCHES, mapConcurrently } from './breather.js';
import type { EntryFaults } from './entry-faults.js';
import type { EntryRequest } from './entry-request.js';

export type EntryTarget =
  | {
      readonly kind: 'put';
      readonly sent: SentResource;
      readonly id: string;
      /** The server has made the id, so there is no version to look for. */
      readonly isNew: boolean;
      readonly condition: CommitCondition | undefined;
    }
  /** What it will be is known when links are resolved. */
  | { readonly kind: 'patch'; readonly type: string; readonly id: string; readonly condition: CommitCondition | undefined }
  /** A conditional create that found what it would create. */
  | { readonly kind: 'existing'; readonly version: ResourceVersion; readonly condition: CommitCondition }
  | { readonly kind: 'delete'; readonly type: string; readonly ids: readonly string[]; readonly condition: CommitCondition | undefined };

export type EntryTargets = ReadonlyMap<EntryRequest, EntryTarget>;

/** A create is no create any more when what it would find is deleted with it, so deletes come first. */
const WRITE_ORDER = ['delete', 'create', 'update', 'patch'] as const;

/** Targets by entry; entries that have none are among the faults, or are no writes. */
export async function findTargets(services: Services, entries: readonly EntryRequest[], faults: EntryFaults): Promise<EntryTargets> {
  const targets = new Map<EntryRequest, EntryTarget>();
  const deleted = new Set<string>();
  for (const interaction of WRITE_ORDER) {
    const same = entries.filter(({ request }) => request.interaction === interaction);
    await mapConcurrently(same, { limit: CONCURRENT_SEARCHES }, async (entry) => {
      const target = await faults.guardAsync(entry, () => findTarget(services, entry, deleted));
      if (target === undefined) return;
      targets.set(entry, target);
      if (target.kind === 'delete') for (const id of target.ids) deleted.add(`${target.type}/${id}`);
    });
  }
  refuseDoubles(entries, targets, faults);
  return targets;
}

async function findTarget(services: Services, { request, document }: EntryRequest, deleted: ReadonlySet<string>): Promise<EntryTarget> {
  const type = requireType(request);
  if (request.interaction === 'delete') return { kind: 'delete', type, ...(await findDeleteTargets(services, request, type)) };
  if (request.interaction === 'patch') return { kind: 'patch', type, ...(await findPatchTarget(services, request, type)) };
  if (document === undefined) throw new FhirError('malformed-request', "The entry has no 'resource'");
  const sent = requireResource(document, type);
  if (request.interaction === 'update') return { kind: 'put', sent, ...(await findUpdateTarget(services, request, sent)) };
  if (request.preconditions.ifNoneExist === undefined) {
    return { kind: 'put', sent, id: await newId(services, request.api, type), isNew: true, condition: undefined };
  }
  const { existing, condition } = await findExisting(services, request, type);
  return existing === undefined || deleted.has(`${type}/${existing.id}`)
    ? { kind: 'put', sent, id: await newId(services, request.api, type), isNew: true, condition }
    : { kind: 'existing', version: existing, condition };
}

/** `Type/id` of what is written, in no order. */
export function writtenKeys(target: EntryTarget): readonly string[] {
  if (target.kind === 'put') return [`${target.sent.type}/${target.id}`];
  if (target.kind === 'patch') return [`${target.type}/${target.id}`];
  return target.kind === 'delete' ? target.ids.map((id) => `${target.type}/${id}`) : [];
}

/** `Type/id` of what is not there any more afterwards; what an API marks instead of removing stays. */
export function removedKeys({ config }: Api, targets: EntryTargets): ReadonlySet<string> {
  const keys = [...targets.values()].flatMap((target) =>
    target.kind === 'delete' && config.softDelete?.[target.type] === undefined ? writtenKeys(target) : [],
  );
  return new Set(keys);
}

/** The condition of a create or an update, as one text however it was written. */
function conditionOf({ type, id, interaction, preconditions: { ifNoneExist }, search }: InteractionRequest): string | undefined {
  if (interaction === 'create' && ifNoneExist !== undefined) return `${type}?${new URLSearchParams(ifNoneExist)}`;
  if (interaction !== 'update' || id !== undefined) return undefined;
  return `${type}?${new URLSearchParams(search.map(([name, value]): [string, string] => [name, value]))}`;
}

/** One resource, one entry; and one entry for each condition, as two would both create what neither finds. */
function refuseDoubles(entries: readonly EntryRequest[], targets: EntryTargets, faults: EntryFaults): void {
  const first = new Map<string, number>();
  for (const entry of entries) {
    const target = targets.get(entry);
    if (target === undefined) continue;
    const condition = conditionOf(entry.request);
    const isCreate = entry.request.interaction === 'create';
    const keys = condition === undefined ? writtenKeys(target) : isCreate ? [condition] : [condition, ...writtenKeys(target)];
    for (const key of keys) {
      const other = first.get(key);
      if (other === undefined) {
        first.set(key, entry.index);
        continue;
      }
      const message = `Entry ${other} is for ${key} too; a resource may stand in one entry of a transaction only`;
      const expression = `Bundle.entry[${entry.index}].request.url`;
      faults.add(entry, new FhirError('duplicate-entry', message, { expression }), 'entry');
      break;
    }
  }
}
