/** Values that an ElementDefinition carries in choice elements, and how texts show them. */
import type { ElementDefinition } from 'fhir/r4.js';
import type { JsonValue } from '../../../fhir/json.js';

const SHOWN_LENGTH = 120;

/** `fixedUri` for `fixed`, `minValueDate` for `minValue`. */
export function valueOfChoice(element: ElementDefinition, stem: 'fixed' | 'pattern' | 'minValue' | 'maxValue'): JsonValue | undefined {
  for (const [key, value] of Object.entries(element)) {
    if (key.startsWith(stem) && /^[A-Z]/.test(key.slice(stem.length))) return value as JsonValue;
  }
  return undefined;
}

/** For texts: JSON, cut where it is long. */
export function describeValue(value: JsonValue | undefined): string {
  if (value === undefined) return '(none)';
  const text = typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
