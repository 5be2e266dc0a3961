/** What resources refer to, and what that refers to in turn: https://hl7.org/fhir/R4/patient-operation-everything.html */
import { FhirError } from '../fhir/fhir-error.js';
import { isJsonObject } from '../fhir/json.js';
import type { InteractionRequest } from '../interactions/interaction.js';
import { createBreather } from '../interactions/transaction/breather.js';
import { walkResource } from '../interactions/walk-resource.js';
import { parseLiteralReference } from '../search/reference-text.js';
import { toLocal } from '../search/search-context.js';
import type { Api, Services } from '../services.js';
import type { ResourceVersion } from '../storage/store.js';

/** Beside the matches of one page. */
const MOST_SUPPORTING = 5000;

/** Of this server, each once, without `matches` themselves. `supports`: whether what `from` refers to of a type is wanted. */
export async function collectSupporting(
  { store }: Services,
  request: Pick<InteractionRequest, 'api' | 'baseUrl' | 'signal'>,
  matches: readonly ResourceVersion[],
  supports: (from: ResourceVersion, type: string) => boolean,
): Promise<readonly ResourceVersion[]> {
  const { api, baseUrl } = request;
  const seen = new Set(matches.map(({ type, id }) => `${type}/${id}`));
  const supporting: ResourceVersion[] = [];
  const breathe = createBreather(request.signal);
  for (let round = matches; round.length > 0; ) {
    const wanted: { readonly type: string; readonly id: string }[] = [];
    for (const from of round) {
      await breathe();
      for (const text of referencesOf(api, from)) {
        const local = parseLiteralReference(toLocal(text, baseUrl));
        // what still has a base is of another server
        if (local === undefined || local.unversioned !== `${local.type}/${local.id}` || !supports(from, local.type)) continue;
        if (seen.size < seen.add(local.unversioned).size) wanted.push(local);
      }
    }
    if (supporting.length + wanted.length > MOST_SUPPORTING) {
      throw new FhirError('too-many-entries', `The page refers to more than ${MOST_SUPPORTING} resources; ask for fewer by _count`);
    }
    const found = wanted.length === 0 ? [] : await store.getMany(api.namespace, wanted);
    round = found.filter((version) => version?.json !== undefined) as readonly ResourceVersion[];
    supporting.push(...round);
  }
  return supporting;
}

function referencesOf({ conformance }: Api, { json }: ResourceVersion): readonly string[] {
  const resource: unknown = json === undefined ? undefined : JSON.parse(json);
  const texts: string[] = [];
  if (isJsonObject(resource)) walkResource(resource, conformance, { reference: (_value, text) => void texts.push(text) });
  return texts;
}
