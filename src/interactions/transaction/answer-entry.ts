/** An entry that is an interaction of its own: its handler's answer, or its fault, as the text of an entry. */
import { FhirError } from '../../fhir/fhir-error.js';
import type { Services } from '../../services.js';
import type { InteractionResponse, InteractionTable } from '../interaction.js';
import { notOffered } from '../routes.js';
import type { EntryRequest } from './entry-request.js';
import { writeEntryFault, writeEntryResponse } from './entry-response.js';

/** `faults` takes what is no FhirError: the caller is told 500, and the log the rest. */
export async function answerEntry(
  services: Services,
  handlers: InteractionTable,
  { request, method }: EntryRequest,
  faults: unknown[],
  countIssues: (issues: number) => void = () => undefined,
): Promise<string> {
  try {
    const handle = handlers[request.interaction];
    if (handle === undefined) throw notOffered(request.api, `the interaction '${request.interaction}'`);
    const response = await handle(services, request);
    countIssues(response.issueCount ?? 0);
    return writeEntryResponse(request, method === 'HEAD' ? withoutBody(response) : response);
  } catch (error) {
    if (error instanceof FhirError) {
      countIssues(error.issues.length);
      return writeEntryFault(request.api, error);
    }
    faults.push(error);
    const message = `An unexpected error occurred; the server's log has it under the request id ${request.requestId}`;
    return writeEntryFault(request.api, new FhirError('internal-error', message));
  }
}

function withoutBody({ body, ...headers }: InteractionResponse): InteractionResponse {
  return headers;
}
