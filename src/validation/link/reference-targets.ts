/** What a Reference may point to: https://hl7.org/fhir/R4/references.html#Reference */
import { withArticle } from '../../fhir/article.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { parseReference } from '../../fhir/reference.js';
import { findContained } from '../run/contained-resource.js';
import type { Run } from '../run/run.js';
import type { ItemRule, RuleScope } from './item-rule.js';
import type { Linker } from './linker.js';
import { conformsTo } from './resource.js';

const CORE = 'http://hl7.org/fhir/StructureDefinition/';

interface Target {
  readonly type: string | undefined;
  /** Where the target is at hand: contained, or in the Bundle. */
  readonly resource?: JsonObject | undefined;
}

export function linkReferenceTargets(targetProfiles: readonly string[], scope: RuleScope, linker: Linker): ItemRule {
  let types: ReadonlySet<string> | undefined;
  let isAnyAllowed = false;
  const profiles = targetProfiles.filter((canonical) => !canonical.startsWith(CORE));
  return (run, value) => {
    if (!isJsonObject(value)) return;
    if (types === undefined) {
      const found = targetProfiles.map((canonical) => linker.findProfile(canonical, scope.packageId)?.plan.type);
      types = new Set(found.filter((type) => type !== undefined));
      // a profile that is not loaded may be of any type
      isAnyAllowed = found.includes(undefined) || types.has('Resource');
    }
    const { type, resource } = findTarget(run, value, scope);
    if (isAnyAllowed) return;
    const stated = statedType(value);
    if (stated === '') return;
    const isKnown = type !== undefined && linker.services.conformance.resourceTypes.has(type);
    if (stated !== undefined && !types.has(stated)) reportType(run, stated, types, scope);
    if (isKnown && !types.has(type)) {
      reportType(run, type, types, scope);
    } else if (resource !== undefined && profiles.length > 0) {
      const wanted = targetProfiles.some((canonical) => conformsTo(run, resource, canonical, scope.packageId, linker));
      if (!wanted) {
        const text = `The ${type} that is referred to conforms to none of the profiles that ${scope.elementId} allows: ${targetProfiles.join(', ')}`;
        run.error('structure', 'reference-profile', text, scope);
      }
    }
  };
}

function reportType(run: Run, type: string, types: ReadonlySet<string>, scope: RuleScope): void {
  const shown = type.slice(0, 64);
  const text = `A reference to ${withArticle(shown)} is not allowed for ${scope.elementId}: it may point to ${[...types].join(', ')}`;
  run.error('structure', 'reference-target', text, scope);
}

/** Relative to R4's definitions, as R4 wants it, or with their base. */
function statedType({ type }: JsonObject): string | undefined {
  if (typeof type !== 'string') return undefined;
  return type.startsWith(CORE) ? type.slice(CORE.length) : type;
}

function findTarget(run: Run, value: JsonObject, scope: RuleScope): Target {
  const { reference } = value;
  if (typeof reference !== 'string') return { type: undefined };
  const parsed = parseReference(reference);
  if (parsed.kind === 'contained') return findLocal(run, parsed.id, scope);
  const resolved = run.scope?.bundle?.find(reference, run.scope.fullUrl)?.value;
  if (isJsonObject(resolved)) return { type: typeOf(resolved), resource: resolved };
  return { type: 'type' in parsed ? parsed.type : undefined };
}

/** That there is none is said beside the constraint ref-1, as the reference validator does: a profile may lack that one. */
function findLocal(run: Run, id: string, scope: RuleScope): Target {
  const root = run.scope?.root.value;
  if (root === undefined) return { type: undefined };
  if (id === '') return { type: typeOf(root), resource: root };
  const resource = findContained(root, id);
  if (resource === undefined) {
    // of what is no array the structure speaks
    if (root['contained'] !== undefined && !Array.isArray(root['contained'])) return { type: undefined };
    run.error('structure', 'reference-contained', `There is no contained resource with the id '${id.slice(0, 64)}'`, scope);
    return { type: undefined };
  }
  return { type: typeOf(resource), resource };
}

function typeOf(resource: JsonObject): string | undefined {
  const type: JsonValue | undefined = resource['resourceType'];
  return typeof type === 'string' ? type : undefined;
}
