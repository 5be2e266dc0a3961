/** https://hl7.org/fhir/R4/http.html#update, update as create, and conditional update: https://hl7.org/fhir/R4/http.html#cond-update */
import { FhirError } from '../fhir/fhir-error.js';
import { isId } from '../fhir/reference.js';
import type { Api, Services } from '../services.js';
import type { CommitCondition, ResourceVersion } from '../storage/store.js';
import type { CheckedResource } from './check-resource.js';
import { findMatches, multipleMatches } from './conditional.js';
import type { Interaction, InteractionRequest } from './interaction.js';
import { mergeUpdate } from './merge-update.js';
import { newId } from './new-id.js';
import { requireWritable } from './preconditions.js';
import { readResource, type SentResource } from './read-resource.js';
import { requireType } from './target.js';
import { attemptWrite, checkWrite, commitPut, lineOf, toPut, toWriteResponse } from './write-resource.js';

export const update: Interaction = async (services, request) => {
  const { api } = request;
  const sent = readResource(services, request, requireType(request));
  let checked: CheckedResource | undefined;
  return attemptWrite(
    async () => {
      const { id, isNew, condition } = await findUpdateTarget(services, request, sent);
      const current = await services.store.get(api.namespace, sent.type, id);
      requireUpdatable(request, sent, id, current, isNew);
      const next = mergeUpdate(api, sent, current);
      // what was merged with a version that is not the latest any more is no use
      if (checked === undefined || next !== sent) checked = await checkWrite(services, api, next, request);
      const put = toPut(services, api, checked, { id, method: 'PUT', current });
      const { committed } = await commitPut(services, api, put, condition === undefined ? [] : [condition]);
      return committed ? toWriteResponse(current?.json === undefined ? 201 : 200, put, checked) : undefined;
    },
    lineOf(services, api, sent.type),
  );
};

export interface UpdateTarget {
  readonly id: string;
  /** A conditional update that found nothing, and for which the server has made the id. */
  readonly isNew: boolean;
  readonly condition: CommitCondition | undefined;
}

/** The id of the path, or of what the condition finds. Throws 400 where the body's id is another one, 412 for several matches. */
export async function findUpdateTarget(
  services: Services,
  request: InteractionRequest,
  { resource, type }: SentResource,
): Promise<UpdateTarget> {
  const { id } = request;
  const own = resource['id'];
  if (id !== undefined) {
    if (own === id) return { id, isNew: false, condition: undefined };
    const found = own === undefined ? 'has no id' : `has the id ${JSON.stringify(own).slice(0, 80)}`;
    throw new FhirError('malformed-request', `The resource ${found}; an update needs the id of the path, '${id.slice(0, 64)}'`, {
      expression: `${type}.id`,
    });
  }
  const { matches, condition } = await findMatches(services, request, type, request.search);
  if (matches.length > 1) throw multipleMatches(type, 'condition of the update');
  const [match] = matches;
  if (match === undefined) {
    requireWritable(request.preconditions, undefined);
    if (!isUpdateCreate(request.api, type)) throw nothingFound(type);
    if (typeof own === 'string') return { id: own, isNew: false, condition };
    return { id: await newId(services, request.api, type), isNew: true, condition };
  }
  if (own !== undefined && own !== match.id) {
    throw new FhirError(
      'malformed-request',
      `The resource has the id ${JSON.stringify(own).slice(0, 80)}, but the condition finds '${match.id}'`,
      {
        expression: `${type}.id`,
      },
    );
  }
  return { id: match.id, isNew: false, condition };
}

/**
 * Throws 412 for a precondition, 400 for an id that is none, and where an update of the API creates nothing 405, or 404 for a
 * condition that finds nothing.
 */
export function requireUpdatable(
  request: InteractionRequest,
  { type }: SentResource,
  id: string,
  current: ResourceVersion | undefined,
  isNew: boolean,
): void {
  requireWritable(request.preconditions, current);
  if (current !== undefined) return;
  const { api } = request;
  if (!isUpdateCreate(api, type)) throw request.id === undefined ? nothingFound(type) : noUpdateCreate(api, type, id);
  if (isNew) return;
  if (!isId(id)) {
    throw new FhirError('malformed-request', `The id '${id.slice(0, 64)}' is none: wanted are 1 to 64 letters, digits, '-' and '.'`, {
      expression: `${type}.id`,
    });
  }
}

function isUpdateCreate({ policy }: Api, type: string): boolean {
  return policy.resources.get(type)?.updateCreate === true;
}

function nothingFound(type: string): FhirError {
  return new FhirError('resource-not-found', `No ${type} matches the condition of the update: create it by POST ${type}`);
}

function noUpdateCreate(api: Api, type: string, id: string): FhirError {
  const message = `There is no ${type} with the id '${id.slice(0, 64)}', and the API '${api.name}' gives the ids itself: create it by POST ${type}`;
  return new FhirError('method-not-allowed', message, { headers: { Allow: 'GET, HEAD' } });
}
