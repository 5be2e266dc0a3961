/** FHIRPath (N1, http://hl7.org/fhirpath/N1/) compiled once to closures over plain JSON. */
import type { JsonObject, JsonValue } from '../fhir/json.js';

/** An element's value with the FHIR type it was reached as. */
export interface TypedNode {
  /** Undefined for a primitive that has extensions only. */
  readonly value: JsonValue | undefined;
  /** `Patient`, `HumanName`, `dateTime`; for a backbone element its path, `Patient.contact`; `System.Boolean` and the like for computed values. */
  readonly type: string;
  /** The `_name` sibling of a primitive. */
  readonly companion?: JsonObject;
}

/** Types of children, made from StructureDefinitions by `conformance/type-model.ts`. */
export interface TypeModel {
  /**
   * How an element of a type (or backbone path) appears: its JSON properties and their types. `value` of Observation gives
   * one child for each allowed type ({property: 'valueQuantity', type: 'Quantity'}, …); undefined where there is no such element.
   */
  children(type: string, name: string): readonly { readonly property: string; readonly type: string }[] | undefined;
  /** Every JSON property of a type with its type, in the order of the definition (for children() and descendants()). */
  properties(type: string): readonly { readonly property: string; readonly type: string }[];
  /** `Age` is a `Quantity`, `Patient` is a `DomainResource` is a `Resource`. */
  isSubtype(type: string, ofType: string): boolean;
  isPrimitive(type: string): boolean;
}

export interface EvaluationContext {
  readonly model: TypeModel;
  /** `%resource`: the resource (or contained resource) that holds the focus. */
  readonly resource: TypedNode;
  /** `%rootResource`: the container when `%resource` is contained. */
  readonly rootResource: TypedNode;
  /** `%extension`, in what an extension's definition says of its use. */
  readonly extension?: TypedNode;
  /** `resolve()`: undefined when the target is not at hand. */
  readonly resolveReference?: (reference: string, rootResource: TypedNode) => TypedNode | undefined;
  /** `memberOf()`: undefined when it cannot be known. */
  readonly memberOf?: (node: TypedNode, valueSet: string) => boolean | undefined;
  /** `conformsTo()`. */
  readonly conformsTo?: (node: TypedNode, profile: string) => boolean | undefined;
  /** `now()`, milliseconds. */
  readonly clock?: () => number;
}

export interface CompiledExpression {
  readonly expression: string;
  /** Whether our own compiler covers it, or the fhirpath library evaluates it. */
  readonly native: boolean;
  evaluate(focus: TypedNode, context: EvaluationContext): readonly TypedNode[];
  /**
   * As an invariant: a single Boolean is itself, empty is false, anything else is true. The specification leaves empty open
   * (https://hl7.org/fhir/R4/conformance-rules.html#constraints); the reference validator takes it for a failed constraint.
   */
  holds(focus: TypedNode, context: EvaluationContext): boolean;
}

/** An expression that is no FHIRPath, or that fails when run (`single()` of two). */
export class FhirPathError extends Error {
  readonly expression: string;

  constructor(message: string, expression: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FhirPathError';
    this.expression = expression;
  }
}
