/**
 * Searches by the two identifiers that an API with canonical systems gives a resource: the API's own, whose value is the logical id, and
 * the partner's. Those are compared to the letter, unlike other tokens, as two of a partner's identifiers may differ by case alone.
 */
import type { IdentifierSystems } from '../conformance/identifier-systems.js';
import { isJsonObject, type JsonObject } from '../fhir/json.js';
import type { Criterion, IndexEntry } from '../storage/store.js';
import { splitUnescaped, unescapeValue } from './escaping.js';
import { qualifiers } from './index-writer.js';
import { exactText } from './normalize-text.js';
import { anyOf, NOTHING, type ValueContext } from './parameter-types/parameter-type.js';

export const IDENTIFIER_PARAM = 'identifier';
const EXACT_PARAM = qualifiers.exact(IDENTIFIER_PARAM);

/** Beside the entries of the search parameter itself. */
export function indexExactIdentifiers({ identifier }: JsonObject): readonly IndexEntry[] {
  if (!Array.isArray(identifier)) return [];
  return identifier.flatMap((one): readonly IndexEntry[] => {
    if (!isJsonObject(one) || typeof one['system'] !== 'string' || typeof one['value'] !== 'string') return [];
    return [{ kind: 'term', param: EXACT_PARAM, value: exactTerm(one['system'], one['value']) }];
  });
}

export function exactIdentifier(system: string, value: string): Criterion {
  return { op: 'term', param: EXACT_PARAM, values: [exactTerm(system, value)] };
}

/** The value's terms of an index that are of this system. */
export function exactValues(index: readonly IndexEntry[], system: string): readonly string[] {
  const start = exactTerm(system, '');
  return index.flatMap((entry) =>
    entry.kind === 'term' && entry.param === EXACT_PARAM && entry.value.startsWith(start) ? [entry.value.slice(start.length)] : [],
  );
}

function exactTerm(system: string, value: string): string {
  return exactText(`${system}|${value}`);
}

/**
 * One of the values between commas: `system|value` of either system, `|value` the id, `value` the partner's identifier, or the id too
 * where it is a number or ids are none. Of any other system there is nothing.
 */
export function identifierCriterion(
  text: string,
  { canonical, external }: IdentifierSystems,
  areIdsNumbers: boolean,
  context: ValueContext,
): Criterion | undefined {
  const parts = splitUnescaped(text, '|').map(unescapeValue);
  const value = parts.at(-1) as string;
  const system = parts.length === 2 ? (parts[0] as string) : undefined;
  if (parts.length > 2 || (value === '' && !system)) {
    return context.fault("'value', 'system|value', 'system|' or '|value' (a | inside a value is written \\|)");
  }
  const byId: Criterion = { op: 'id', ids: [value] };
  const byExternal = external === undefined ? NOTHING : exactIdentifier(external, value);
  if (system === undefined) return !areIdsNumbers || /^\d+$/.test(value) ? anyOf([byId, byExternal]) : byExternal;
  if (value === '') return ofSystem(system, canonical, external);
  if (system === '' || system === canonical) return byId;
  return system === external ? byExternal : NOTHING;
}

/** Every resource has an identifier of the API's own. */
function ofSystem(system: string, canonical: string, external: string | undefined): Criterion {
  if (system === canonical) return { op: 'exists', param: EXACT_PARAM };
  return system === external ? { op: 'term', param: qualifiers.system(IDENTIFIER_PARAM), values: [`${system}|`] } : NOTHING;
}
