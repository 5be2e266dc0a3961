/** An Identifier by what R4 says of its system: https://hl7.org/fhir/R4/datatypes-definitions.html#Identifier.system */
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import { isAbsoluteUri } from '../../fhir/reference.js';
import { faultOfUrn } from './primitive.js';
import type { Run } from './run.js';

/** Of values that are URIs themselves: https://hl7.org/fhir/R4/identifier-registry.html */
const URIS = 'urn:ietf:rfc:3986';
const SYSTEM_STEP = { property: 'system', expression: 'system' };
const VALUE_STEP = { property: 'value', expression: 'value' };

export function checkIdentifier(run: Run, identifier: JsonValue | undefined): void {
  if (!isJsonObject(identifier)) return;
  const { system, value } = identifier;
  // of an empty text, and of white space in it, the type speaks
  if (typeof system !== 'string' || system === '' || /^https?:\/\//.test(system) || /\s/.test(system)) return;
  if (!isAbsoluteUri(system)) {
    run.path.push(SYSTEM_STEP);
    run.error('invalid', 'identifier-system', `'${system.slice(0, 200)}' is relative: a system is named by its absolute URI`);
    run.path.pop();
  } else if (system === URIS && typeof value === 'string' && value !== '') checkUriValue(run, value);
}

function checkUriValue(run: Run, value: string): void {
  const wanted =
    isAbsoluteUri(value) && !/\s/.test(value) ? faultOfUrn(value) : 'a whole URI, such as urn:oid:1.2.3 or https://example.org/1,';
  if (wanted === undefined) return;
  run.path.push(VALUE_STEP);
  // R4's own examples have such values
  run.add(
    'warning',
    'value',
    'identifier-value',
    `The system is ${URIS}, and the value '${value.slice(0, 200)}' is no URI: ${wanted} is wanted`,
  );
  run.path.pop();
}
