/** An Attachment's stated size against its data: https://hl7.org/fhir/R4/datatypes-definitions.html#Attachment.size */
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import type { Run } from './run.js';

/** The hash is left alone: browsers compute SHA-1 asynchronously only. */
export function checkAttachment(run: Run, value: JsonValue | undefined): void {
  if (!isJsonObject(value)) return;
  const { size, data } = value;
  if (typeof size !== 'number' || typeof data !== 'string') return;
  const actual = sizeOfBase64(data);
  if (actual !== undefined && actual !== size) {
    run.error('structure', 'attachment-size', `The size is stated as ${size} bytes, and the data has ${actual}: correct one of them`);
  }
}

/** Bytes that base64 text stands for; undefined where its length is none of base64. */
export function sizeOfBase64(text: string): number | undefined {
  const packed = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  if (packed.length % 4 !== 0) return undefined;
  const padding = packed.endsWith('==') ? 2 : packed.endsWith('=') ? 1 : 0;
  return (packed.length / 4) * 3 - padding;
}
