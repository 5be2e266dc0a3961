/** https://hl7.org/fhir/R4/http.html#create, and conditional create: https://hl7.org/fhir/R4/http.html#ccreate */
import { parseQuery } from '../fhir/query.js';
import type { Services } from '../services.js';
import type { CommitCondition, ResourceVersion } from '../storage/store.js';
import type { CheckedResource } from './check-resource.js';
import { findMatches, multipleMatches } from './conditional.js';
import type { Interaction, InteractionRequest, InteractionResponse } from './interaction.js';
import { newId } from './new-id.js';
import { readResource } from './read-resource.js';
import { requireType } from './target.js';
import { attemptWrite, checkWrite, commitPut, lineOf, toLocation, toPut, toWriteResponse } from './write-resource.js';

export const create: Interaction = async (services, request) => {
  const { api } = request;
  const sent = readResource(services, request, requireType(request));
  let checked: CheckedResource | undefined;
  return attemptWrite(
    async () => {
      const conditions: CommitCondition[] = [];
      if (request.preconditions.ifNoneExist !== undefined) {
        const { existing, condition } = await findExisting(services, request, sent.type);
        if (existing !== undefined) return toExistingResponse(existing);
        conditions.push(condition);
      }
      checked ??= await checkWrite(services, api, sent, request);
      const put = toPut(services, api, checked, { id: await newId(services, api, sent.type), method: 'POST', current: undefined });
      const { committed } = await commitPut(services, api, put, conditions);
      return committed ? toWriteResponse(201, put, checked) : undefined;
    },
    lineOf(services, api, sent.type),
  );
};

/** What the condition of a create finds; throws 412 for more than one. */
export async function findExisting(
  services: Services,
  request: InteractionRequest,
  type: string,
): Promise<{ readonly existing: ResourceVersion | undefined; readonly condition: CommitCondition }> {
  const pairs = parseQuery(request.preconditions.ifNoneExist ?? '', 'If-None-Exist');
  const { matches, condition } = await findMatches(services, request, type, pairs);
  if (matches.length > 1) throw multipleMatches(type, 'condition of the create');
  return { existing: matches[0], condition };
}

/** What is there already is answered, and nothing written. */
export function toExistingResponse(existing: ResourceVersion): InteractionResponse {
  const { json, versionId, lastUpdated } = existing;
  return {
    status: 200,
    ...(json !== undefined && { body: json }),
    versionId,
    lastModified: lastUpdated,
    location: toLocation(existing),
  };
}
