/** Whether an element has a child, in FHIRPath's sense (`name.exists()`), and the invariants that ask nothing else. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { InvariantScope, NativeInvariant } from './native-invariant.js';

/** A value, or a companion with extensions only; of a list some item of either. */
export function isPresent(value: JsonValue | undefined, companion?: JsonValue): boolean {
  if (Array.isArray(value)) {
    for (const item of value) if (item !== null) return true;
  } else if (value !== undefined && value !== null) {
    return true;
  }
  if (companion === undefined) return false;
  return Array.isArray(companion) ? companion.some(isJsonObject) : isJsonObject(companion);
}

export class Child {
  readonly #name: string;
  readonly #companion: string;

  constructor(name: string) {
    this.#name = name;
    this.#companion = `_${name}`;
  }

  /** `exists()`. */
  isIn(element: JsonObject): boolean {
    return isPresent(element[this.#name], element[this.#companion]);
  }
}

/** https://hl7.org/fhir/R4/datatypes.html#open; no choice has other types. */
export const OPEN_TYPES: readonly string[] = (
  'base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid positiveInt string time unsignedInt uri url ' +
  'uuid Address Age Annotation Attachment CodeableConcept Coding ContactPoint Count Distance Duration HumanName Identifier Money Period ' +
  'Quantity Range Ratio Reference SampledData Signature Timing ContactDetail Contributor DataRequirement Expression ParameterDefinition ' +
  'RelatedArtifact TriggerDefinition UsageContext Dosage Meta'
).split(' ');

/** Names that are a choice in some type of R4. */
export const CHOICES: ReadonlySet<string> = new Set(
  (
    'abatement additive age allowed amount answer asNeeded author born bounds characteristic chargeItem code collected content created date ' +
    'deceased defaultValue definingSubstance definition detail diagnosis dose doseNumber due duration effective entity event example ' +
    'fastingStatus fixed identified indication instances item legallyBinding location manufacturer maxValue medication minValue ' +
    'minimumVolume module multipleBirth name occurred occurrence offset onset participantEffective pattern performed probability ' +
    'procedure product quantity rate reported scheduled seriesDoses serviced source start statusReason studyEffective subject substance ' +
    'target time timing topic used value when'
  ).split(' '),
);

class Choice extends Child {
  readonly #properties: ReadonlySet<string>;

  constructor(name: string) {
    super(name);
    const properties = OPEN_TYPES.map((type) => `${name}${type.charAt(0).toUpperCase()}${type.slice(1)}`);
    this.#properties = new Set(properties.flatMap((property) => [property, `_${property}`]));
  }

  override isIn(element: JsonObject): boolean {
    if (super.isIn(element)) return true;
    for (const key in element) {
      if (!this.#properties.has(key)) continue;
      const value = element[key];
      if (key.charCodeAt(0) === 95 ? isJsonObject(value) : isPresent(value)) return true;
    }
    return false;
  }
}

/**
 * A name that is a choice in one type (`code` of DeviceRequest) is looked for as one in every type: a profile may put the same
 * expression on any of them.
 */
export function child(name: string): Child {
  return CHOICES.has(name) ? new Choice(name) : new Child(name);
}

/** An invariant of elements that are JSON objects. */
export function ofObject(holds: (element: JsonObject, scope: InvariantScope) => boolean): NativeInvariant {
  return (value, _companion, scope) => !isJsonObject(value) || holds(value, scope);
}

/** `name.empty() or needed.exists()`. */
export function requires(name: string, needed: string): NativeInvariant {
  const [first, second] = [child(name), child(needed)];
  return ofObject((element) => !first.isIn(element) || second.isIn(element));
}

/** `name.empty() or other.empty()`. */
export function excludes(name: string, other: string): NativeInvariant {
  const [first, second] = [child(name), child(other)];
  return ofObject((element) => !first.isIn(element) || !second.isIn(element));
}

/** `a.exists() or b.exists() or …`. */
export function hasSome(...names: readonly string[]): NativeInvariant {
  const children = names.map(child);
  return ofObject((element) => children.some((one) => one.isIn(element)));
}
