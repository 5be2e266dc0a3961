/** The settings of a validator; their defaults are given in `create-validator.ts`. */

export interface LinkOptions {
  /** Milliseconds since 1970: what `now()` and bounds relative to now go by; default: the machine's clock. */
  readonly clock: () => number;
  /** Whether an extension without a definition at hand is a warning; else it is an error. Default true. */
  readonly allowUnknownExtensions: boolean;
  /** Whether constraints that are marked as best practice count; default false. */
  readonly bestPractice: boolean;
  /** Severity of a display that the code system does not have; default warning. */
  readonly wrongDisplay: 'error' | 'warning';
  /** Severity of a profile that nothing defines: one that is claimed, or that a definition asks for; default error. */
  readonly unknownProfile: 'error' | 'warning';
  /** Whether an Observation whose code is that of a vital sign has to fulfil R4's profile for it, claimed or not; default false. */
  readonly vitalSigns: boolean;
  /** Whether URLs that are made for examples (example.org and its like) may name extensions, code systems and profiles; default true. */
  readonly exampleUrls: boolean;
  /** Whether contained resources are checked; default true. */
  readonly contained: boolean;
}
