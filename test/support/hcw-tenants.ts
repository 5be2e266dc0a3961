/** Two tenants of HCW@Home, and a way to ask as one of their callers. */
import type { JsonObject, JsonValue } from '../../src/fhir/json.js';
import type { Answer, RequestOptions, TestServer, TestServerOptions } from './test-server.js';

export const KEY_A = 'key-of-hopital-a-0001';
export const KEY_B = 'key-of-hopital-b-0001';
/** May read and search alone. */
export const READER_A = 'reader-of-hopital-a-1';

export const TENANTS: NonNullable<NonNullable<TestServerOptions['config']>['tenants']> = [
  {
    api: 'hcw-at-home',
    name: 'hopital_a',
    domains: ['hopital-a.fr', 'www.hopital-a.fr'],
    keys: [
      { name: 'ozone', key: KEY_A, scope: 'system/*.cruds' },
      { name: 'reader', key: READER_A, scope: 'system/*.rs' },
    ],
    systems: {},
    externalSystems: {},
  },
  {
    api: 'hcw-at-home',
    name: 'hopital_b',
    domains: ['hopital-b.fr'],
    keys: [{ name: 'ozone', key: KEY_B, scope: 'system/*.cruds' }],
    systems: {},
    externalSystems: {},
  },
];

export const OZONE = 'https://ozonehis.example/ns';
/** A query that addresses a resource by the partner's identifier. */
export function byExternal(kind: string, value: string): string {
  return `identifier=${OZONE}/${kind}-id|${value}`;
}

/** Asks below /api/fhir with a key; the tenant follows from it. */
export function asTenant(server: TestServer, key: string) {
  const ask = (method: string, path: string, body?: JsonValue, headers: RequestOptions['headers'] = {}): Promise<Answer> =>
    server.request(`/api/fhir${path}`, {
      method,
      headers: { Authorization: `Token ${key}`, ...headers },
      ...(body !== undefined && { body }),
    });
  return {
    get: (path: string, headers?: RequestOptions['headers']) => ask('GET', path, undefined, headers),
    post: (path: string, body: JsonObject, headers?: RequestOptions['headers']) => ask('POST', path, body, headers),
    put: (path: string, body: JsonObject, headers?: RequestOptions['headers']) => ask('PUT', path, body, headers),
    patch: (path: string, body: JsonValue, headers?: RequestOptions['headers']) =>
      ask('PATCH', path, body, { 'Content-Type': 'application/merge-patch+json', ...headers }),
    delete: (path: string, headers?: RequestOptions['headers']) => ask('DELETE', path, undefined, headers),
  };
}
