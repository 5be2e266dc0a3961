/** An entry that is an interaction of its own: its handler's answer, or its fault, as the text of an entry. */
import type { Services } from '../../services.js';
import type { InteractionResponse, InteractionTable } from '../interaction.js';
import { notOffered } from '../routes.js';
import { toFhirError } from '../store-error.js';
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
    const fault = toFhirError(error, request.requestId);
    if (fault.code === 'internal-error') faults.push(error);
    else countIssues(fault.issues.length);
    return writeEntryFault(request.api, fault);
  }
}

function withoutBody({ body, ...headers }: InteractionResponse): InteractionResponse {
  return headers;
}
