/** What plans are linked to. */
import type { ConformanceRegistry } from '../../conformance/conformance-registry.js';
import type { JsonObject, JsonValue } from '../../fhir/json.js';
import type { TypeModel } from '../../fhirpath/fhirpath.js';
import type { TerminologyService } from '../../terminology/terminology-service.js';
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

export interface LinkOptions {
  /** Milliseconds since 1970: what `now()` and bounds relative to now go by. */
  readonly clock: () => number;
  /** Whether an extension without a definition at hand is a warning; else it is an error. */
  readonly allowUnknownExtensions: boolean;
  /** Whether constraints that are marked as best practice count. */
  readonly bestPractice: boolean;
  /** Severity of a display that the code system does not have. */
  readonly wrongDisplay: 'error' | 'warning';
  /** Severity of a profile that nothing defines: one that is claimed, or that a definition asks for. */
  readonly unknownProfile: 'error' | 'warning';
  /** Whether an Observation whose code is that of a vital sign has to fulfil R4's profile for it, claimed or not. */
  readonly vitalSigns: boolean;
  /** Whether URLs that are made for examples (example.org and its like) may name extensions, code systems and profiles. */
  readonly exampleUrls: boolean;
  /** Whether contained resources are checked. */
  readonly contained: boolean;
}

/** The element that a rule is linked for. */
export interface RuleScope extends Origin {
  readonly elementId: string;
  readonly packageId: string;
  readonly types: readonly TypePlan[];
  readonly services: LinkServices;
}
