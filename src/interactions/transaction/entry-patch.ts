/**
 * How an entry of a Bundle carries a patch: R4 leaves it open (https://hl7.org/fhir/R4/http.html#patch), and servers take a Binary
 * with the patch, or the Parameters of a FHIRPath Patch.
 */
import { isUtf8 } from 'node:buffer';
import { FhirError } from '../../fhir/fhir-error.js';
import { type JsonDocument, JsonSyntaxError, parseJson } from '../../fhir/json.js';
import type { Api, Services } from '../../services.js';
import type { InteractionRequest } from '../interaction.js';
import { patchFormats } from '../patch/patch-formats.js';
import { patchResource } from '../patch/patch-resource.js';
import { readPatch } from '../patch/read-patch.js';
import type { SentResource } from '../read-resource.js';
import type { Breather } from './breather.js';
import type { EntryDocument } from './entry-document.js';
import type { EntryFaults } from './entry-faults.js';
import type { EntryRequest } from './entry-request.js';
import type { EntryTarget } from './entry-target.js';
import type { Versions } from './plan.js';

type PatchBody = NonNullable<InteractionRequest['body']>;
type PatchTarget = Extract<EntryTarget, { readonly kind: 'patch' }>;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `at`: expression of the entry. Throws 400 where the resource carries no patch, 415 where it carries one that the API does not take. */
export function readPatchBody(api: Api, document: EntryDocument | undefined, at: string): PatchBody {
  const type = document?.value['resourceType'];
  if (document !== undefined && type === 'Parameters') return { contentType: 'application/fhir+json', text: document.text, document };
  if (document !== undefined && type === 'Binary') return readBinary(api, document, `${at}.resource`);
  const found = typeof type === 'string' ? `is a ${type.slice(0, 64)}` : 'is missing';
  const message = `The resource of the entry ${found}: a PATCH carries a Binary with the patch in it, or the Parameters of a FHIRPath Patch`;
  throw refuse(message, `${at}.resource`);
}

function readBinary(api: Api, { value, maxDepth }: EntryDocument, at: string): PatchBody {
  const { contentType, data } = value;
  if (typeof contentType !== 'string')
    throw refuse('The Binary of the PATCH has no contentType: wanted is that of the patch', `${at}.contentType`);
  const format = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const formats = patchFormats(api);
  if (!formats.includes(format)) {
    const message = `The Binary of the PATCH has the contentType '${contentType.slice(0, 100)}'; wanted is ${formats.join(' or ')}`;
    throw new FhirError('unsupported-media-type', message, { expression: `${at}.contentType` });
  }
  const text = typeof data === 'string' ? decode(data) : undefined;
  if (text === undefined) throw refuse('The Binary of the PATCH has no data: wanted is the base64 of a patch in UTF-8', `${at}.data`);
  return { contentType: format, text, document: parse(text, maxDepth, `${at}.data`) };
}

function decode(data: string): string | undefined {
  const dense = data.replace(/\s+/g, '');
  if (!BASE64.test(dense)) return undefined;
  const bytes = Buffer.from(dense, 'base64');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** Positions are those of the patch, which nobody can see in the Bundle. */
function parse(text: string, maxDepth: number, at: string): JsonDocument {
  try {
    return parseJson(text, { maxDepth });
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column } = error.position;
    throw refuse(`The patch in the Binary is no JSON that can be read: ${error.message} (line ${line}, column ${column} of the patch)`, at);
  }
}

function refuse(message: string, expression: string): FhirError {
  return new FhirError('malformed-request', message, { expression });
}

/** The resource as the patch makes it, once links are resolved; what it is refused with is among the faults. */
export async function patchEntry(
  services: Services,
  entry: EntryRequest,
  { type, id }: PatchTarget,
  versions: Versions,
  faults: EntryFaults,
  breathe: Breather,
): Promise<SentResource | undefined> {
  const current = versions.get(`${type}/${id}`);
  // what is not there is among the faults already
  if (current?.json === undefined) return undefined;
  const { request } = entry;
  return faults.guardAsync(entry, () => patchResource(services, request.api, readPatch(services, request), current, breathe));
}
