/**
 * What a Reference may hold, whatever the profile: https://hl7.org/fhir/R4/references.html#Reference. Whether a target's type
 * suits the element is the validator's to say, which has the definitions.
 */
import type { ApiConfig } from '../conformance/api-config.js';
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import type { JsonObject } from '../fhir/json.js';
import type { Issue, IssueType } from '../fhir/operation-outcome.js';
import { isId, isUuid, type ParsedReference, parseReference } from '../fhir/reference.js';
import type { Api, Services } from '../services.js';
import { findContained } from '../validation/run/contained-resource.js';
import type { SentResource } from './read-resource.js';
import { type Place, walkResource } from './walk-resource.js';

/** A relative reference, for the APIs whose references must lead somewhere. */
export interface ReferenceTarget {
  readonly type: string;
  readonly id: string;
  readonly expression: string;
}

export interface ReferenceCheck {
  readonly issues: readonly Issue[];
  /** Empty unless the API asks for existence. */
  readonly targets: readonly ReferenceTarget[];
}

const TYPE_PREFIX = 'http://hl7.org/fhir/StructureDefinition/';
/** The validator's rules for targets begin like this too. */
const RULE_PREFIX = 'reference-';

/** Whether a rule is about what a reference points to, here or in the validator. */
export function isReferenceRule(rule: string | undefined): boolean {
  return rule?.startsWith(RULE_PREFIX) ?? false;
}

/** The validator's own words for what the rules here say of a server's references. */
const REPEATS: ReadonlySet<string | undefined> = new Set([`${RULE_PREFIX}form`, `${RULE_PREFIX}type`]);

/** What the rules found and what the validator did, each fault once. */
export function joinIssues(ofReferences: readonly Issue[], ofValidator: readonly Issue[]): readonly Issue[] {
  if (ofReferences.length === 0) return ofValidator;
  const places = new Set(ofReferences.map(({ expression }) => expression));
  return [...ofReferences, ...ofValidator.filter(({ rule, expression }) => !REPEATS.has(rule) || !places.has(expression))];
}

/** What the rules go by: an API, or R4 alone with no demands of its own. */
export interface ReferenceRules {
  readonly conformance: ConformanceRegistry;
  readonly config: { readonly references: Pick<ApiConfig['references'], 'mustExist' | 'uuidIds'> };
}

/** Every reference is held against the rules; `limit` is how many errors, and how many warnings, are told. */
export function checkReferences(
  api: ReferenceRules,
  { document, resource }: Pick<SentResource, 'document' | 'resource'>,
  limit = Number.POSITIVE_INFINITY,
): ReferenceCheck {
  const errors: Issue[] = [];
  const warnings: Issue[] = [];
  const targets: ReferenceTarget[] = [];
  const isExistenceAsked = api.config.references.mustExist;
  walkResource(resource, api.conformance, {
    reference: (value, text, place) => {
      const parsed = parseReference(text);
      const faults = [findFault(api, parsed, text, place), findContradiction(value, parsed, resource)].filter((one) => one !== undefined);
      for (const { element, ...issue } of faults) {
        if (errors.length >= limit) break;
        const position = document.positionOf?.([...place.path(), element]);
        errors.push({ severity: 'error', ...issue, expression: `${place.expression()}.${element}`, ...position });
      }
      if (faults.length > 0 || place.isNested) return;
      if (parsed.kind === 'urn') {
        if (warnings.length < limit) warnings.push(toWarning(text, place));
      } else if (parsed.kind === 'relative' && isExistenceAsked) {
        targets.push({ type: parsed.type, id: parsed.id, expression: `${place.expression()}.reference` });
      }
    },
  });
  return { issues: [...errors, ...warnings], targets };
}

/** What a link of a transaction stands for is written into the resource before this is asked. */
function toWarning(text: string, place: Place): Issue {
  return {
    severity: 'warning',
    code: 'not-found',
    rule: `${RULE_PREFIX}unresolved`,
    diagnostics: `The reference ${quote(text)} is stored as it is: only a transaction that has the resource of this fullUrl resolves it`,
    expression: `${place.expression()}.reference`,
  };
}

interface Fault {
  readonly element: 'reference' | 'type';
  readonly code: IssueType;
  readonly rule: string;
  readonly diagnostics: string;
}

function fault(rule: string, diagnostics: string, element: Fault['element'] = 'reference'): Fault {
  return { element, code: 'value', rule: `${RULE_PREFIX}${rule}`, diagnostics };
}

