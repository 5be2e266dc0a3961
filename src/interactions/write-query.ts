/**
 * A query that comes with a write: the condition of a conditional update or delete; of a create where api.json says so
 * (`POST [type]?criteria` is what some clients send for If-None-Exist); and nothing that could be passed over in silence.
 */
import { FhirError } from '../fhir/fhir-error.js';
import type { InteractionRequest } from './interaction.js';

/** Interactions that no query belongs to, unless it is the condition of what has no id in its path. */
const WITHOUT_QUERY: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'batch', 'transaction']);

/**
 * Query and conditions as the interaction takes them; `text`: the query as it was sent, by which other entries of a Bundle may refer to
 * what it finds. Throws 400 for a query that the interaction does not take.
 */
export function readWriteQuery(
  request: Pick<InteractionRequest, 'api' | 'interaction' | 'type' | 'id' | 'search' | 'preconditions'>,
  text?: string,
): Pick<InteractionRequest, 'search' | 'preconditions'> {
  const { api, interaction, type = '', id, search, preconditions } = request;
  if (search.length === 0 || !WITHOUT_QUERY.has(interaction)) return { search, preconditions };
  const isCreate = interaction === 'create';
  if (!isCreate && id === undefined && interaction !== 'batch' && interaction !== 'transaction') return { search, preconditions };
  const names = [...new Set(search.map(([name]) => name.slice(0, 64)))].join(', ');
  if (!isCreate || api.config.createByQuery !== true) {
    const instead = isCreate ? ': send a condition as If-None-Exist' : '';
    throw refuse(`A ${interaction} has no query here, but the URL has one (${names})${instead}`);
  }
  if (preconditions.ifNoneExist !== undefined) {
    throw refuse(`The create of ${type} has two conditions, If-None-Exist and the query of its URL (${names}): send one of them`);
  }
  const ifNoneExist = text ?? new URLSearchParams(search.map(([name, value]): [string, string] => [name, value])).toString();
  return { search: [], preconditions: { ...preconditions, ifNoneExist } };
}

function refuse(message: string): FhirError {
  return new FhirError('invalid-parameter', message, { location: 'http.url' });
}
