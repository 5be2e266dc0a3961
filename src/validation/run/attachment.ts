/** An Attachment's stated size and hash against its data: https://hl7.org/fhir/R4/datatypes-definitions.html#Attachment.size */
import { sha1 } from '@noble/hashes/legacy.js';
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import type { Run } from './run.js';

export function checkAttachment(run: Run, value: JsonValue | undefined): void {
  if (!isJsonObject(value)) return;
  const { size, hash, data } = value;
  if (typeof data !== 'string') return;
  const actual = typeof size === 'number' ? sizeOfBase64(data) : undefined;
  if (actual !== undefined && actual !== size) {
    run.error('structure', 'attachment-size', `The size is stated as ${size} bytes, and the data has ${actual}: correct one of them`);
  }
  if (typeof hash === 'string') checkHash(run, hash, data);
}

const BASE64_OF_SHA_1 = /^[A-Za-z0-9+/]{27}=$/;

/** «The calculated hash of the data using SHA-1. Represented using base64»: of what the base64 text of the data stands for. */
function checkHash(run: Run, hash: string, data: string): void {
  // a warning counts for nothing there
  if (run.isProbing) return;
  const stated = hash.replace(/\s+/g, '');
  if (!BASE64_OF_SHA_1.test(stated)) {
    // R4's own examples have one in hexadecimal, and the reference validator looks at none
    const text = `The hash is stated as ${hash.slice(0, 100)}, which is no base64 of a SHA-1 (28 characters): correct it, or leave it out`;
    run.add('warning', 'structure', 'attachment-hash', text);
    return;
  }
  const bytes = bytesOfBase64(data);
  if (bytes === undefined) return;
  const actual = btoa(String.fromCharCode(...sha1(bytes)));
  if (stated === actual) return;
  const text = `The hash is stated as ${hash.slice(0, 100)}, and the SHA-1 of the data is ${actual} (of the bytes, as base64): correct one of them`;
  run.add('warning', 'structure', 'attachment-hash', text);
}

/** Undefined for what is no base64: of that the type speaks. */
function bytesOfBase64(text: string): Uint8Array | undefined {
  if (sizeOfBase64(text) === undefined) return undefined;
  try {
    const packed = atob(text);
    const bytes = new Uint8Array(packed.length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = packed.charCodeAt(at);
    return bytes;
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidCharacterError') return undefined;
    throw error;
  }
}

/** Bytes that base64 text stands for; undefined where its length is none of base64. */
export function sizeOfBase64(text: string): number | undefined {
  const packed = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  if (packed.length % 4 !== 0) return undefined;
  const padding = packed.endsWith('==') ? 2 : packed.endsWith('=') ? 1 : 0;
  return (packed.length / 4) * 3 - padding;
}
