/** What plans are linked to. */
import type { ConformanceRegistry } from '../../conformance/conformance-registry.js';
import type { JsonObject, JsonValue } from '../../fhir/json.js';
import type { TypeModel } from '../../fhirpath/fhirpath.js';
import type { TerminologyService } from '../../terminology/terminology-service.js';
import type { LinkOptions } from '../link-options.js';
import type { TypePlan } from '../plan.js';
import type { Origin, Run } from '../run/run.js';

/**
 * Checks one item that is there, at the run's path. `value` is undefined for a primitive with extensions only; `companion` is
 * the `_name` sibling of a primitive; `type` the FHIR type of the item (`Quantity`, or the path of a backbone element).
 */
export type ItemRule = (run: Run, value: JsonValue | undefined, companion: JsonObject | undefined, type: string) => void;

export interface LinkServices {
  readonly conformance: ConformanceRegistry;
  readonly terminology: TerminologyService;
  readonly model: TypeModel;
  readonly options: LinkOptions;
}

/** The element that a rule is linked for. */
export interface RuleScope extends Origin {
  readonly elementId: string;
  readonly packageId: string;
  readonly types: readonly TypePlan[];
  readonly services: LinkServices;
}
