/** What the operations on code systems and value sets are about: by url, stored, or posted. */
import type { CodeableConcept, CodeSystem, Coding, ValueSet } from 'fhir/r4.js';
import { requireAccess } from '../auth/access-policy.js';
import { parseCanonical, toCanonical } from '../fhir/canonical.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { InteractionRequest } from '../interactions/interaction.js';
import { requireCurrent } from '../interactions/read.js';
import type { Services } from '../services.js';
import { LoadedCodeSystem } from '../terminology/code-system.js';
import type { ValueSetDefinition } from '../terminology/terminology.js';
import { definitionOf } from './operation-input.js';
import { type OperationParameters, requireOneOf } from './operation-parameters.js';

/** A value set that was found, and how it is found again where it is loaded. */
export interface FoundValueSet extends ValueSetDefinition {
  readonly canonical: string | undefined;
}

/** Who may read the type may ask what is in it. */
export function requireReadAccess(request: InteractionRequest): void {
  const { principal, type } = request;
  requireAccess(principal, { interaction: 'read', type, operationDefinition: definitionOf(request) });
}

/** Throws 404 for what is not loaded, 400 where it is not said which one. */
export async function findValueSet(
  services: Services,
  request: InteractionRequest,
  parameters: OperationParameters,
): Promise<FoundValueSet> {
  const stored = await findStored<ValueSet>(services, request, parameters, ['url', 'context', 'valueSet', 'valueSetVersion']);
  if (stored !== undefined) return { resource: stored, from: undefined, canonical: undefined };
  const way = requireOneOf(parameters, ['url', 'valueSet', 'context']);
  const posted = parameters.resource<ValueSet>('valueSet');
  if (posted !== undefined) return { resource: posted, from: undefined, canonical: undefined };
  const { api } = request;
  const bound = way === 'context' ? boundValueSet(request, parameters.text('context') ?? '') : undefined;
  const canonical = bound?.canonical ?? parameters.text('url') ?? '';
  const wanted = withVersion(canonical, parameters.text('valueSetVersion'), 'valueSetVersion');
  const found = api.terminology.findValueSet(wanted, bound?.from);
  if (found !== undefined) return { ...found, canonical: wanted };
  const other = api.conformance.versions('ValueSet', parseCanonical(wanted).url);
  const hint = other.length === 0 ? '' : `; there is version ${other.join(', ')}`;
  throw new FhirError('resource-not-found', `The API '${api.name}' has no value set '${wanted.slice(0, 300)}'${hint}`);
}

/** As `findValueSet`; undefined where the request names neither a stored nor a posted one, nor a url. */
export async function findCodeSystem(
  services: Services,
  request: InteractionRequest,
  parameters: OperationParameters,
): Promise<LoadedCodeSystem | undefined> {
  const stored = await findStored<CodeSystem>(services, request, parameters, ['url', 'codeSystem', 'version', 'system']);
  const resource = stored ?? parameters.resource<CodeSystem>('codeSystem');
  return resource === undefined ? undefined : new LoadedCodeSystem(resource);
}

async function findStored<T>(
  { store }: Services,
  { api, type = '', id, operation }: InteractionRequest,
  parameters: OperationParameters,
  others: readonly string[],
): Promise<T | undefined> {
  if (id === undefined) return undefined;
  const other = others.find((name) => parameters.has(name));
  if (other !== undefined) {
    throw new FhirError('invalid-parameter', `'${other}' contradicts the ${type} of the path: ask [base]/${type}/$${operation}`, {
      location: `http.${other}`,
    });
  }
  return JSON.parse(requireCurrent(await store.get(api.namespace, type, id), type, id).json ?? 'null') as T;
}

/** `url|version`; throws 400 where the url has another version already. */
function withVersion(canonical: string, version: string | undefined, name: string): string {
  const { url, version: own } = parseCanonical(canonical);
  if (version === undefined || version === own) return canonical;
  if (own === undefined) return toCanonical(url, version);
  throw new FhirError('invalid-parameter', `'${name}' is '${version.slice(0, 64)}', but the url has the version '${own.slice(0, 64)}'`, {
    location: `http.${name}`,
  });
}

