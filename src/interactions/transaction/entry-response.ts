/** Entries of batch-response and transaction-response: https://hl7.org/fhir/R4/http.html#transaction-response */
import { STATUS_CODES } from 'node:http';
import { writeEntry } from '../../fhir/bundle.js';
import type { FhirError } from '../../fhir/fhir-error.js';
import type { Api } from '../../services.js';
import { writeOutcome } from '../check-resource.js';
import type { InteractionRequest, InteractionResponse } from '../interaction.js';

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete']);

/** `201 Created` */
export function toStatusText(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
}

/** `request`: of the entry. What reads answer is always there; of a write what Prefer asks for. */
export function writeEntryResponse(request: InteractionRequest, response: InteractionResponse): string {
  const { status, versionId, lastModified, body } = response;
  const { return: wanted } = request.prefer;
  const isWrite = WRITES.has(request.interaction);
  return writeEntry({
    resource: isWrite && wanted !== 'representation' ? undefined : body,
    response: {
      status: toStatusText(status),
      location: toEntryLocation(request, response.location),
      versionId,
      lastModified,
      outcome: isWrite && wanted !== 'minimal' ? response.outcome : undefined,
    },
  });
}

export function writeEntryFault(api: Api, error: FhirError): string {
  return writeEntry({ response: { status: toStatusText(error.status), outcome: writeOutcome(api, error.issues) } });
}

/** `Type/id/_history/1` or `Type/id`, as api.json says. */
function toEntryLocation({ api }: InteractionRequest, location: string | undefined): string | undefined {
  if (location === undefined || api.config.transaction.location === 'versioned') return location;
  const history = location.indexOf('/_history/');
  return history < 0 ? location : location.slice(0, history);
}