function findFault(api: ReferenceRules, parsed: ParsedReference, text: string, place: Place): Fault | undefined {
  const quoted = quote(text);
  switch (parsed.kind) {
    case 'relative':
      if (!api.conformance.resourceTypes.has(parsed.type)) {
        return fault('type-unknown', `The reference ${quoted} starts with '${parsed.type}', which is no resource type of R4`);
      }
      return findIdFault(parsed, quoted) ?? findUuidFault(api, parsed, quoted, place);
    case 'absolute':
      // what only looks like a resource of another server is a URL like others
      return api.conformance.resourceTypes.has(parsed.type) ? findIdFault(parsed, quoted) : undefined;
    case 'conditional':
      return fault(
        'conditional',
        `The reference ${quoted} is a search: only a transaction resolves it. Send the id of the resource, or a transaction`,
      );
    case 'urn':
      return /^urn:(uuid|oid):$/i.test(parsed.urn)
        ? fault('id-empty', `The reference ${quoted} has nothing after '${parsed.urn}'`)
        : undefined;
    case 'malformed':
      return fault(
        'form',
        `The reference ${quoted} is none: wanted is 'Type/id', an absolute URL, a urn, or '#id' of a contained resource`,
      );
    default:
      return undefined;
  }
}

type IdentifiedReference = Extract<ParsedReference, { kind: 'relative' | 'absolute' }>;

function findIdFault({ type, id, versionId }: IdentifiedReference, quoted: string): Fault | undefined {
  if (id === '') return fault('id-empty', `The reference ${quoted} has no id after '${type}/'`);
  if (!isId(id) || (versionId !== undefined && !isId(versionId))) {
    return fault('id-form', `The reference ${quoted} has no valid id: wanted are 1 to 64 letters, digits, '-' and '.'`);
  }
  return undefined;
}

function findUuidFault(api: ReferenceRules, { id }: IdentifiedReference, quoted: string, place: Place): Fault | undefined {
  // what a stored Bundle holds is addressed by its own full URLs
  if (api.config.references.uuidIds && !place.isNested && !isUuid(id)) {
    return fault(
      'id-uuid',
      `The reference ${quoted} has no valid id: ids of this API are UUIDs, such as 5b0c4a3e-8d1f-4c5a-9d5e-2f6b7a8c9d01`,
    );
  }
  return undefined;
}

function findContradiction(value: JsonObject, parsed: ParsedReference, resource: JsonObject): Fault | undefined {
  const said = value['type'];
  if (typeof said !== 'string') return undefined;
  const type = said.startsWith(TYPE_PREFIX) ? said.slice(TYPE_PREFIX.length) : said;
  const contained = parsed.kind === 'contained' ? findContained(resource, parsed.id)?.['resourceType'] : undefined;
  const referred = typeof contained === 'string' ? contained : 'type' in parsed ? parsed.type : undefined;
  if (referred === undefined || referred === type) return undefined;
  return fault(
    'type-contradiction',
    `The type is ${quote(said)}, but the reference is to ${referred}: correct the one or the other`,
    'type',
  );
}

/** What the same commit does, by `Type/id`. */
export interface CommitKeys {
  readonly written: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
}

const NO_KEYS: CommitKeys = { written: new Set(), gone: new Set() };

/** An error for each target that is not there, or not any more. */
export async function findMissingTargets(
  services: Services,
  api: Api,
  targets: readonly ReferenceTarget[],
  { written, gone }: CommitKeys = NO_KEYS,
): Promise<readonly Issue[]> {
  const sought = targets.filter(({ type, id }) => !written.has(`${type}/${id}`));
  if (sought.length === 0) return [];
  const found = await services.store.getMany(api.namespace, sought);
  return sought.flatMap(({ type, id, expression }, index): Issue[] => {
    if (found[index]?.json !== undefined && !gone.has(`${type}/${id}`)) return [];
    const diagnostics = `The reference '${type}/${id}' leads nowhere: create the resource first, or send both in a transaction`;
    return [{ severity: 'error', code: 'not-found', rule: `${RULE_PREFIX}missing`, diagnostics, expression }];
  });
}

/** No more of the text than tells the caller which it is. */
function quote(text: string): string {
  return `'${text.length > 120 ? `${text.slice(0, 120)}…` : text}'`;
}
