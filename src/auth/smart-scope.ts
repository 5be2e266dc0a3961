/** SMART scopes v1 and v2: https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */

export type Permission = 'c' | 'r' | 'u' | 'd' | 's';

export interface SmartScope {
  /** As granted. */
  readonly text: string;
  /** `other` for what is no resource scope: `openid`, an operation's canonical URL. */
  readonly level: 'patient' | 'user' | 'system' | 'other';
  /** Resource type or `*`; empty for `other`. */
  readonly type: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Search parameters of a granular scope (`?_tag=…`), decoded. */
  readonly parameters: readonly (readonly [string, string])[];
}

const RESOURCE_SCOPE = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]*)\.([a-z*]+)(?:\?(.*))?$/;
/** Version 2 names the permissions in this order, each at most once. */
const PERMISSIONS_V2 = /^c?r?u?d?s?$/;
const PERMISSIONS_V1: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' };

/** The scopes of a token: one string separated by spaces, or a list. */
export function parseScopes(scopes: string | readonly string[]): readonly SmartScope[] {
  const texts = typeof scopes === 'string' ? scopes.split(' ') : scopes;
  return texts.filter((text) => text !== '').map(parseScope);
}

/** Never fails: what is no well-formed resource scope is `other`, and permits nothing but what is named exactly so. */
export function parseScope(text: string): SmartScope {
  const [, level, type, permissions, query] = RESOURCE_SCOPE.exec(text) ?? [];
  const letters = permissions === undefined ? undefined : (PERMISSIONS_V1[permissions] ?? permissions);
  if (level === undefined || type === undefined || letters === undefined || !PERMISSIONS_V2.test(letters)) {
    return { text, level: 'other', type: '', permissions: new Set(), parameters: [] };
  }
  return {
    text,
    level: level as 'patient' | 'user' | 'system',
    type,
    permissions: new Set([...letters] as Permission[]),
    parameters: query === undefined ? [] : [...new URLSearchParams(query)],
  };
}
