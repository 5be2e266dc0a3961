/** The id of what is created: https://hl7.org/fhir/R4/http.html#create leaves it to the server. */
import type { Api, Services } from '../services.js';

export async function newId({ newId, numbers }: Services, { namespace, config }: Api, type: string): Promise<string> {
  return config.ids === 'number' ? numbers.next(namespace, type) : newId();
}
