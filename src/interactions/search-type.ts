/** GET [base]/Type?… and POST [base]/Type/_search: https://hl7.org/fhir/R4/http.html#search */
import type { Interaction } from './interaction.js';
import { answerSearch } from './search.js';
import { requireType } from './target.js';

export const searchType: Interaction = (services, request) => {
  const type = requireType(request);
  const policy = request.api.policy.resources.get(type);
  return answerSearch(services, request, policy === undefined ? [] : [policy], `${request.baseUrl}/${type}`);
};