interface Bound {
  readonly canonical: string;
  readonly from: string;
}

/** `context`: a StructureDefinition's url, `#`, and the path of an element, whose binding is meant. */
function boundValueSet({ api }: InteractionRequest, context: string): Bound {
  const { url, version, fragment } = parseCanonical(context);
  const profile = api.conformance.findStructureDefinition(toCanonical(url, version));
  if (profile === undefined) throw new FhirError('resource-not-found', `There is no StructureDefinition '${url.slice(0, 300)}'`);
  const elements = profile.resource.snapshot?.element ?? [];
  const element = elements.find(({ id, path }) => id === fragment || path === fragment);
  const canonical = element?.binding?.valueSet;
  if (canonical !== undefined) return { canonical, from: profile.packageId };
  const fault = element === undefined ? 'names no element' : 'names an element that is bound to no value set';
  throw new FhirError('invalid-parameter', `'context' ${fault}; wanted is url#path, such as ${url.slice(0, 300)}#Patient.gender`, {
    location: 'http.context',
  });
}

/** The code that is asked about; several are those of a CodeableConcept. */
export interface AskedCode {
  readonly system: string | undefined;
  readonly version: string | undefined;
  readonly code: string;
  readonly display: string | undefined;
}

/** `codeName` and `codingName`: of the parameters. `versionName`: that of the version of the system. */
export function readCoding(
  parameters: OperationParameters,
  names: { readonly code: string; readonly coding: string; readonly version: string; readonly system: string },
): AskedCode {
  if (requireOneOf(parameters, [names.code, names.coding]) === names.code) {
    const system = parameters.text(names.system);
    const { url, version } = system === undefined ? { url: undefined, version: undefined } : parseCanonical(system);
    return {
      system: url,
      version: parameters.text(names.version) ?? version,
      code: parameters.text(names.code) ?? '',
      display: parameters.text('display'),
    };
  }
  const contradicting = [names.system, names.version, 'display'].find((name) => parameters.has(name));
  if (contradicting !== undefined) throw besideCoding(contradicting, names.coding, names.code);
  return fromCoding(parameters.object<Coding>(names.coding) ?? {}, names.coding);
}

/** One code, or the codes of a CodeableConcept, of which one must hold. */
export function readCodes(
  parameters: OperationParameters,
  names: { readonly version: string; readonly system: string },
): readonly AskedCode[] {
  const way = requireOneOf(parameters, ['code', 'coding', 'codeableConcept']);
  if (way !== 'codeableConcept') return [readCoding(parameters, { code: 'code', coding: 'coding', ...names })];
  const contradicting = [names.system, names.version, 'display'].find((name) => parameters.has(name));
  if (contradicting !== undefined) throw besideCoding(contradicting, 'codeableConcept', 'code');
  const codings = parameters.object<CodeableConcept>('codeableConcept')?.coding ?? [];
  if (codings.length > 0) return codings.map((coding) => fromCoding(coding, 'codeableConcept'));
  throw new FhirError('invalid-parameter', "The parameter 'codeableConcept' has no coding, so that there is no code to look at");
}

function besideCoding(name: string, coding: string, code: string): FhirError {
  return new FhirError('invalid-parameter', `'${name}' goes with '${code}'; '${coding}' has its own`, { location: `http.${name}` });
}

function fromCoding({ system, version, code, display }: Coding, name: string): AskedCode {
  if (code !== undefined) return { system, version, code, display };
  throw new FhirError('invalid-parameter', `The parameter '${name}' has a Coding without a code`);
}

/** Parameters as an operation answers them: properties without a value are left out. */
export function toParametersBody(parameter: readonly (Readonly<Record<string, unknown>> | undefined)[]): string {
  return JSON.stringify({ resourceType: 'Parameters', parameter: parameter.filter((one) => one !== undefined) });
}
