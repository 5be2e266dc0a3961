/** The body of a write -> a resource of the wanted type. https://hl7.org/fhir/R4/json.html */
import { FhirError } from '../fhir/fhir-error.js';
import { isJsonObject, type JsonDocument, type JsonObject, JsonSyntaxError, parseJson } from '../fhir/json.js';
import { timed } from '../observability/stopwatch.js';
import type { Services } from '../services.js';
import type { InteractionRequest } from './interaction.js';

/** A document that is a resource. */
export interface SentResource {
  readonly document: JsonDocument;
  readonly resource: JsonObject;
  readonly type: string;
}

/** Throws 400 when the body is missing, is no JSON, or is no resource of this type. */
export function readResource(services: Services, request: InteractionRequest, type: string): SentResource {
  return requireResource(readDocument(services, request), type);
}

export function requireResource(document: JsonDocument, type: string): SentResource {
  const { value } = document;
  const found = isJsonObject(value) ? value['resourceType'] : undefined;
  if (!isJsonObject(value)) throw malformed(document, `The body is ${describe(value)}; wanted is an object, a resource of type ${type}`);
  if (typeof found !== 'string') {
    const fault = found === undefined ? "has no 'resourceType'" : "has a 'resourceType' that is no string";
    throw malformed(document, `The body ${fault}; wanted is a resource of type ${type}`);
  }
  if (found !== type) throw malformed(document, `The resourceType is '${found.slice(0, 64)}', but the request is for ${type}`);
  return { document, resource: value, type };
}

/** Throws 400 with line and column when the body is missing or is no JSON; what JSON allows and FHIR does not, the validator says. */
export function readDocument({ config, stopwatch }: Services, { body, interaction }: InteractionRequest): JsonDocument {
  if (body === undefined || body.text.trim() === '') {
    const wanted = interaction === 'patch' ? 'a patch' : 'a resource as FHIR JSON';
    throw new FhirError('malformed-request', `The body is missing: '${interaction}' needs ${wanted}`);
  }
  if (body.document !== undefined) return body.document;
  try {
    return timed(stopwatch, 'parse', () => parseJson(body.text, { maxDepth: config.limits.jsonDepth }));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { message, position } = error;
    const diagnostics = `The body is no JSON that can be read: ${message} (line ${position.line}, column ${position.column})`;
    throw new FhirError('malformed-request', diagnostics, {
      issues: [{ severity: 'error', code: 'structure', diagnostics, ...position }],
      cause: error,
    });
  }
}

function malformed(document: JsonDocument, diagnostics: string): FhirError {
  return new FhirError('malformed-request', diagnostics, {
    issues: [{ severity: 'error', code: 'structure', diagnostics, ...document.positionOf?.(['resourceType']) }],
  });
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return value === null ? 'null' : `a ${typeof value}`;
}
