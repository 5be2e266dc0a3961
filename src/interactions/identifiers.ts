/**
 * What a write makes of a resource's identifiers, where the API has systems for them: the API's own, whose value is the id, and one of the
 * partner's, which stays when a later version does not name it. Others are passed over. No two resources share a partner's identifier.
 */
import { FhirError } from '../fhir/fhir-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import { findValueText, spliceProperty } from '../fhir/json-text.js';
import { exactIdentifier, exactValues } from '../search/own-identifiers.js';
import type { Api, Services } from '../services.js';
import type { CommitCondition, ResourcePut, ResourceRemove, ResourceVersion } from '../storage/store.js';

export interface IdentifiedText {
  readonly text: string;
  readonly resource: JsonObject;
}

/** `current`: the version before, if there is one. */
export function assignIdentifiers(
  api: Api,
  type: string,
  sent: IdentifiedText,
  id: string,
  current: ResourceVersion | undefined,
): IdentifiedText {
  const systems = api.findIdentifierSystems?.(type);
  if (systems === undefined) return sent;
  const { canonical, external } = systems;
  const kept = findExternal(sent.text, sent.resource, external) ?? findCurrentExternal(current, external);
  const own = JSON.stringify({ system: canonical, value: id });
  const list = kept === undefined ? `[${own}]` : `[${own},${kept}]`;
  return {
    text: spliceProperty(sent.text, 'identifier', list),
    resource: { ...sent.resource, identifier: JSON.parse(list) as JsonObject[] },
  };
}

function findCurrentExternal(current: ResourceVersion | undefined, system: string | undefined): string | undefined {
  if (current?.json === undefined || system === undefined) return undefined;
  const identifier = JSON.parse(findValueText(current.json, ['identifier']) ?? 'null') as JsonValue;
  return findExternal(current.json, { identifier }, system);
}

/** Text of the first identifier of this system that has a value. */
function findExternal(text: string, { identifier }: JsonObject, system: string | undefined): string | undefined {
  if (system === undefined || !Array.isArray(identifier)) return undefined;
  const index = identifier.findIndex((one) => isJsonObject(one) && one['system'] === system && typeof one['value'] === 'string');
  return index < 0 ? undefined : findValueText(text, ['identifier', index]);
}

/** For the commit, which happens only if no one else has taken the identifiers meanwhile. Throws 409 where someone has them. */
export async function requireUnique(
  { store }: Services,
  api: Api,
  puts: readonly ResourcePut[],
  removes: readonly ResourceRemove[] = [],
): Promise<readonly CommitCondition[]> {
  if (api.findIdentifierSystems === undefined) return [];
  const written = new Set([...puts, ...removes].map(({ type, id }) => `${type}/${id}`));
  const taken = new Set<string>();
  const conditions: CommitCondition[] = [];
  for (const { type, index } of puts) {
    const external = api.findIdentifierSystems(type)?.external;
    if (external === undefined) continue;
    for (const value of exactValues(index, external)) {
      const criterion = exactIdentifier(external, value);
      const query = { namespace: api.namespace, types: [type], criterion, limit: 2, total: false };
      const matches = (await store.search(query)).matches.map(({ id }) => id);
      const key = `${type} ${value}`;
      // what this commit writes itself has its new identifier then
      if (taken.has(key) || matches.some((id) => !written.has(`${type}/${id}`))) throw alreadyTaken(type, external, value);
      taken.add(key);
      conditions.push({ type, criterion, matches });
    }
  }
  return conditions;
}

function alreadyTaken(type: string, system: string, value: string): FhirError {
  const shown = value.length > 64 ? `${value.slice(0, 64)}…` : value;
  const message = `There is another ${type} with the identifier '${shown}' of ${system}: update that one, or send another value`;
  return new FhirError('duplicate-identifier', message, { expression: `${type}.identifier` });
}
