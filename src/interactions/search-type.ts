/** GET [base]/Type?…, POST [base]/Type/_search, and the same below a compartment: https://hl7.org/fhir/R4/http.html#search */
import type { Interaction } from './interaction.js';
import { answerSearch } from './search.js';
import { requireType } from './target.js';

export const searchType: Interaction = (services, request) => {
  const { baseUrl, compartment } = request;
  const within = compartment === undefined ? '' : `/${compartment.type}/${encodeURIComponent(compartment.id)}`;
  return answerSearch(services, request, `${baseUrl}${within}/${requireType(request)}`);
};
