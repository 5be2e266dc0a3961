/** A resource held against the profiles it claims and those that are demanded of it: https://hl7.org/fhir/R4/resource.html#Meta */
import { withArticle } from '../../fhir/article.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { TypedNode } from '../../fhirpath/fhirpath.js';
import type { TypePlan } from '../plan.js';
import { findResourceRule } from '../resources/index.js';
import { BundleEntries } from '../run/bundle-entries.js';
import { findContained } from '../run/contained-resource.js';
import type { ResourceScope, Run } from '../run/run.js';
import type { ItemRule } from './item-rule.js';
import type { LinkedProfile, Linker } from './linker.js';
import { vitalSignProfiles } from './vital-signs.js';

export interface ResourceExpectation {
  /** Types that may stand here, each with profiles of which one must hold; undefined for the document itself. */
  readonly allowed?: readonly TypePlan[];
  /** All of these must hold. */
  readonly demanded?: readonly LinkedProfile[];
  /** Package whose canonicals the profiles are. */
  readonly from?: string;
  /** What the profile of its holder says below it. */
  readonly inline?: ItemRule | undefined;
}

const META = { property: 'meta', expression: 'meta' };
const PROFILE = { property: 'profile', expression: 'profile' };

export function checkResource(run: Run, value: JsonValue | undefined, linker: Linker, expectation: ResourceExpectation = {}): void {
  if (!isJsonObject(value)) {
    run.error('structure', 'json-type', 'A resource is a JSON object with a resourceType');
    return;
  }
  const type = value['resourceType'];
  if (typeof type !== 'string') {
    run.error('structure', 'resource-type', 'The resourceType is missing: every resource names its type');
    return;
  }
  const base = linker.services.conformance.resourceTypes.has(type) ? linker.findType(type) : undefined;
  if (base === undefined) {
    run.error('structure', 'resource-type', `'${type.slice(0, 64)}' is no resource type of R4`);
    return;
  }
  if (expectation.allowed !== undefined && allowedAs(type, expectation.allowed, linker) === undefined) {
    const wanted = expectation.allowed.map(({ code }) => code).join(', ');
    run.error('structure', 'resource-type', `The resource may not be ${withArticle(type)} here: ${wanted} is wanted`);
  }
  const outer = run.scope;
  const place = placeOf(run);
  if (place.container !== undefined && Array.isArray(place.container.value['contained']))
    checkContainedId(run, value, place.container.value);
  run.scope = openScope(run, value, type, linker, place);
  try {
    checkProfiles(run, value, type, base, linker, expectation);
  } finally {
    run.scope = outer;
  }
}

/** By its id a contained resource is found, and by nothing else: https://hl7.org/fhir/R4/references.html#contained */
function checkContainedId(run: Run, value: JsonObject, container: JsonObject): void {
  const { id } = value;
  if (id === undefined) {
    run.error('required', 'contained-id', 'A contained resource has an id, which references to it name: give it one');
    return;
  }
  // what a contained resource contains itself, which dom-2 refuses, is not among those of the container
  const first = typeof id === 'string' ? findContained(container, id) : undefined;
  if (first !== undefined && first !== value) {
    run.error('invalid', 'contained-id', `Another contained resource before this one has the id '${String(id).slice(0, 64)}' too`);
  }
}

function allowedAs(type: string, allowed: readonly TypePlan[], linker: Linker): TypePlan | undefined {
  return allowed.find(({ code }) => code === type) ?? allowed.find(({ code }) => linker.services.model.isSubtype(type, code));
}

function checkProfiles(
  run: Run,
  value: JsonObject,
  type: string,
  base: LinkedProfile,
  linker: Linker,
  expectation: ResourceExpectation,
): void {
  const profiles = [...claimedProfiles(run, value, type, linker), ...(expectation.demanded ?? [])];
  if (type === 'Observation' && linker.services.options.vitalSigns) {
    profiles.push(...vitalSignProfiles(value).flatMap((canonical) => linker.findProfile(canonical) ?? []));
  }
  const { from } = expectation;
  const allowed = allowedAs(type, expectation.allowed ?? [], linker)?.profiles ?? [];
  if (allowed.length > 0) {
    const conforming = allowed.length === 1 ? allowed[0] : allowed.find((canonical) => conformsTo(run, value, canonical, from, linker));
    const linked = conforming === undefined ? undefined : linker.findProfile(conforming, from);
    const unknown = allowed.find((canonical) => linker.findProfile(canonical, from) === undefined);
    if (linked !== undefined) profiles.push(linked);
    else if (unknown !== undefined) linker.reportUnknownProfile(run, unknown);
    else {
      run.error('structure', 'type-profile', `The ${type} conforms to none of the profiles that are allowed here: ${allowed.join(', ')}`);
    }
  }
  for (const { check } of mostParticular([base, ...profiles], linker)) check(run, value, undefined, type);
  expectation.inline?.(run, value, undefined, type);
  findResourceRule(type)?.(run, value, linker.services);
}

