/**
 * The one way of all writes: conditions -> reference rules -> validate -> index -> Commit. What a write is comes from its
 * interaction; single writes and the entries of a transaction are made here alike.
 */

import { FhirError } from '../fhir/fhir-error.js';
import { spliceIdentity } from '../fhir/json-text.js';
import type { Issue } from '../fhir/operation-outcome.js';
import { timed } from '../observability/stopwatch.js';
import type { Api, Services } from '../services.js';
import type { Commit, CommitCondition, CommitResult, ResourcePut, ResourceRemove, ResourceVersion, Store } from '../storage/store.js';
import { type CheckedResource, checkResource, invalid, MOST_ISSUES } from './check-resource.js';
import { assignIdentifiers, requireUnique } from './identifiers.js';
import { inTurn } from './in-turn.js';
import type { InteractionRequest, InteractionResponse } from './interaction.js';
import type { SentResource } from './read-resource.js';
import { findMissingTargets } from './reference-rules.js';

/** Writers of one resource at the same moment; each round lets one of them through at least. */
const MAX_ATTEMPTS = 30;
/** Attempts that are made beside those of others; who loses them all waits in line, so that hundreds get through one after the other. */
const HASTY_ATTEMPTS = 3;

type Attempt = () => Promise<InteractionResponse | undefined>;

/** Writes that may be in each other's way. */
interface WriteLine {
  readonly store: Store;
  readonly key: string;
}

/** Those of one type: a condition of one may find what another writes. */
export function lineOf({ store }: Services, { namespace }: Api, type: string): WriteLine {
  return { store, key: `${namespace}/${type}` };
}

/** `undefined`: someone else wrote in between, the attempt is to be made again. */
export async function attemptWrite(attempt: Attempt, line?: WriteLine): Promise<InteractionResponse> {
  const hasty = await attemptTimes(attempt, line === undefined ? MAX_ATTEMPTS : HASTY_ATTEMPTS);
  if (hasty !== undefined) return hasty;
  const waited = line && (await inTurn(line.store, line.key, () => attemptTimes(attempt, MAX_ATTEMPTS - HASTY_ATTEMPTS)));
  if (waited !== undefined) return waited;
  throw new FhirError('version-conflict', 'Others write the same resource all the time; read it and try again', {
    headers: { 'Retry-After': '1' },
  });
}

async function attemptTimes(attempt: Attempt, most: number): Promise<InteractionResponse | undefined> {
  for (let count = 0; count < most; count++) {
    const response = await attempt();
    if (response !== undefined) return response;
  }
  return undefined;
}

/** Checks what stands in the resource itself, then where its references lead when the API asks for it. */
export function checkWrite(
  services: Services,
  api: Api,
  sent: SentResource,
  request: Pick<InteractionRequest, 'profiles' | 'issueLimit'>,
): Promise<CheckedResource> {
  return timed(services.stopwatch, 'validate', async () => {
    const checked = await checkResource(api, sent, request);
    if (checked.targets.length > 0)
      requireNoIssue(
        api,
        sent.type,
        (await findMissingTargets(services, api, checked.targets)).slice(0, request.issueLimit ?? MOST_ISSUES),
      );
    return checked;
  });
}

function requireNoIssue(api: Api, type: string, issues: readonly Issue[]): void {
  if (issues.length > 0) throw invalid(api, type, issues);
}

export interface WriteIdentity {
  readonly id: string;
  readonly method: ResourcePut['method'];
  /** The latest version there is, a deleted one too. */
  readonly current: ResourceVersion | undefined;
}

/** The resource's next version, its text as it was sent but for what the server gives. */
export function toPut(services: Services, api: Api, checked: CheckedResource, { id, method, current }: WriteIdentity): ResourcePut {
  const expectedVersion = current?.versionId ?? 0;
  const versionId = expectedVersion + 1;
  const lastUpdated = nextInstant(services, current);
  const sent = { text: checked.document.text, resource: checked.resource };
  const { text, resource } = assignIdentifiers(api, checked.type, sent, id, current);
  return {
    type: checked.type,
    id,
    versionId,
    expectedVersion,
    lastUpdated,
    method,
    json: spliceIdentity(text, { id, versionId, lastUpdated }),
    index: timed(services.stopwatch, 'index', () => api.search.indexResource(resource)),
  };
}

export function toRemove(services: Services, current: ResourceVersion): ResourceRemove {
  const { type, id, versionId } = current;
  return { type, id, versionId: versionId + 1, expectedVersion: versionId, lastUpdated: nextInstant(services, current) };
}

/** A version is never older than the one before it, whatever the clock does. */
export function nextInstant({ clock }: Pick<Services, 'clock'>, current: ResourceVersion | undefined): number {
  return Math.max(Math.floor(clock()), current?.lastUpdated ?? 0);
}

/** Throws 409 where another resource has the partner's identifier. */
export async function commitPut(
  services: Services,
  api: Api,
  put: ResourcePut,
  conditions: readonly CommitCondition[] = [],
): Promise<CommitResult> {
  const unique = await requireUnique(services, api, [put]);
  return commitWrites(services, { namespace: api.namespace, puts: [put], removes: [], conditions: [...conditions, ...unique] });
}

export function commitWrites({ store, stopwatch }: Services, commit: Commit): Promise<CommitResult> {
  return timed(stopwatch, 'commit', () => store.commit(commit));
}

export function toWriteResponse(status: 200 | 201, put: ResourcePut, checked: CheckedResource): InteractionResponse {
  return {
    status,
    body: put.json,
    versionId: put.versionId,
    lastModified: put.lastUpdated,
    location: toLocation(put),
    profiles: checked.profiles,
    issueCount: checked.issueCount,
    get outcome() {
      return checked.outcome;
    },
  };
}

export function toLocation({ type, id, versionId }: Pick<ResourceVersion, 'type' | 'id' | 'versionId'>): string {
  return `${type}/${id}/_history/${versionId}`;
}
