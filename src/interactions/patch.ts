/** https://hl7.org/fhir/R4/http.html#patch, of a resource by its id, or of what a condition finds. */
import { FhirError } from '../fhir/fhir-error.js';
import type { Services } from '../services.js';
import type { CommitCondition } from '../storage/store.js';
import { findMatches, multipleMatches } from './conditional.js';
import { inTurn } from './in-turn.js';
import type { Interaction, InteractionRequest, InteractionResponse } from './interaction.js';
import { patchResource } from './patch/patch-resource.js';
import { type Patch, readPatch } from './patch/read-patch.js';
import { requireWritable } from './preconditions.js';
import { requireCurrent } from './read.js';
import { requireType } from './target.js';
import { createBreather } from './transaction/breather.js';
import { attemptWrite, checkWrite, commitPut, toPut, toWriteResponse } from './write-resource.js';

export const patch: Interaction = (services, request) => {
  const type = requireType(request);
  const sent = readPatch(services, request);
  return attemptWrite(async () => {
    const target = await findPatchTarget(services, request, type);
    return inTurn(services.store, `${request.api.namespace}/${type}/${target.id}`, () => patchOnce(services, request, sent, type, target));
  });
};

export interface PatchedTarget {
  readonly id: string;
  readonly condition: CommitCondition | undefined;
}

/** The id of the path, or of what the condition finds. Throws 404 where it finds nothing, 412 for several matches. */
export async function findPatchTarget(services: Services, request: InteractionRequest, type: string): Promise<PatchedTarget> {
  if (request.id !== undefined) return { id: request.id, condition: undefined };
  const { matches, condition } = await findMatches(services, request, type, request.search);
  if (matches.length > 1) throw multipleMatches(type, 'condition of the patch');
  const [match] = matches;
  if (match === undefined) throw new FhirError('resource-not-found', `No ${type} matches the condition of the patch`);
  return { id: match.id, condition };
}

/** Undefined: someone else wrote in between. */
async function patchOnce(
  services: Services,
  request: InteractionRequest,
  sent: Patch,
  type: string,
  { id, condition }: PatchedTarget,
): Promise<InteractionResponse | undefined> {
  const { api, signal } = request;
  signal?.throwIfAborted();
  const latest = await services.store.get(api.namespace, type, id);
  // what the condition found is deleted by now, so that it finds something else
  if (condition !== undefined && latest?.json === undefined) return undefined;
  const current = requireCurrent(latest, type, id);
  requireWritable(request.preconditions, current);
  const patched = await patchResource(services, api, sent, current, createBreather(signal));
  const checked = await checkWrite(services, api, patched, request);
  const put = toPut(services, api, checked, { id, method: 'PATCH', current });
  const { committed } = await commitPut(services, api, put, condition === undefined ? [] : [condition]);
  return committed ? toWriteResponse(200, put, checked) : undefined;
}
