/**
 * https://hl7.org/fhir/R4/http.html#delete, and conditional delete: https://hl7.org/fhir/R4/http.html#cdelete
 * What is not there (any more) is as good as deleted. Types that api.json names are marked instead of removed.
 */
import type { SoftDelete } from '../conformance/api-config.js';
import { parseDateTime } from '../fhir/date-time.js';
import { FhirError } from '../fhir/fhir-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import { findValueText, spliceIdentity, spliceProperty } from '../fhir/json-text.js';
import { timed } from '../observability/stopwatch.js';
import type { Api, Services } from '../services.js';
import type { CommitCondition, ResourcePut, ResourceRemove, ResourceVersion } from '../storage/store.js';
import { writeOutcome } from './check-resource.js';
import { findMatches, multipleMatches } from './conditional.js';
import type { Interaction, InteractionRequest, InteractionResponse } from './interaction.js';
import { requireWritable } from './preconditions.js';
import { requireCurrent } from './read.js';
import { requireType } from './target.js';
import { attemptWrite, commitWrites, lineOf, nextInstant, toRemove } from './write-resource.js';

/** What one condition deletes at most. */
const MAX_DELETED = 1000;

export const deleteResource: Interaction = async (services, request) => {
  const { api } = request;
  const type = requireType(request);
  return attemptWrite(
    async () => {
      const { ids, condition } = await findDeleteTargets(services, request, type);
      const current = await services.store.getMany(
        api.namespace,
        ids.map((id) => ({ type, id })),
      );
      for (const version of current) requireWritable(request.preconditions, version);
      requireFound(api, type, ids, current);
      const deletion = toDeletion(services, api, current);
      if (deletion.puts.length + deletion.removes.length > 0) {
        const conditions = condition === undefined ? [] : [condition];
        const { committed } = await commitWrites(services, { namespace: api.namespace, ...deletion, conditions });
        if (!committed) return undefined;
      }
      return toDeleteResponse(api, deletion);
    },
    lineOf(services, api, type),
  );
};

export interface DeleteTargets {
  readonly ids: readonly string[];
  readonly condition: CommitCondition | undefined;
}

/** The id of the path, or those of what the condition finds. Throws 412 for several matches where the API deletes one at a time. */
export async function findDeleteTargets(services: Services, request: InteractionRequest, type: string): Promise<DeleteTargets> {
  const { api, id, search } = request;
  if (id !== undefined) return { ids: [id], condition: undefined };
  const isMultiple = api.policy.resources.get(type)?.conditionalDelete === 'multiple';
  const { matches, condition } = await findMatches(services, request, type, search, isMultiple ? MAX_DELETED + 1 : undefined);
  if (matches.length > 1 && !isMultiple) throw multipleMatches(type, 'condition of the delete');
  if (matches.length > MAX_DELETED) {
    throw new FhirError('too-many-entries', `The condition matches more than ${MAX_DELETED} resources; make it narrower`);
  }
  return { ids: matches.map((match) => match.id), condition };
}

/** Throws 404 or 410 where there is nothing to delete, and the API says so. `latest`: of each id. */
export function requireFound(api: Api, type: string, ids: readonly string[], latest: readonly (ResourceVersion | undefined)[]): void {
  if (api.config.deleteOfNothing !== 404) return;
  if (ids.length === 0) throw new FhirError('resource-not-found', `No ${type} matches the condition of the delete`);
  for (const [index, id] of ids.entries()) requireCurrent(latest[index], type, id);
}

export interface Deletion {
  readonly puts: readonly ResourcePut[];
  readonly removes: readonly ResourceRemove[];
}

/** Of the latest versions those that are still there. */
export function toDeletion(services: Services, api: Api, latest: readonly (ResourceVersion | undefined)[]): Deletion {
  const puts: ResourcePut[] = [];
  const removes: ResourceRemove[] = [];
  for (const version of latest) {
    if (version?.json === undefined) continue;
    const mark = api.config.softDelete?.[version.type];
    if (mark === undefined) removes.push(toRemove(services, version));
    else puts.push(...toMarked(services, api, version, version.json, mark));
  }
  return { puts, removes };
}

/** Nothing when the mark is there already. */
function toMarked(
  services: Services,
  api: Api,
  current: ResourceVersion,
  json: string,
  { element, value, period }: SoftDelete,
): readonly ResourcePut[] {
  const { type, id, versionId: expectedVersion } = current;
  const lastUpdated = nextInstant(services, current);
  const before: unknown = JSON.parse(json);
  if (!isJsonObject(before)) return [];
  let marked = before[element] === value ? json : spliceProperty(json, element, JSON.stringify(value));
  const ended = period === undefined ? undefined : endPeriod(before[period], findValueText(json, [period]), lastUpdated);
  if (period !== undefined && ended !== undefined) marked = spliceProperty(marked, period, ended);
  if (marked === json) return [];
  const resource = JSON.parse(marked) as JsonObject;
  const versionId = expectedVersion + 1;
  const text = spliceIdentity(marked, { id, versionId, lastUpdated });
  const index = timed(services.stopwatch, 'index', () => api.search.indexResource(resource));
  return [{ type, id, versionId, expectedVersion, lastUpdated, method: 'PUT', json: text, index }];
}

/** The text of the Period with an end; undefined where it has one, or begins later. */
function endPeriod(period: JsonValue | undefined, text: string | undefined, instant: number): string | undefined {
  const end = `"${new Date(instant).toISOString()}"`;
  if (text === undefined) return `{"end":${end}}`;
  if (!isJsonObject(period) || period['end'] !== undefined || period['_end'] !== undefined) return undefined;
  const { start } = period;
  const parsed = typeof start === 'string' ? parseDateTime(start) : undefined;
  return parsed !== undefined && parsed.low > instant ? undefined : spliceProperty(text, 'end', end);
}

export function toDeleteResponse(api: Api, { puts, removes }: Deletion): InteractionResponse {
  const written = [...puts, ...removes];
  const [first] = written;
  const list = written.map(({ type, id, versionId }) => `${type}/${id} (version ${versionId})`).join(', ');
  const diagnostics = first === undefined ? 'There was nothing to delete' : `Deleted: ${list}`;
  return {
    status: 204,
    ...(first !== undefined && written.length === 1 && { versionId: first.versionId, lastModified: first.lastUpdated }),
    get outcome() {
      return writeOutcome(api, [{ severity: 'information', code: 'informational', diagnostics }]);
    },
  };
}
