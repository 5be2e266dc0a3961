/** What an operation is given: https://hl7.org/fhir/R4/operations.html#request */
import { FhirError } from '../fhir/fhir-error.js';
import { isJsonObject, type JsonDocument, type JsonObject } from '../fhir/json.js';
import { resourceSpans } from '../fhir/json-text.js';
import type { InteractionRequest } from '../interactions/interaction.js';
import { readDocument } from '../interactions/read-resource.js';
import { BundleText, EntryDocument } from '../interactions/transaction/entry-document.js';
import type { Services } from '../services.js';

export interface OperationInput {
  /** Values of the parameters of primitive types, by name, as text: those of the query, then those of the body. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** The resource that was sent bare, or as the parameter `resource`. */
  readonly document: JsonDocument | undefined;
}

/** A body of Parameters gives parameters, any other is the resource itself; so is one of Parameters where they are what is asked about. */
export function readInput(services: Services, request: InteractionRequest): OperationInput {
  const values = new Map<string, string[]>();
  for (const [name, value] of request.search) add(values, name, value);
  if (request.body === undefined || request.body.text.trim() === '') return { values, document: undefined };
  const document = readDocument(services, request);
  const { value } = document;
  if (!isJsonObject(value) || value['resourceType'] !== 'Parameters') return { values, document };
  const parameters = Array.isArray(value['parameter']) ? value['parameter'] : [];
  const index = parameters.findIndex((one) => isJsonObject(one) && one['name'] === 'resource' && one['resource'] !== undefined);
  if (index < 0 && request.type === 'Parameters') return { values, document };
  for (const one of parameters.filter(isJsonObject)) addParameter(values, one);
  return { values, document: index < 0 ? undefined : documentOf(services, document, parameters[index] as JsonObject, index) };
}

/** Canonical of the operation's definition, which a scope may name. */
export function definitionOf({ api: { policy }, type, operation }: InteractionRequest): string | undefined {
  const { operations } = (type === undefined ? undefined : policy.resources.get(type)) ?? policy;
  return operations.find(({ name }) => name === operation)?.definition;
}

/** The one value of a parameter; throws 400 where there are several. */
export function singleValue({ values }: OperationInput, name: string): string | undefined {
  const [value, ...others] = values.get(name) ?? [];
  if (others.length > 0)
    throw new FhirError('malformed-request', `The parameter '${name}' is given ${others.length + 1} times: give it once`);
  return value;
}

function addParameter(values: Map<string, string[]>, parameter: JsonObject): void {
  const { name } = parameter;
  if (typeof name !== 'string') return;
  for (const [property, value] of Object.entries(parameter)) {
    if (!property.startsWith('value')) continue;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') add(values, name, String(value));
  }
}

function add(values: Map<string, string[]>, name: string, value: string): void {
  const list = values.get(name);
  if (list === undefined) values.set(name, [value]);
  else list.push(value);
}

function documentOf({ config }: Services, document: JsonDocument, parameter: JsonObject, index: number): JsonDocument {
  const { resource } = parameter;
  const span = resourceSpans(document.text, 'parameter')[index];
  if (!isJsonObject(resource) || span === undefined) {
    throw new FhirError('malformed-request', "The parameter 'resource' has no resource", {
      expression: `Parameters.parameter[${index}].resource`,
    });
  }
  const problems = document.problems
    .filter(({ path }) => path[0] === 'parameter' && path[1] === index && path[2] === 'resource')
    .map((problem) => ({ ...problem, path: problem.path.slice(3) }));
  return new EntryDocument(new BundleText(document), span, resource, problems, config.limits.jsonDepth);
}