/** The definitions that `meta.profile` claims; a claim that is unknown, or of another type, is an error there. */
function claimedProfiles(run: Run, value: JsonObject, type: string, linker: Linker): readonly LinkedProfile[] {
  const meta = value['meta'];
  const claims = isJsonObject(meta) ? meta['profile'] : undefined;
  if (!Array.isArray(claims)) return [];
  const profiles: LinkedProfile[] = [];
  run.path.push(META, PROFILE);
  claims.forEach((claim, index) => {
    if (typeof claim !== 'string' || claim === '') return;
    run.path.push(index);
    const linked = linker.findClaim(claim);
    if (linked === undefined) {
      linker.reportUnknownProfile(run, claim);
    } else if (!isOfType(linked, type, linker)) {
      const text = `The profile ${linked.plan.canonical} is one of ${linked.plan.type}, and this is ${withArticle(type)}: take the claim away`;
      run.error('invalid', 'profile-type', text, { definition: linked.plan.canonical });
    } else {
      linker.reportIncomplete(run, linked.plan);
      profiles.push(linked);
    }
    run.path.pop();
  });
  run.path.length -= 2;
  return profiles;
}

export function isOfType({ plan }: LinkedProfile, type: string, linker: Linker): boolean {
  return plan.kind === 'resource' && (plan.type === type || linker.services.model.isSubtype(type, plan.type));
}

/** Without those that another one is built on: its snapshot repeats all that they say. */
function mostParticular(profiles: readonly LinkedProfile[], linker: Linker): readonly LinkedProfile[] {
  if (profiles.length === 1) return profiles;
  const unique = [...new Set(profiles)];
  return unique.filter(({ plan }) => !unique.some((other) => other.plan !== plan && linker.ancestorsOf(other.plan).has(plan.canonical)));
}

/** Whether a resource would pass a profile. */
export function conformsTo(run: Run, value: JsonObject, canonical: string, from: string | undefined, linker: Linker): boolean {
  const linked = linker.findProfile(canonical, from);
  if (linked === undefined) return false;
  const type = value['resourceType'];
  if (typeof type !== 'string' || !isOfType(linked, type, linker)) return false;
  return run.verdicts.find(value, linked, () =>
    run.probe(() => {
      const isHere = run.scope?.value === value && run.scope.depth === run.path.length;
      if (!isHere) run.scope = openScope(run, value, type, linker, placeOfTarget(run, value));
      linked.check(run, value, undefined, type);
    }),
  );
}

/** What holds a resource. */
interface ResourcePlace {
  /** The container of a contained resource. */
  readonly container?: ResourceScope | undefined;
  readonly bundle?: BundleEntries | undefined;
  readonly fullUrl?: string | undefined;
}

/** By where the walk stands. */
function placeOf(run: Run): ResourcePlace {
  const { scope, path } = run;
  if (scope === undefined) return {};
  const last = path.findLast((step) => typeof step !== 'number');
  if (typeof last === 'object' && last.property === 'contained') return { container: scope.root };
  const bundle = scope.entries;
  const index = path.at(-2);
  return { bundle, fullUrl: typeof index === 'number' ? bundle?.fullUrl(index) : undefined };
}

/** Of a resource that a reference led to: contained beside the reference, its container, or in the same Bundle. */
function placeOfTarget(run: Run, target: JsonObject): ResourcePlace {
  const root = run.scope?.root;
  if (root === undefined) return {};
  const { contained } = root.value;
  if (Array.isArray(contained) && contained.includes(target)) return { container: root };
  const { bundle } = root;
  return { bundle, fullUrl: target === root.value ? root.fullUrl : bundle?.fullUrlOf(target) };
}

function openScope(run: Run, value: JsonObject, type: string, linker: Linker, place: ResourcePlace): ResourceScope {
  const { container } = place;
  const bundle = container === undefined ? place.bundle : container.bundle;
  const fullUrl = container === undefined ? place.fullUrl : container.fullUrl;
  const node: TypedNode = { value, type };
  const scope: ResourceScope = {
    type,
    value,
    node,
    get root() {
      return container ?? scope;
    },
    entries: type === 'Bundle' ? new BundleEntries(value) : undefined,
    bundle,
    fullUrl,
    depth: run.path.length,
    context: {
      model: linker.services.model,
      clock: linker.services.options.clock,
      resource: node,
      rootResource: container?.node ?? node,
      resolveReference: (reference) => bundle?.find(reference, fullUrl),
      memberOf: ({ value: coded }, valueSet) => linker.isMember(coded, valueSet),
      conformsTo: (target, profile) =>
        isJsonObject(target.value) && typeof target.value['resourceType'] === 'string'
          ? conformsTo(run, target.value, profile, undefined, linker)
          : undefined,
    },
  };
  return scope;
}
