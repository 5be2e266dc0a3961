/** `api.json`: what an API needs said and FHIR has no words for. schemas/api.schema.json describes it. */
import type { IssueType } from '../fhir/operation-outcome.js';

export interface SearchLimits {
  /** Values between commas. */
  readonly orValues: number;
  readonly parameters: number;
  readonly includes: number;
  readonly sortKeys: number;
  /** References that one chain or `_has` follows. */
  readonly chainDepth: number;
  /** Resources of one type that a chain or `_has` goes through. */
  readonly joined: number;
  /** Resources that a page includes beside its matches. */
  readonly included: number;
}

/** Those of schemas/api.schema.json. */
export const DEFAULT_SEARCH_LIMITS: SearchLimits = {
  orValues: 500,
  parameters: 100,
  includes: 20,
  sortKeys: 10,
  chainDepth: 5,
  joined: 1000,
  included: 5000,
};

export interface ApiConfig {
  /** `/sdhr`: starts with a slash, ends without one. */
  readonly basePath: string;
  readonly title: string;
  /** Absent: the API takes no Request-Context (one that is sent is ignored). */
  readonly requestContext?: {
    readonly required: boolean;
    /** File name in schemas/, such as `request-context-sdhr.schema.json`. */
    readonly schema: string;
  };
  readonly validation: {
    /** Status of a resource that breaks its profile. */
    readonly invalidStatus: 400 | 422;
    /** Stands in for the precise code of a validation fault. */
    readonly issueCode?: IssueType;
    /** Whether the CapabilityStatement's `profile` of a type holds for every resource of it, claimed or not. */
    readonly enforceCapabilityProfile: boolean;
    readonly allowUnknownExtensions: boolean;
    /** Which validator decides: ours, HL7's, or ours with HL7's beside it. */
    readonly engine: 'kauri' | 'hl7' | 'both';
    /** HL7's validator, for `hl7` and `both`; without a URL it runs on this machine. */
    readonly hl7?: {
      readonly url?: string;
      readonly packages: readonly string[];
      readonly timeoutMs: number;
      readonly openingTimeoutMs: number;
    };
    /** Asked about codes that nothing loaded can decide. */
    readonly terminologyServer?: {
      readonly url: string;
      readonly whenAway: 'refuse' | 'warn' | 'accept';
      readonly timeoutMs: number;
      readonly cacheSeconds: number;
    };
  };
  /** What becomes of elements that the body of an update lacks: they go, as R4 has it, or stay as they are. */
  readonly update: 'replace' | 'merge';
  /** Ids that the server gives: UUIDs, or 1, 2, 3… of each type. */
  readonly ids: 'uuid' | 'number';
  readonly references: {
    /** Whether the id of a relative reference must be a UUID. */
    readonly uuidIds: boolean;
    /** Whether a relative reference's target must exist. */
    readonly mustExist: boolean;
  };
  readonly transaction: {
    /** Form of response.location: `Type/id/_history/1` or `Type/id`. */
    readonly location: 'versioned' | 'unversioned';
  };
  readonly search: {
    readonly defaultCount: number;
    readonly maxCount: number;
    /** Default of `_total`. */
    readonly total: 'none' | 'accurate';
    /** Most that one search may ask for. */
    readonly limits: SearchLimits;
  };
  /** Every R4 type with every interaction and search parameter, without listing them. */
  readonly everyType?: boolean;
  /** Whether `POST [type]?criteria` is a conditional create; where it is not, a create has no query. */
  readonly createByQuery?: boolean;
  /** Accepted in `Authorization` beside Bearer. */
  readonly tokenSchemes?: readonly string[];
  /** Identifier systems by resource type: the API's own, whose value is the logical id, and a partner's. */
  readonly identifiers?: Readonly<Record<string, { readonly canonicalSystem: string; readonly externalSystem?: string }>>;
  /** Status of a delete that finds nothing. */
  readonly deleteOfNothing: 204 | 404;
  /** Types that a delete marks instead of removing: the element that is set, and its value. */
  readonly softDelete?: Readonly<Record<string, SoftDelete>>;
}

export interface SoftDelete {
  readonly element: string;
  readonly value: string | boolean;
  /** A Period that ends with the delete, unless it has an end. */
  readonly period?: string;
}
