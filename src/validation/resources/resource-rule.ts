/** What R4 says of a type in words only, so that no StructureDefinition can. */
import type { JsonObject } from '../../fhir/json.js';
import type { LinkServices } from '../link/item-rule.js';
import type { Run } from '../run/run.js';

/** Checks a resource of one type, at the run's path, after its definitions have been. */
export type ResourceRule = (run: Run, resource: JsonObject, services: LinkServices) => void;
