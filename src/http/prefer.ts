/** https://hl7.org/fhir/R4/http.html#ops and https://hl7.org/fhir/R4/search.html#errors; what is unknown is passed over (RFC 7240). */
import type { Prefer } from '../interactions/interaction.js';

export const DEFAULT_PREFER: Prefer = { return: 'representation', handling: 'strict' };

export function readPrefer(header: string, otherwise: Prefer): Prefer {
  return header === '' ? otherwise : { ...otherwise, ...readKnown(header) };
}

/** Whether the header asks for one of the values that there are. */
export function asksFor(preference: keyof Prefer, header: string): boolean {
  return header !== '' && readKnown(header)[preference] !== undefined;
}

function readKnown(header: string): Partial<Prefer> {
  const known: { return?: Prefer['return']; handling?: Prefer['handling'] } = {};
  for (const part of header.split(/[,;]/)) {
    const [name = '', value = ''] = part.split('=').map((text) => text.trim().replaceAll('"', ''));
    // of one that stands there twice the first holds: https://www.rfc-editor.org/rfc/rfc7240#section-2
    if (name.toLowerCase() === 'return' && isReturn(value)) known.return ??= value;
    if (name.toLowerCase() === 'handling' && (value === 'strict' || value === 'lenient')) known.handling ??= value;
  }
  return known;
}

function isReturn(value: string): value is Prefer['return'] {
  return value === 'minimal' || value === 'representation' || value === 'OperationOutcome';
}
