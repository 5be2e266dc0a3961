/** GET [base]?_type=… and POST [base]/_search: https://hl7.org/fhir/R4/http.html#search */
import type { Interaction } from './interaction.js';
import { answerSearch } from './search.js';

export const searchSystem: Interaction = (services, request) => answerSearch(services, request, request.baseUrl);
