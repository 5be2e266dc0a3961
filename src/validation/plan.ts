/**
 * What a StructureDefinition's snapshot is compiled to: plain data, without the texts that validation has no use for.
 * `link/` turns plans into closures. https://hl7.org/fhir/R4/elementdefinition.html
 */
import type { DefinitionProblem } from '../conformance/conformance-registry.js';
import type { JsonValue } from '../fhir/json.js';

export interface ProfilePlan {
  /** `url|version`. */
  readonly canonical: string;
  readonly url: string;
  /** Type that is constrained: `Patient`, `Extension`, `string`. */
  readonly type: string;
  readonly kind: string;
  readonly isAbstract: boolean;
  /** `name#version` of the package that brought the definition: where unversioned canonicals are sought first. */
  readonly packageId: string;
  readonly baseDefinition: string | undefined;
  /** What it is built upon, at whatever distance, and that is not loaded: what that says is not in the plan. */
  readonly missingBase: string | undefined;
  /** What its differential says and cannot be laid onto the base: that is not in the plan either. Sought when asked for. */
  faults(): readonly DefinitionProblem[];
  readonly root: ElementPlan;
  /** Of an Extension: where it may stand. */
  readonly contexts: readonly { readonly type: string; readonly expression: string }[];
  /** Of an Extension: FHIRPath of what holds it, with the extension itself as %extension. */
  readonly contextInvariants: readonly string[];
}

export interface ElementPlan {
  /** `Patient.identifier:nhi.system`. */
  readonly elementId: string;
  /** Last step of the path: `identifier`, `value[x]`. */
  readonly name: string;
  readonly sliceName: string | undefined;
  /** Where the base type defines it: `Patient.contact`, `Timing.repeat`. */
  readonly basePath: string;
  readonly min: number;
  readonly max: number | '*';
  /** Whether JSON writes it as an array, whatever a profile makes of `max`. */
  readonly isArray: boolean;
  readonly isModifier: boolean;
  readonly types: readonly TypePlan[];
  /** Id of the element whose children and rules this one has. */
  readonly contentReference: string | undefined;
  readonly children: readonly ElementPlan[];
  readonly slicing: SlicingPlan | undefined;
  readonly slices: readonly ElementPlan[];
  /** Rules about one item. */
  readonly rules: readonly RulePlan[];
}

export interface TypePlan {
  /** `HumanName`, `string`; for a backbone element `BackboneElement`. */
  readonly code: string;
  readonly profiles: readonly string[];
  readonly targetProfiles: readonly string[];
  /** How a Reference may reach its target; undefined where it may in any way. */
  readonly aggregation?: readonly string[];
  /** Whether a Reference names a version; undefined where it may. */
  readonly versioning?: 'independent' | 'specific';
}

export interface SlicingPlan {
  readonly discriminators: readonly { readonly type: string; readonly path: string }[];
  readonly rules: 'open' | 'closed' | 'openAtEnd';
  readonly isOrdered: boolean;
}

export type RulePlan =
  | { readonly keyword: 'fixed'; readonly value: JsonValue }
  | { readonly keyword: 'pattern'; readonly value: JsonValue }
  | { readonly keyword: 'minValue'; readonly value: JsonValue }
  | { readonly keyword: 'maxValue'; readonly value: JsonValue }
  | { readonly keyword: 'maxLength'; readonly limit: number }
  | { readonly keyword: 'regex'; readonly source: string }
  | BindingPlan
  | ConstraintPlan;

export interface BindingPlan {
  readonly keyword: 'binding';
  readonly strength: 'required' | 'extensible' | 'preferred';
  readonly valueSet: string;
  /** What an extensible or preferred binding may not be left for: extension elementdefinition-maxValueSet. */
  readonly maxValueSet: string | undefined;
}

export interface ConstraintPlan {
  readonly keyword: 'constraint';
  readonly key: string;
  readonly severity: 'error' | 'warning';
  readonly human: string;
  readonly expression: string;
  /** Held only where best practice is asked for. */
  readonly isBestPractice?: boolean;
}
