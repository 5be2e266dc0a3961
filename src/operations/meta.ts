/**
 * $meta, $meta-add and $meta-delete of a resource: https://hl7.org/fhir/R4/resource-operation-meta.html. What changes is written as an
 * update is, so that a profile that the resource does not fulfil cannot be claimed by them either.
 */
import type { Coding, Meta } from 'fhir/r4.js';
import { requireAccess } from '../auth/access-policy.js';
import { FhirError } from '../fhir/fhir-error.js';
import { isJsonObject } from '../fhir/json.js';
import { spliceProperty } from '../fhir/json-text.js';
import type { Interaction, InteractionRequest, InteractionResponse, InteractionTable } from '../interactions/interaction.js';
import { requireWritable } from '../interactions/preconditions.js';
import { requireCurrent } from '../interactions/read.js';
import { attemptWrite } from '../interactions/write-resource.js';
import type { Services } from '../services.js';
import type { ResourceVersion } from '../storage/store.js';
import { definitionOf } from './operation-input.js';
import { readParameters } from './operation-parameters.js';

/** What these operations are about; the rest of meta is the server's, or the resource's source's. */
const CHANGED: ReadonlySet<string> = new Set(['profile', 'tag', 'security']);

type MetaChange = (stored: Meta, given: Meta) => Meta;

export const meta: Interaction = async (services, request) => {
  const { type, id } = requireInstance(request);
  requireAccess(request.principal, { interaction: 'read', type, operationDefinition: definitionOf(request) });
  readParameters(services, request);
  return answer(await findCurrent(services, request, type, id));
};

/** `handlers`: of the writes. */
export function createMetaAdd(handlers: InteractionTable): Interaction {
  return changeMeta(handlers, addTo);
}

export function createMetaDelete(handlers: InteractionTable): Interaction {
  return changeMeta(handlers, deleteFrom);
}

function changeMeta({ update }: InteractionTable, change: MetaChange): Interaction {
  return async (services, request) => {
    const { type, id } = requireInstance(request);
    requireAccess(request.principal, { interaction: 'update', type });
    const given = readParameters(services, request).object<Meta>('meta') ?? {};
    requireChange(request, given);
    return attemptWrite(async () => {
      const current = await findCurrent(services, request, type, id);
      requireWritable(request.preconditions, current);
      const stored = metaOf(current);
      const changed = change(stored, given);
      // what is there already, or is gone already, is no new version
      if (JSON.stringify(changed) === JSON.stringify(stored)) return answer(current);
      return update === undefined ? undefined : write(services, toUpdate(request, current, changed), update);
    });
  };
}

/** The update of exactly this version; undefined where someone else wrote in between. */
async function write(services: Services, request: InteractionRequest, update: Interaction): Promise<InteractionResponse | undefined> {
  try {
    const { body, versionId = 0, lastModified = 0 } = await update(services, request);
    const { type = '', id = '' } = request;
    return answer({ type, id, versionId, lastUpdated: lastModified, method: 'PUT', json: body });
  } catch (error) {
    if (error instanceof FhirError && error.code === 'precondition-failed') return undefined;
    throw error;
  }
}

function toUpdate(request: InteractionRequest, { json, versionId }: ResourceVersion, changed: Meta): InteractionRequest {
  const { operation: _operation, ...rest } = request;
  return {
    ...rest,
    interaction: 'update',
    search: [],
    body: { text: spliceProperty(json ?? '', 'meta', JSON.stringify(changed)), contentType: 'application/fhir+json' },
    preconditions: { ifMatch: [String(versionId)] },
  };
}

/** Of a type or the whole system it would be every tag in use, which no index tells without reading all. */
function requireInstance({ type, id, operation }: InteractionRequest): { readonly type: string; readonly id: string } {
  if (type !== undefined && id !== undefined) return { type, id };
  throw new FhirError('not-implemented', `$${operation} is there for single resources only: [type]/[id]/$${operation}`);
}

async function findCurrent({ store }: Services, { api }: InteractionRequest, type: string, id: string): Promise<ResourceVersion> {
  return requireCurrent(await store.get(api.namespace, type, id), type, id);
}

function requireChange({ operation }: InteractionRequest, given: Meta): void {
  const others = Object.keys(given).filter((name) => !CHANGED.has(name) && name !== 'versionId' && name !== 'lastUpdated');
  const expression = "Parameters.parameter.where(name = 'meta').value";
  if (others.length > 0) {
    const told = others.map((name) => `'${name}'`).join(', ');
    throw new FhirError('invalid-parameter', `$${operation} is about profiles, tags and security labels, not about ${told}`, {
      expression,
    });
  }
  if (![...CHANGED].some((name) => name in given)) {
    throw new FhirError('invalid-parameter', `The parameter 'meta' of $${operation} has no profile, tag or security`, { expression });
  }
}

function metaOf({ json }: ResourceVersion): Meta {
  const resource: unknown = JSON.parse(json ?? 'null');
  const found = isJsonObject(resource) ? resource['meta'] : undefined;
  return isJsonObject(found) ? (found as Meta) : {};
}

function addTo(stored: Meta, given: Meta): Meta {
  return {
    ...stored,
    ...(given.profile !== undefined && { profile: [...new Set([...(stored.profile ?? []), ...given.profile])] }),
    ...(given.security !== undefined && { security: union(stored.security, given.security) }),
    ...(given.tag !== undefined && { tag: union(stored.tag, given.tag) }),
  };
}

function union(stored: readonly Coding[] = [], given: readonly Coding[]): Coding[] {
  const all = [...stored];
  for (const coding of given) if (!hasCoding(all, coding)) all.push(coding);
  return all;
}

/** A list that has lost all is left out; what `_profile` says goes with its profile. */
function deleteFrom(stored: Meta, given: Meta): Meta {
  const goes = (stored.profile ?? []).map((profile) => given.profile?.includes(profile) === true);
  const stays: Readonly<Record<string, (one: unknown, index: number) => boolean>> = {
    profile: (_, index) => goes[index] !== true,
    _profile: (_, index) => goes[index] !== true,
    security: (one) => !hasCoding(given.security, one as Coding),
    tag: (one) => !hasCoding(given.tag, one as Coding),
  };
  const entries = Object.entries(stored).flatMap(([name, value]: [string, unknown]): [string, unknown][] => {
    const isKept = stays[name];
    if (isKept === undefined || !Array.isArray(value)) return [[name, value]];
    const kept = value.filter(isKept);
    return kept.every((one) => one === null) ? [] : [[name, kept]];
  });
  return Object.fromEntries(entries) as Meta;
}

function hasCoding(list: readonly Coding[] = [], wanted: Coding): boolean {
  return list.some((one) => keyOf(one) === keyOf(wanted));
}

/** Tags are the same by system and code: https://hl7.org/fhir/R4/resource.html#simple-tags */
function keyOf({ system, code, display }: Coding): string {
  return JSON.stringify([system, code ?? ['display', display]]);
}

function answer(version: ResourceVersion): InteractionResponse {
  const { versionId, lastUpdated } = version;
  const body = { resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta: metaOf(version) }] };
  return { status: 200, body: JSON.stringify(body), versionId, lastModified: lastUpdated };
}
