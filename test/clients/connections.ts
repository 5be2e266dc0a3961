/** The ways in which the clients come to the server, each tried with each client. */
import { LOOPBACK_TLS } from '../support/loopback-tls.js';
import type { TestServer, TestServerOptions } from '../support/test-server.js';

export interface Connection {
  readonly title: string;
  readonly server: TestServerOptions;
  readonly authentication: 'basic' | 'oauth';
}

export const CONNECTIONS: readonly Connection[] = [
  { title: 'OAuth over HTTP', server: { store: 'sqlite' }, authentication: 'oauth' },
  { title: 'Basic over HTTP', server: { store: 'memory' }, authentication: 'basic' },
  { title: 'OAuth over TLS', server: { store: 'memory', config: { tls: LOOPBACK_TLS } }, authentication: 'oauth' },
  { title: 'Basic over TLS', server: { store: 'sqlite', config: { tls: LOOPBACK_TLS } }, authentication: 'basic' },
];

/** What a session is given of the connection; `path`: base path of the API. */
export function describeConnection({ authentication, server: { config } }: Connection, { url }: TestServer, path: string) {
  return {
    base: `${url}${path}`,
    ...(authentication === 'basic'
      ? { authorization: `Basic ${Buffer.from('kauri-dev:kauri-dev-secret').toString('base64')}` }
      : { oauth: { url: `${url}/oauth2/token`, client: 'kauri-dev', secret: 'kauri-dev-secret' } }),
    ...(config?.tls !== undefined && { certificate: config.tls.certFile }),
  };
}
