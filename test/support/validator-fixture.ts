/** A validator over R4 and a handful of definitions that a test writes as differentials. */
import { CoreDefinitions, createConformanceRegistry } from '../../src/conformance/create-conformance-registry.js';
import { openCoreDefinitions } from '../../src/conformance/definitions-index.js';
import { type JsonDocument, type JsonObject, type JsonValue, parseJson } from '../../src/fhir/json.js';
import type { Issue } from '../../src/fhir/operation-outcome.js';
import { createTerminologyService } from '../../src/terminology/create-terminology-service.js';
import { createValidator, type ValidatorDependencies } from '../../src/validation/create-validator.js';
import type { ValidateOptions, Validator } from '../../src/validation/validator.js';

/** Read once: it does not change, whatever registries are made over it. */
export const core = new CoreDefinitions(openCoreDefinitions());

export const TEST_BASE = 'http://example.org/fhir';
export const R4_TYPES = 'http://hl7.org/fhir/StructureDefinition/';

export interface ValidatorFixture {
  readonly validator: Validator;
  /** Of a resource, or of a text that is JSON. */
  validate(resource: JsonValue, options?: ValidateOptions): readonly Issue[];
  /** Each issue as `severity code rule expression`. */
  issuesOf(resource: JsonValue, options?: ValidateOptions): readonly string[];
  /** Of a text whose letters matter (`1.0`, a key that stands twice). */
  issuesOfText(text: string, options?: ValidateOptions): readonly string[];
}

type FixtureOptions = Partial<Omit<ValidatorDependencies, 'conformance' | 'terminology'>>;

export function validatorWith(definitions: readonly JsonObject[] = [], options: FixtureOptions = {}): ValidatorFixture {
  const conformance = createConformanceRegistry({ core });
  for (const definition of definitions) conformance.add(definition);
  const validator = createValidator({ conformance, terminology: createTerminologyService({ conformance }), ...options });
  const validate = (resource: JsonValue, more?: ValidateOptions) => validator.validate(documentOf(resource), more).issues;
  return {
    validator,
    validate,
    issuesOf: (resource, more) => validate(resource, more).map(summaryOf),
    issuesOfText: (text, more) => validator.validate(parseJson(text), more).issues.map(summaryOf),
  };
}

export function documentOf(resource: JsonValue): JsonDocument {
  return parseJson(JSON.stringify(resource));
}

function summaryOf({ severity, code, rule, expression }: Issue): string {
  return `${severity} ${code} ${rule} ${expression}`;
}

export interface DifferentialElement {
  readonly id: string;
  readonly [keyword: string]: unknown;
}

/**
 * A profile by its differential. Ids say path and slice (`Patient.identifier:nhi.system`); `url` is the last part of the canonical.
 * What `more` gives replaces what is usual.
 */
export function aProfile(url: string, type: string, elements: readonly DifferentialElement[], more: JsonObject = {}): JsonObject {
  const kind =
    core.resourceTypes.has(type) || type.endsWith('Resource') ? 'resource' : /^[a-z]/.test(type) ? 'primitive-type' : 'complex-type';
  return {
    resourceType: 'StructureDefinition',
    url: profileUrl(url),
    version: '1.0.0',
    name: url,
    status: 'active',
    kind,
    abstract: false,
    type,
    baseDefinition: `${R4_TYPES}${type}`,
    derivation: 'constraint',
    differential: { element: elements.map(toElement) as JsonValue[] },
    ...more,
  };
}

export function profileUrl(url: string): string {
  return url.includes(':') ? url : `${TEST_BASE}/StructureDefinition/${url}`;
}

export interface SlicingOptions {
  readonly rules?: string;
  readonly ordered?: boolean;
}

/** The element that says how it is sliced, by pairs of discriminator type and path. */
export function slicing(
  id: string,
  discriminators: readonly (readonly [string, string])[],
  { rules = 'open', ordered = false }: SlicingOptions = {},
): DifferentialElement {
  const discriminator = discriminators.map(([type, path]) => ({ type, path }));
  return { id, slicing: { ...(discriminator.length > 0 && { discriminator }), ordered, rules } };
}

/** What a profile with these elements finds, as `issuesOf` gives it. */
export function issuesByDifferential(
  resource: JsonObject,
  ...elements: readonly (DifferentialElement | readonly DifferentialElement[])[]
): readonly string[] {
  const { issuesOf } = validatorWith([aProfile('p', String(resource['resourceType']), elements.flat())]);
  return issuesOf(resource, { profiles: [profileUrl('p')] });
}

function toElement(element: DifferentialElement): JsonObject {
  const { id } = element;
  const sliceName = /:([^.]+)$/.exec(id)?.[1];
  return { path: id.replace(/:[^.]+/g, ''), ...(sliceName !== undefined && { sliceName }), ...element } as JsonObject;
}

export interface ExtensionContent {
  readonly context?: readonly { readonly type: string; readonly expression: string }[];
  readonly elements?: readonly DifferentialElement[];
  readonly isModifier?: boolean;
  readonly more?: JsonObject;
}

/** An extension of one simple type; `elements` come after those for url and value. */
export function anExtension(url: string, types: readonly string[], content: ExtensionContent = {}): JsonObject {
  const { context = [{ type: 'element', expression: 'Element' }], elements = [], isModifier = false, more = {} } = content;
  const root = isModifier ? [{ id: 'Extension', isModifier: true, isModifierReason: 'it negates' }] : [];
  const value =
    types.length === 0
      ? { id: 'Extension.value[x]', max: '0' }
      : { id: 'Extension.value[x]', min: 1, type: types.map((code) => ({ code })) };
  const whole = [...root, { id: 'Extension.url', fixedUri: profileUrl(url) }, value, ...elements];
  return aProfile(url, 'Extension', whole, { context: context.map((one) => ({ ...one })), ...more });
}

export function aCodeSystem(url: string, codes: readonly (string | JsonObject)[], more: JsonObject = {}): JsonObject {
  return {
    resourceType: 'CodeSystem',
    url: `${TEST_BASE}/CodeSystem/${url}`,
    version: '1.0.0',
    status: 'active',
    content: 'complete',
    caseSensitive: true,
    concept: codes.map((code) => (typeof code === 'string' ? { code } : code)),
    ...more,
  };
}

export function aValueSet(url: string, include: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  return {
    resourceType: 'ValueSet',
    url: `${TEST_BASE}/ValueSet/${url}`,
    version: '1.0.0',
    status: 'active',
    compose: { include: include.map((one) => ({ ...one })) },
    ...more,
  };
}
