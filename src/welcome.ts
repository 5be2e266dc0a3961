/** What a person sees at start: where the APIs are, and one line that can be pasted. */
import type { ServerConfig } from './config.js';
import { type KauriServer, readRequestContextSchema } from './server.js';
import type { Api } from './services.js';
import { maskStoreUrl } from './storage/store-url.js';

/** A value of each type of search parameter, for parameters that a search must have. */
const SAMPLE_VALUES: Readonly<Record<string, string>> = {
  reference: 'https://example.org/fhir/Patient/1',
  token: 'example',
  string: 'example',
  uri: 'https://example.org/1',
  date: '2025-01-01',
  number: '1',
  quantity: '1',
};

/** `address`: the URL on which the server listens, which may be another than the public one that links start with. */
export async function welcomeText(config: ServerConfig, server: KauriServer, address: string): Promise<string> {
  const { origin, apis, issueToken } = server;
  const width = Math.max(...apis.map((api) => api.config.title.length));
  const bases = apis.map((api) => `  ${api.config.title.padEnd(width)}  ${origin}${api.config.basePath}`);
  const known = origin === address ? '' : `, is known as ${origin}`;
  const lines = [`Kauri listens on ${address}${known} and keeps what it stores in ${maskStoreUrl(config.storeUrl)}`, '', ...bases, ''];
  if (issueToken !== undefined) {
    lines.push(
      'WARNING: the development issuer is on: every program on this machine can get a token. For a laptop only, never for',
      "patients' data; KAURI_AUTH_ISSUER, KAURI_AUTH_AUDIENCE and KAURI_AUTH_JWKS_URL name a real issuer.",
      '',
      `Paste this (the token is good for ${config.auth.tokenLifetimeSeconds} seconds); README.md goes on from here:`,
      '',
      sampleCurl(address, apis, await issueToken(), config.tls.certFile),
      '',
    );
  }
  return `${lines.join('\n')}\n`;
}

/** A search that any of these APIs answers 200: it writes nothing, and so can be pasted as often as one likes. */
function sampleCurl(address: string, apis: readonly Api[], token: string, certFile: string | undefined): string {
  // a certificate of one's own making is not among those that curl trusts
  const curl = certFile === undefined ? 'curl -s' : `curl -s --cacert '${certFile}'`;
  for (const api of apis) {
    const { config, policy } = api;
    if (api.takesKeysOnly === true) continue;
    const context = sampleContext(api);
    const type = [...policy.resources.values()].find(({ interactions }) => interactions.has('search-type'));
    if (type === undefined || (config.requestContext?.required === true && context === undefined)) continue;
    const required = type.requiredCombinations[0] ?? [];
    const query = new URLSearchParams();
    for (const name of required) query.append(name, SAMPLE_VALUES[type.searchParams.get(name)?.type ?? ''] ?? 'example');
    query.append('_count', '1');
    query.append('_pretty', 'true');
    const headers = [`Authorization: Bearer ${token}`, ...(context === undefined ? [] : [`Request-Context: ${context}`])];
    return `${curl} '${address}${config.basePath}/${type.type}?${query}' ${headers.map((header) => `-H '${header}'`).join(' ')}`;
  }
  return `${curl} '${address}${apis[0]?.config.basePath ?? ''}/metadata'`;
}

/** Base64 of the first example of the schema. */
function sampleContext({ config }: Api): string | undefined {
  if (config.requestContext === undefined) return undefined;
  const [example] = readRequestContextSchema(config.requestContext.schema).examples ?? [];
  return example === undefined ? undefined : Buffer.from(JSON.stringify(example)).toString('base64');
}
