/** A resource held against the rules for references and against its profiles; only what passes is written. */
import { toCanonical } from '../fhir/canonical.js';
import { FhirError, type FhirErrorCode } from '../fhir/fhir-error.js';
import { isJsonObject, type JsonDocument, type JsonObject } from '../fhir/json.js';
import { type Issue, isAcceptable, toOperationOutcome } from '../fhir/operation-outcome.js';
import type { Api } from '../services.js';
import { TerminologyServerAway } from '../terminology/terminology-server.js';
import { askTerminologyServer } from '../validation/ask-terminology-server.js';
import type { ResolvedClaim, ValidationResult } from '../validation/validator.js';
import type { InteractionRequest } from './interaction.js';
import { profilesHeader } from './profiles-header.js';
import type { SentResource } from './read-resource.js';
import { checkReferences, isReferenceRule, joinIssues, type ReferenceTarget } from './reference-rules.js';
import { decideByEngine } from './second-engine.js';

export interface CheckedResource {
  readonly document: JsonDocument;
  readonly resource: JsonObject;
  readonly type: string;
  /** `url|version` of the definitions that it was held against. */
  readonly profiles: readonly string[];
  /** Targets whose existence the API asks for. */
  readonly targets: readonly ReferenceTarget[];
  readonly issueCount: number;
  /** What there is to say of a resource that passed, serialised when it is asked for. */
  readonly outcome: string;
}

/** Of one resource; more than that nobody reads. */
export const MOST_ISSUES = 1000;

/** Rejects with FhirError, which has every fault at once. `profiles`: those to hold beside those that the API demands. */
export async function checkResource(
  api: Api,
  sent: SentResource,
  { profiles: more = [], issueLimit = MOST_ISSUES }: Pick<InteractionRequest, 'profiles' | 'issueLimit'> = {},
): Promise<CheckedResource> {
  const { document, resource, type } = sent;
  const references = checkReferences(api, sent, issueLimit);
  // a second engine that decides has a terminology of its own
  const terminologyServer = api.secondEngine?.mode === 'hl7' ? undefined : api.terminologyServer;
  const demanded = [...demandedProfiles(api, resource, type), ...more];
  const result = api.validator.validate(document, {
    profiles: demanded,
    issueLimit,
    collectUnchecked: terminologyServer !== undefined,
  });
  const { claims } = result;
  const ours = terminologyServer === undefined ? result.issues : await askServer(result, terminologyServer);
  const found = await decideByEngine(api, sent, demanded, ours);
  const issues = joinIssues(references.issues, found);
  const profiles = heldAgainst(api, type, claims);
  if (!isAcceptable(issues)) {
    throw invalid(api, type, [...issues, ...describeClaims(type, claims, resource)], profilesHeader(profiles));
  }
  return {
    document,
    resource,
    type,
    profiles,
    targets: references.targets,
    issueCount: issues.length,
    get outcome() {
      return writeOutcome(api, [...issues, ...describeClaims(type, claims, resource)]);
    },
  };
}

async function askServer(result: ValidationResult, { server, whenAway }: NonNullable<Api['terminologyServer']>): Promise<readonly Issue[]> {
  try {
    return await askTerminologyServer(result, server, whenAway);
  } catch (error) {
    if (!(error instanceof TerminologyServerAway)) throw error;
    const message = `${error.message}, and the API takes no codes that it has not seen: try again later`;
    throw new FhirError('terminology-unavailable', message, { headers: { 'Retry-After': '10' }, cause: error });
  }
}

/** The error for these issues, of which one is an error at least. */
export function invalid(api: Api, type: string, issues: readonly Issue[], headers: Readonly<Record<string, string>> = {}): FhirError {
  const faults = issues.filter(({ severity }) => severity === 'error' || severity === 'fatal');
  const code = faults.map(toBadRequest).find((found) => found !== undefined) ?? 'resource-invalid';
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
  return new FhirError(code, `The ${type} has ${count}`, {
    issues,
    headers,
    ...(code === 'resource-invalid' && { status: api.config.validation.invalidStatus }),
  });
}

export function writeOutcome(api: Api, issues: readonly Issue[]): string {
  const { issueCode } = api.config.validation;
  return JSON.stringify(toOperationOutcome(issues, issueCode === undefined ? {} : { validationIssueCode: issueCode }));
}

/** Rules whose break is a bad request whatever status the API answers an invalid resource with. */
function toBadRequest({ rule }: Issue): FhirErrorCode | undefined {
  if (rule === 'profile-unknown' || rule === 'profile-incomplete') return 'unknown-profile';
  return isReferenceRule(rule) ? 'invalid-reference' : undefined;
}

/** The profile that the API demands of every resource of the type, unless it is claimed anyway. */
export function demandedProfiles(api: Api, resource: JsonObject, type: string): readonly string[] {
  const profile = api.config.validation.enforceCapabilityProfile ? api.policy.resources.get(type)?.profile : undefined;
  return profile === undefined || claimsOf(resource).includes(profile) ? [] : [profile];
}

function claimsOf({ meta }: JsonObject): readonly unknown[] {
  const claims = isJsonObject(meta) ? meta['profile'] : undefined;
  return Array.isArray(claims) ? claims : [];
}

/** Without a claim it is R4's own definition. */
function heldAgainst(api: Api, type: string, claims: readonly ResolvedClaim[]): readonly string[] {
  if (claims.length > 0) return [...new Set(claims.flatMap(({ canonical }) => canonical ?? []))];
  const base = api.conformance.findType(type);
  return base === undefined ? [] : [toCanonical(base.url, base.version)];
}

/** Says of each claim which version it stands for. */
function describeClaims(type: string, claims: readonly ResolvedClaim[], resource: JsonObject): readonly Issue[] {
  const own = claimsOf(resource).length;
  const said = new Set<string>();
  return claims.flatMap(({ claim, canonical }, index): Issue[] => {
    // one that is claimed again says nothing new
    if (canonical === undefined || said.size === said.add(claim).size) return [];
    const isOwn = index < own;
    return [
      {
        severity: 'information',
        code: 'informational',
        diagnostics: `The profile '${claim}'${isOwn ? '' : ', which is demanded here,'} was resolved to ${canonical}`,
        ...(isOwn && { expression: `${type}.meta.profile[${index}]` }),
        definition: canonical,
      },
    ];
  });
}
