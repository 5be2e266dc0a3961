/** Invariants that recur, as code instead of FHIRPath: https://hl7.org/fhir/R4/conformance-rules.html#constraints */
import type { JsonObject, JsonValue } from '../../fhir/json.js';

export interface InvariantScope {
  /** `%resource`: the resource (or contained resource) that holds the element. */
  readonly resource: JsonObject;
  /** `%rootResource`: the container where `resource` is contained. */
  readonly rootResource: JsonObject;
}

/**
 * Whether the constraint holds for this element (never called for an absent one). `companion` is the `_name` sibling of a
 * primitive. Like a FHIRPath invariant whose result is empty, one that cannot be decided does not hold. A value of the wrong
 * JSON type is a fault of structure that the walk reports: it never throws here.
 */
export interface NativeInvariant {
  (value: JsonValue | undefined, companion: JsonObject | undefined, scope: InvariantScope): boolean;
  /** Of an element for which it does not hold: what breaks it. */
  readonly describe?: (value: JsonValue | undefined) => string;
}

/** By expression, as published. */
export type NativeInvariants = Readonly<Record<string, NativeInvariant>>;
