/** GET [base]/Type?… and POST [base]/Type/_search: https://hl7.org/fhir/R4/http.html#search */
import type { Interaction } from './interaction.js';
import { answerSearch } from './search.js';
import { requireType } from './target.js';

export const searchType: Interaction = (services, request) => answerSearch(services, request, `${request.baseUrl}/${requireType(request)}`);
